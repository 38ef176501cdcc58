"""What arrives on catalog.<region>.records.v1 and …texts.v1, read into published states."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC

from google.protobuf.message import DecodeError

from services.common.domain.ids import is_uuid
from services.common.kafka.consumed import Consumed
from services.discovery.adapters.stored_entry import entry_state
from services.discovery.application.follow import Unreadable, follow
from services.discovery.application.ports import Entry, Positions, Text, UnionIndex
from tongdang.catalog.v1 import record_pb2, text_pb2

TEXTS = ".texts.v1"
MAX_BATCH = 20_000
"""States a commit of the index at most: commits are what a rebuild waits for."""


def topics_of(region_ids: Iterable[str]) -> list[str]:
    """What the index is made from."""
    return [f"catalog.{region_id}{name}" for region_id in region_ids for name in (".records.v1", TEXTS)]


class RecordsHandler:
    """Hands each batch of Kafka messages to the index together with the positions after it."""

    def __init__(self, index: UnionIndex, bury: Callable[[Sequence[Unreadable]], None]) -> None:
        self._index = index
        self._bury = bury

    def __call__(self, batch: Sequence[Consumed], positions: Positions) -> None:
        follow([state_of(message) for message in batch], positions, index=self._index, bury=self._bury)


def state_of(message: Consumed) -> Entry | Text | Unreadable:
    """What a message says about its record, or the text of it.

    Unreadable unless its key is a UUID, key, topic and value agree, and its moment and dates are such: no value of a
    province keeps the others' from being read.
    """
    key = (message.key or b"").decode(errors="replace")
    value = message.value or b""
    of_text = message.topic.endswith(TEXTS)
    unreadable = Unreadable(message.topic, message.partition, message.offset, key, value, of_text)
    try:
        state = (_text if of_text else _entry)(key, value, message.topic.split(".")[1]) if is_uuid(key) else None
    except (DecodeError, ValueError):
        return unreadable
    return unreadable if state is None else state


def _entry(key: str, value: bytes, region_of_topic: str) -> Entry | None:
    """Raises: DecodeError, ValueError."""
    published = record_pb2.RecordPublished.FromString(value)
    version, changed = int(published.event.version), published.event.time.ToDatetime(tzinfo=UTC)
    match published.WhichOneof("state"):
        case "open" if published.open.record_id == key and published.open.region_id == region_of_topic:
            return entry_state(published.open, version, changed)
        case "retracted" if published.retracted.record_id == key:
            return Entry(key, version, False, published.retracted.SerializeToString(), changed=changed)
        case _:
            return None


def _text(key: str, value: bytes, region_of_topic: str) -> Text | None:
    """Raises: DecodeError."""
    published = text_pb2.TextPublished.FromString(value)
    version = int(published.event.version)
    match published.WhichOneof("state"):
        case "open" if published.open.record_id == key and published.open.region_id == region_of_topic:
            return Text(key, version, published.open.text, published.open.SerializeToString())
        case "withdrawn" if published.withdrawn.record_id == key:
            return Text(key, version)
        case _:
            return None
