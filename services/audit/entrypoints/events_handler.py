"""What arrives on audit.<producer>.events.v1, appended to the log. Audit never drops."""

import re
from collections.abc import Callable, Sequence

import structlog
from google.protobuf.message import DecodeError

from services.audit.adapters.held_events import Evidence, HeldEvents
from services.audit.adapters.log_store import LogStore, Positions
from services.audit.adapters.published_log import PublishedLog
from services.audit.domain.intake import Intake
from services.audit.domain.streams import OWN_STREAM, Arrived, Finding, Streams, digest
from services.common.domain.audit_event import MAX_LEAF_BYTES
from services.common.domain.canonical import canonical_bytes
from services.common.kafka.consumed import Consumed
from tongdang.audit.v1 import audit_pb2

_CHUNK_BYTES = 6_000_000
_ROW_BYTES = 100
"""What the database needs for a staged leaf besides the leaf; a document may hold 16 MB."""
_INCARNATION = re.compile(r"[1-9][0-9]{0,8}")
_MAX_SEQ = 2**53

log = structlog.get_logger()


class EventsHandler:
    """Hands batches of Kafka messages to the log with the positions after them."""

    def __init__(
        self, store: LogStore, published: PublishedLog, held: HeldEvents, evidence: Evidence, now: Callable[[], str]
    ) -> None:
        self._store = store
        self._published = published
        self._held = held
        self._evidence = evidence
        self._now = now

    def __call__(self, batch: Sequence[Consumed], positions: Positions) -> None:
        head = self._store.writable_head()
        streams = head.streams.copy()
        intake = Intake(streams, self._held, self._published.digest_of, self._finding)
        done: dict[tuple[str, int], int] = {}
        leaves: list[Arrived] = []
        size = 0
        for message in batch:
            source = (message.topic, message.partition)
            if message.offset < head.positions.get(source, 0):
                continue
            for leaf in intake.arrive(arrived_in(message)):
                leaves.append(leaf)
                size += len(leaf.leaf) + _ROW_BYTES
                if size > _CHUNK_BYTES:
                    self._append(leaves, streams, done)
                    leaves, size = [], 0
            done[source] = message.offset + 1
        self._append(leaves, streams, positions)

    def _append(self, leaves: list[Arrived], streams: Streams, positions: Positions) -> None:
        self._store.append(leaves, streams, positions)
        for stream in {one.stream for one in leaves} & self._held.streams():
            self._held.release(stream, streams.last_seq(stream))

    def _finding(self, what: Finding, arrived: Arrived) -> Arrived:
        """A leaf of the log's own; the bytes it speaks of are in it as a hash."""
        log.error("log-finding", finding=what.value, stream=arrived.stream, seq=arrived.seq, place=arrived.place)
        if what is not Finding.GAP:
            self._evidence.keep(what.value, arrived)
        producer = arrived.place.removeprefix("audit.").partition(".events.v1")[0]
        leaf = canonical_bytes(
            {
                "metadata": {"version": "tongdang-finding-1", "uid": f"{what.value}@{arrived.place}"},
                "time": self._now(),
                "activity_name": f"log.{what.value}",
                "status": "refused",
                "status_detail": what.name,
                "actor": {"uid": producer, "role": "service", "via": producer},
                "entity": {"type": "stream", "uid": arrived.stream, "region_id": "", "archive_id": ""},
                "correlation_uid": "",
                "causation_uid": "",
                "unmapped": {"seq": arrived.seq, "sha256": digest(arrived.leaf), "place": arrived.place},
            }
        )
        return Arrived(OWN_STREAM, 0, leaf)


def arrived_in(message: Consumed) -> Arrived:
    """The event in a message; bytes that are none, or of a stream that is not the topic's producer, have no stream."""
    value = message.value or b""
    place = f"{message.topic}/{message.partition}/{message.offset}"
    producer = message.topic.removeprefix("audit.").removesuffix(".events.v1")
    try:
        streamed = audit_pb2.StreamedLeaf.FromString(value)
    except DecodeError:
        return Arrived("", 0, value, place)
    principal, _, incarnation = streamed.stream.rpartition("/")
    of_producer = principal == producer and _INCARNATION.fullmatch(incarnation)
    if not of_producer or not 1 <= streamed.seq < _MAX_SEQ or not 1 <= len(streamed.leaf) <= MAX_LEAF_BYTES:
        return Arrived("", 0, value, place)
    return Arrived(streamed.stream, streamed.seq, streamed.leaf, place)
