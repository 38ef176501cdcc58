"""A batch made again from Kafka as its order says: after a kill, or on a database restored from a backup."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from services.audit.adapters.arrivals import Arrivals
from services.audit.adapters.head import Head
from services.audit.adapters.held_events import Evidence, HeldEvents
from services.audit.domain.errors import LogDiverged
from services.audit.domain.findings import spoken_of
from services.audit.domain.order import OrderedBatch, Run
from services.audit.domain.streams import OWN_STREAM, Arrived, Finding, Streams
from services.common.domain.merkle import leaf_hash
from services.common.kafka.connection import KafkaConnection


class Replay:
    """Needs of the database nothing but the head before the batch: an older one lacks what came since."""

    def __init__(self, arrivals: Arrivals, held: HeldEvents, evidence: Evidence) -> None:
        self._arrivals = arrivals
        self._held = held
        self._evidence = evidence

    def batch(self, before: Head, offset: int, batch: OrderedBatch, batch_id: str) -> tuple[Head, list[Arrived]]:
        """The head after the batch, and its leaves.

        Raises: LogDiverged: Kafka's messages do not lead to the root that was written down; kafka's errors.
        """
        leaves = list(self._leaves(batch))
        frontier = before.frontier.append(leaf_hash(one.leaf) for one in leaves)
        if (before.frontier.size, frontier.size, frontier.root()) != (batch.first, batch.size, batch.root):
            raise LogDiverged(f"record {offset} of the order does not lead from {before.frontier.size} to its root")
        streams = self._streams(before.streams, leaves)
        self._set_aside(before, batch, streams)
        return Head(frontier, streams, {**before.positions, **batch.positions}, batch_id, offset), leaves

    def _leaves(self, batch: OrderedBatch) -> Iterator[Arrived]:
        for part in batch.parts:
            if isinstance(part, Run):
                yield from self._arrivals.between(part.topic, part.partition, part.first, part.end)
            else:
                yield part

    def _streams(self, before: Streams, leaves: Sequence[Arrived]) -> Streams:
        """As intake left them; what the findings speak of is kept as evidence again."""
        streams = before.copy()
        for leaf in leaves:
            if leaf.stream != OWN_STREAM:
                streams.append(leaf)
                continue
            spoken = spoken_of(leaf)
            if spoken.what is Finding.GAP:
                streams.gap_is_news(spoken.stream)
            else:
                topic, partition, offset = spoken.place
                for arrived in self._arrivals.between(topic, partition, offset, offset + 1):
                    self._evidence.keep(spoken.what.value, arrived)
        return streams

    def _set_aside(self, before: Head, batch: OrderedBatch, streams: Streams) -> None:
        """Holds what the batch read and could not append yet."""
        for (topic, partition), end in batch.positions.items():
            for arrived in self._arrivals.between(topic, partition, before.positions.get((topic, partition), 0), end):
                if arrived.stream and arrived.seq > streams.last_seq(arrived.stream):
                    self._held.hold(arrived)
        for stream in self._held.streams():
            self._held.release(stream, streams.last_seq(stream))


@contextmanager
def open_replay(kafka: KafkaConnection, held: HeldEvents, evidence: Evidence) -> Iterator[Replay]:
    """For as long as there is something to make again."""
    with closing(Arrivals(kafka)) as arrivals:
        yield Replay(arrivals, held, evidence)
