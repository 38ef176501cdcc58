"""Building the union index from Kafka, against tantivy alone; and how many bytes a record takes on disk.

Tantivy alone gets documents that are ready, of the same schema, by one writer with the same threads and heap, and
commits once. Ours reads them over TLS, decodes, cuts into tokens, drops lower versions and commits with each position;
its clock runs from before it connects.
"""

import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import tantivy

from bench.entries import entries, fill
from bench.figures import Bound, Figure, alternating, figure
from bench.setting import Setting, until
from services.common.kafka.consumed import Consumed
from services.common.kafka.consumer import Positions, TopicConsumer
from services.discovery.adapters.index_documents import HEAP_BYTES, THREADS, document_of, schema
from services.discovery.adapters.tantivy_index import TantivyIndex
from services.discovery.application.ports import Entry
from services.discovery.entrypoints.records_handler import MAX_BATCH, RecordsHandler, state_of

FLOOR, AIM = Bound(least_ratio=0.5), Bound(least_ratio=0.8)
SIZE_FLOOR, SIZE_AIM = Bound(most=130), Bound(most=85)
_READY = 100_000
"""Documents held ready for tantivy alone; a larger index takes them again and again."""


def measure(setting: Setting) -> Iterator[Figure]:
    """Entries a second at each size, and bytes a record."""
    ready = _documents(min(_READY, max(setting.sizes)))
    for count in setting.sizes:
        topic = fill(setting, entries(count))
        sizes: list[float] = []
        mine, theirs = alternating(
            lambda: count / _built(setting, topic, count, sizes),  # noqa: B023 - called at once
            lambda: count / _alone(setting, ready, count),  # noqa: B023
            setting.rounds,
            setting.budget_s,
        )
        setting.delete_topics(topic)
        yield figure(f"{count:,} entries", "entries/s", count, mine, theirs, floor=FLOOR, aim=AIM)
        yield figure(f"{count:,} entries, on disk", "B a record", count, sizes, floor=SIZE_FLOOR, aim=SIZE_AIM)


class _Watched:
    """The handler, with how many messages it has had."""

    def __init__(self, index: TantivyIndex) -> None:
        self._handler = RecordsHandler(index, _none_unreadable)
        self.handled = 0

    def __call__(self, batch: Sequence[Consumed], positions: Positions) -> None:
        self._handler(batch, positions)
        self.handled += len(batch)


def _none_unreadable(letters: Sequence[object]) -> None:
    raise AssertionError(f"{len(letters)} unreadable entries")


def _built(setting: Setting, topic: str, count: int, sizes: list[float]) -> float:
    folder = _folder(setting)
    index = TantivyIndex(folder)
    handler = _Watched(index)
    consumer = TopicConsumer(setting.kafka(), [topic], index.positions, handler, "bench", max_batch=MAX_BATCH)
    began = time.perf_counter()
    consumer.start()
    until(lambda: handler.handled >= count, patience_s=7_200)
    took = time.perf_counter() - began
    consumer.stop()
    index.stop()  # merges end
    sizes.append(bytes_in(folder) / count)
    shutil.rmtree(folder)
    return took


def _alone(setting: Setting, ready: Sequence[tantivy.Document], count: int) -> float:
    folder = _folder(setting)
    writer = tantivy.Index(schema(), path=str(folder)).writer(heap_size=HEAP_BYTES, num_threads=THREADS)
    began = time.perf_counter()
    left = count
    while left > 0:
        for document in islice(ready, left):
            writer.add_document(document)
        left -= len(ready)
    writer.commit()
    took = time.perf_counter() - began
    writer.wait_merging_threads()
    shutil.rmtree(folder)
    return took


def _documents(count: int) -> list[tantivy.Document]:
    states = [state_of(Consumed("catalog.320000.x", 0, 0, key, value, {}, 0)) for key, value in entries(count)]
    return [document_of(state) for state in states if isinstance(state, Entry)]


def _folder(setting: Setting) -> Path:
    folder = setting.scratch / str(uuid.uuid4())
    folder.mkdir()
    return folder


def bytes_in(folder: Path) -> int:
    """Of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
