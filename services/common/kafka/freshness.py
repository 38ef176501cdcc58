"""Up to which moment a consumer has handled everything in its topics."""

import time
from collections.abc import Sequence

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.common.domain.errors import Unavailable
from services.common.kafka.consumed import Consumed
from services.common.kafka.positions import positions
from services.common.metrics import CAUGHT_UP

_EVERY_S = 5.0
_PATIENCE_MS = 1_000
_STANDING_STILL = 5
"""Answers of Kafka in a row that say a partition goes on, while the client reads nothing of it: half a minute."""
_BACKLOG = 1_000
"""Messages in a batch from which on a partition may be waiting for its turn behind others."""


class Freshness:
    """Asks Kafka for the topics' ends: what the last fetch said of them also looks well when Kafka has gone silent.

    Behind the ends, the newest message handled of the partition that is furthest behind counts, by Kafka's time stamp.
    While Kafka does not answer the moment stays where it was, and its age grows. Where Kafka answers that there is more
    and the client reads none of it, the client has lost its way, and only a new one helps.
    """

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._newest: dict[TopicPartition, float] = {}
        self._standing: dict[tuple[TopicPartition, int], int] = {}
        self._due = 0.0

    def handled(self, batch: Sequence[Consumed]) -> None:
        """These are done."""
        if len(batch) >= _BACKLOG:
            self._standing.clear()
        for one in batch:
            partition = TopicPartition(one.topic, one.partition)
            self._newest[partition] = max(one.timestamp_ms / 1000, self._newest.get(partition, 0.0))

    def ask_when_due(self, consumer: KafkaConsumer) -> None:
        """At most every five seconds.

        Raises: Unavailable: the client stands still before the end of a partition.
        """
        if time.monotonic() < self._due or not consumer.assignment():
            return
        asked = time.time()
        try:
            ends = consumer.end_offsets(list(consumer.assignment()), timeout_ms=_PATIENCE_MS)
            told = positions(consumer, ends)
        except KafkaError:
            return
        finally:
            self._due = time.monotonic() + _EVERY_S
        reached = {partition: offset for partition, offset in told.items() if offset is not None}
        behind = {partition: offset for partition, offset in reached.items() if offset < ends[partition]}
        known = [self._newest[partition] for partition in behind if partition in self._newest]
        if not behind and len(reached) == len(ends):
            CAUGHT_UP.labels(consumer=self._consumer).set(asked)
        elif known:
            CAUGHT_UP.labels(consumer=self._consumer).set(min(known))
        self._standing = {place: self._standing.get(place, 0) + 1 for place in behind.items()}
        if any(times > _STANDING_STILL for times in self._standing.values()):
            raise Unavailable(f"{self._consumer} stands still")
