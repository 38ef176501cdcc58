"""What lies on Kafka's disks: every byte as it is, and every record of every segment, decompressed."""

import re
import time
from collections.abc import Iterator, Sequence
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
_LOOK_AGAIN_S = 3
_ID = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def segments(folder: Path) -> Iterator[Path]:
    """Every segment, also one that compaction has replaced and not yet deleted."""
    yield from (path for path in files_below(folder) if ".log" in path.name)


def records_of(path: Path) -> Iterator[Any]:
    """Of one segment; a last batch that is still being written is left out."""
    batches = MemoryRecords(bytes_of(path))
    while batches.has_next():
        yield from batches.next_batch()


def places(folder: Path, words: Sequence[str]) -> list[str]:
    """Where one of the words stands: file and how it was found, never the word. Ids may be thousands."""
    looked_for = {word.encode() for word in words}
    ids = set(filter(_ID.fullmatch, looked_for))
    others = looked_for - ids

    def stands_in(held: bytes) -> bool:
        return any(word in held for word in others) or (bool(ids) and not ids.isdisjoint(_like_ids(held)))

    found = [f"{path.relative_to(folder)} as it is" for path in files_below(folder) if stands_in(bytes_of(path))]
    for path in segments(folder):
        for record in records_of(path):
            parts = [record.key or b"", record.value or b"", *(value or b"" for _, value in record.headers)]
            if any(map(stands_in, parts)):
                found.append(f"{path.relative_to(folder)} offset {record.offset}")
    return found


def wait_until_nowhere(folder: Path, words: Sequence[str], seconds: float = 180) -> None:
    """Until none of the words stands anywhere. A look takes a core for a second, the broker's cleaner many."""
    give_up = time.monotonic() + seconds
    while found := places(folder, words):
        assert time.monotonic() < give_up, found
        time.sleep(_LOOK_AGAIN_S)


def _like_ids(held: bytes) -> Iterator[bytes]:
    """Whatever stands around a hyphen as the first one of an id would; a search for the whole form takes far longer."""
    at = held.find(b"-")
    while at >= 0:
        yield held[max(at - 8, 0) : at + 28]
        at = held.find(b"-", at + 1)


def configure(kafka: KafkaConnection, topic: str, settings: dict[str, str]) -> None:
    """Changes a topic's settings."""
    admin = KafkaAdminClient(**kafka.options())
    try:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, settings)])
    finally:
        admin.close()
