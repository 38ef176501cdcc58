"""What arrives on audit.<producer>.events.v1, appended to the log. Audit never drops."""

from collections.abc import Callable, Sequence

import structlog
from google.protobuf.message import DecodeError

from services.audit.adapters.held_events import HeldEvents
from services.audit.adapters.log_store import LogStore, Positions
from services.audit.domain.streams import Arrived, Streams, Verdict, digest
from services.common.domain.audit_event import MAX_LEAF_BYTES
from services.common.domain.canonical import canonical_bytes
from services.common.kafka.consumer import Consumed
from tongdang.audit.v1 import audit_pb2

_CHUNK_BYTES = 8_000_000
OWN_STREAM = "audit-log"
"""Findings of the log itself: equivocations, gaps, unreadable bytes. They need no number to be exactly once."""

log = structlog.get_logger()


class EventsHandler:
    """Hands batches of Kafka messages to the log with the positions after them."""

    def __init__(self, store: LogStore, held: HeldEvents, now: Callable[[], str]) -> None:
        self._store = store
        self._held = held
        self._now = now

    def __call__(self, batch: Sequence[Consumed], positions: Positions) -> None:
        head = self._store.writable_head()
        streams = head.streams.copy()
        leaves: list[Arrived] = []
        for message in batch:
            if message.offset < head.positions.get((message.topic, message.partition), 0):
                continue
            leaves += self._appended(_arrived(message), streams)
        size = sum(len(one.leaf) for one in leaves)
        if size > _CHUNK_BYTES:
            half = len(batch) // 2
            self(batch[:half], _after(batch[:half]))
            self(batch[half:], positions)
            return
        self._store.append(leaves, streams, positions)
        for stream in {one.stream for one in leaves if one.stream != OWN_STREAM}:
            if self._held.any(stream):
                self._held.release(stream, streams.last[stream][0])

    def _appended(self, arrived: Arrived, streams: Streams) -> list[Arrived]:
        """The leaves one arrival adds: itself, what it sets free, or what there is to say about it."""
        if not arrived.stream:
            return [self._finding("unreadable", arrived)]
        last, last_hash = streams.last.get(arrived.stream, (0, ""))
        match streams.judge(arrived, self._logged_hash(arrived, last, last_hash)):
            case Verdict.APPEND:
                streams.append(arrived)
                return [arrived, *self._set_free(arrived.stream, streams)]
            case Verdict.REPEAT:
                return []
            case Verdict.GAP:
                return [self._finding("gap", arrived)] if self._held.hold(arrived) else []
            case Verdict.EQUIVOCATION:
                log.error("equivocation", stream=arrived.stream, seq=arrived.seq)
                return [self._finding("equivocation", arrived)]

    def _logged_hash(self, arrived: Arrived, last: int, last_hash: str) -> str | None:
        if arrived.seq > last:
            return None
        if arrived.seq == last:
            return last_hash
        leaf = self._store.leaf_digest(arrived.stream, arrived.seq)
        return digest(leaf) if leaf is not None else digest(arrived.leaf)  # a repeat within this very batch

    def _set_free(self, stream: str, streams: Streams) -> list[Arrived]:
        freed: list[Arrived] = []
        while (following := self._held.take(stream, streams.last[stream][0] + 1)) is not None:
            streams.append(following)
            freed.append(following)
        return freed

    def _finding(self, what: str, arrived: Arrived) -> Arrived:
        """A leaf of the log's own; the bytes it speaks of are in it as a hash."""
        leaf = canonical_bytes(
            {
                "metadata": {"version": "tongdang-finding-1", "uid": f"{what}/{arrived.stream}/{arrived.seq}"},
                "time": self._now(),
                "activity_name": f"log.{what}",
                "status": "refused",
                "status_detail": what.upper(),
                "actor": {"uid": arrived.stream, "role": "service", "via": arrived.stream},
                "entity": {"type": "stream", "uid": arrived.stream, "region_id": "", "archive_id": ""},
                "correlation_uid": "",
                "causation_uid": "",
                "unmapped": {"seq": arrived.seq, "sha256": digest(arrived.leaf)},
            }
        )
        return Arrived(OWN_STREAM, 0, leaf)


def _arrived(message: Consumed) -> Arrived:
    """The event in a message; bytes that are none, or of a stream that is not the topic's producer, have no stream."""
    value = message.value or b""
    producer = message.topic.removeprefix("audit.").removesuffix(".events.v1")
    try:
        streamed = audit_pb2.StreamedLeaf.FromString(value)
    except DecodeError:
        return Arrived("", 0, value)
    principal = streamed.stream.rpartition("/")[0]
    if principal != producer or not streamed.leaf or len(streamed.leaf) > MAX_LEAF_BYTES or streamed.seq < 1:
        return Arrived("", 0, value)
    return Arrived(streamed.stream, streamed.seq, streamed.leaf)


def _after(batch: Sequence[Consumed]) -> dict[tuple[str, int], int]:
    return {(one.topic, one.partition): one.offset + 1 for one in batch}
