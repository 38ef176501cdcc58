"""What lies on Kafka's disks: every byte as it is, and every record of every segment that is compressed.

Indexes hold numbers alone, and are ten megabytes each from their first entry on: they are not read.
"""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.record import MemoryRecords

from services.common.kafka.connection import KafkaConnection
from tests.live_files import bytes_of, files_below

AT_ONCE = {
    "segment.ms": "1000",
    "max.compaction.lag.ms": "1000",
    "min.cleanable.dirty.ratio": "0.0",
    "file.delete.delay.ms": "100",
}
"""Half a day of a topic's life in a second."""
_SWIFTLY = {"log.cleaner.backoff.ms": "500"}
"""The broker's cleaner looks for work as often, instead of every quarter of a minute."""
_LOOK_AGAIN_S = 1
_ID = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def segments(folder: Path) -> Iterator[Path]:
    """Every segment, also one that compaction has replaced and not yet deleted."""
    yield from (path for path in files_below(folder) if ".log" in path.name)


def records_of(path: Path) -> Iterator[Any]:
    """Of one segment; a last batch that is still being written is left out."""
    for batch in _batches(bytes_of(path)):
        yield from batch


def places(folder: Path, words: Sequence[str]) -> list[str]:
    """Where one of the words stands below a folder: file and how it was found, never the word. Ids may be thousands."""
    return [f"{path.relative_to(folder)} {how}" for path, how in _places(_files(folder), words)]


def wait_until_nowhere(folder: Path, words: Sequence[str], seconds: float = 180) -> None:
    """Until none of the words stands anywhere. A look at all the disks takes long: first where one was last time."""
    give_up = time.monotonic() + seconds
    while found := list(_places(_files(folder), words)):
        assert time.monotonic() < give_up, found
        where = {path for path, _ in found}
        while time.monotonic() < give_up and any(_places(where, words)):
            time.sleep(_LOOK_AGAIN_S)


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in files_below(folder) if path.suffix not in (".index", ".timeindex"))


def _places(paths: Iterable[Path], words: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Files and how a word was found in them."""
    looked_for = {word.encode() for word in words}
    ids = set(filter(_ID.fullmatch, looked_for))
    others = looked_for - ids

    def stands_in(held: bytes) -> bool:
        return any(word in held for word in others) or (bool(ids) and not ids.isdisjoint(_like_ids(held)))

    for path in paths:
        held = bytes_of(path)
        if stands_in(held):
            yield path, "as it is"
        if ".log" in path.name:
            for record in (record for batch in _batches(held) if batch.compression_type for record in batch):
                parts = [record.key or b"", record.value or b"", *(value or b"" for _, value in record.headers)]
                if any(map(stands_in, parts)):
                    yield path, f"offset {record.offset}"


def _batches(held: bytes) -> Iterator[Any]:
    batches = MemoryRecords(held)
    while batches.has_next():
        yield batches.next_batch()


def _like_ids(held: bytes) -> Iterator[bytes]:
    """Whatever stands around a hyphen as the first one of an id would; a search for the whole form takes far longer."""
    at = held.find(b"-")
    while at >= 0:
        yield held[max(at - 8, 0) : at + 28]
        at = held.find(b"-", at + 1)


def configure(kafka: KafkaConnection, topic: str, settings: dict[str, str]) -> None:
    """Changes a topic's settings; the broker hurries to act by them."""
    admin = KafkaAdminClient(**kafka.options())
    try:
        admin.alter_configs(
            [
                ConfigResource(ConfigResourceType.BROKER, "1", _SWIFTLY),
                ConfigResource(ConfigResourceType.TOPIC, topic, settings),
            ]
        )
    finally:
        admin.close()
