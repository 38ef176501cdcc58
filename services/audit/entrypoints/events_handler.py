"""What arrives on audit.<producer>.events.v1, appended to the log. Audit never drops."""

from collections.abc import Callable, Sequence

import structlog

from services.audit.adapters.arrivals import arrived_at
from services.audit.adapters.head import Head
from services.audit.adapters.held_events import Evidence, HeldEvents
from services.audit.adapters.log_store import LogStore, Positions
from services.audit.adapters.published_log import PublishedLog
from services.audit.domain.findings import finding_leaf
from services.audit.domain.intake import Intake
from services.audit.domain.streams import Arrived, Finding, Place, Streams
from services.common.kafka.consumed import Consumed

_CHUNK_BYTES = 4_000_000
REST_S = 0.25
"""Between two small appends: each is written to Kafka and to four collections, for one leaf as for hundreds."""
_ROW_BYTES = 100
"""What the record of the order needs for a leaf besides the leaf; it may hold 5 MB."""

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
            place = Place(message.topic, message.partition, message.offset)
            for leaf in intake.arrive(arrived_at(place, message.value)):
                leaves.append(leaf)
                size += len(leaf.leaf) + _ROW_BYTES
                if size > _CHUNK_BYTES:
                    head = self._append(head, leaves, streams, done)
                    leaves, size = [], 0
            done[source] = message.offset + 1
        onward = {source: at for source, at in positions.items() if at > head.positions.get(source, 0)}
        if onward:
            self._append(head, leaves, streams, onward)

    def _append(self, head: Head, leaves: list[Arrived], streams: Streams, positions: Positions) -> Head:
        after = self._store.append(head, leaves, streams, positions)
        for stream in {one.stream for one in leaves} & self._held.streams():
            self._held.release(stream, streams.last_seq(stream))
        return after

    def _finding(self, what: Finding, arrived: Arrived) -> Arrived:
        log.error("log-finding", finding=what.value, stream=arrived.stream, seq=arrived.seq, place=str(arrived.place))
        if what is not Finding.GAP:
            self._evidence.keep(what.value, arrived)
        return finding_leaf(what, arrived, self._now())
