"""What arrives on catalog.<region>.records.v1, read into published states."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from google.protobuf.message import DecodeError

from services.common.domain.ids import is_uuid
from services.common.kafka.consumed import Consumed
from services.discovery.adapters.stored_entry import stored_form
from services.discovery.application.follow import Unreadable, follow
from services.discovery.application.ports import Entry, Positions, UnionIndex
from tongdang.catalog.v1 import record_pb2

MAX_BATCH = 20_000
"""States a commit of the index at most: commits are what a rebuild waits for."""


class RecordsHandler:
    """Hands each batch of Kafka messages to the index together with the positions after it."""

    def __init__(self, index: UnionIndex, bury: Callable[[Sequence[Unreadable]], None]) -> None:
        self._index = index
        self._bury = bury

    def __call__(self, batch: Sequence[Consumed], positions: Positions) -> None:
        follow([state_of(message) for message in batch], positions, index=self._index, bury=self._bury)


def state_of(message: Consumed) -> Entry | Unreadable:
    """What a message says about its record; unreadable unless its key is a UUID, and key, topic and value agree."""
    key = (message.key or b"").decode(errors="replace")
    value = message.value or b""
    unreadable = Unreadable(message.topic, message.partition, message.offset, key, value)
    try:
        published = record_pb2.RecordPublished.FromString(value)
    except DecodeError:
        return unreadable
    if not is_uuid(key):
        return unreadable
    version, changed = int(published.event.version), published.event.time.ToDatetime(tzinfo=UTC)
    region_of_topic = message.topic.split(".")[1]
    match published.WhichOneof("state"):
        case "open" if published.open.record_id == key and published.open.region_id == region_of_topic:
            return _open(published.open, version, changed)
        case "retracted" if published.retracted.record_id == key:
            return Entry(key, version, False, published.retracted.SerializeToString(), changed=changed)
        case _:
            return unreadable


def _open(entry: record_pb2.OpenEntry, version: int, changed: datetime) -> Entry:
    record_id, years = entry.record_id, _years(entry.date.earliest, entry.date.latest)
    return Entry(
        record_id=record_id,
        version=version,
        open=True,
        payload=stored_form(entry),
        title=entry.title,
        creator=entry.creator,
        reference_code=entry.reference_code,
        region_id=entry.region_id,
        archive_id=entry.archive_id,
        years=years,
        changed=changed,
    )


def _years(earliest: str, latest: str) -> tuple[int, int] | None:
    if not earliest or not latest:
        return None
    return int(earliest[:4]), int(latest[:4])
