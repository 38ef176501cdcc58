"""Up to which moment a consumer has handled everything in its topics."""

import time
from collections.abc import Sequence

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.common.kafka.consumed import Consumed
from services.common.metrics import CAUGHT_UP

_EVERY_S = 5.0
_PATIENCE_MS = 1_000


class Freshness:
    """Asks Kafka for the topics' ends: what the last fetch said of them also looks well when Kafka has gone silent.

    Behind the ends, the newest message handled of the partition that is furthest behind counts, by Kafka's time stamp.
    While Kafka does not answer the moment stays where it was, and its age grows.
    """

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._newest: dict[TopicPartition, float] = {}
        self._due = 0.0

    def handled(self, batch: Sequence[Consumed]) -> None:
        """These are done."""
        for one in batch:
            partition = TopicPartition(one.topic, one.partition)
            self._newest[partition] = max(one.timestamp_ms / 1000, self._newest.get(partition, 0.0))

    def ask_when_due(self, consumer: KafkaConsumer) -> None:
        """At most every five seconds."""
        if time.monotonic() < self._due or not consumer.assignment():
            return
        asked = time.time()
        try:
            ends = consumer.end_offsets(list(consumer.assignment()), timeout_ms=_PATIENCE_MS)
            behind = [partition for partition, end in ends.items() if consumer.position(partition) < end]
        except KafkaError:
            return
        finally:
            self._due = time.monotonic() + _EVERY_S
        known = [self._newest[partition] for partition in behind if partition in self._newest]
        if not behind:
            CAUGHT_UP.labels(consumer=self._consumer).set(asked)
        elif known:
            CAUGHT_UP.labels(consumer=self._consumer).set(min(known))
