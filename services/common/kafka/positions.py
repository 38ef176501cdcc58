"""Where a consumer reads on, asked with a limit."""

import time
from collections.abc import Iterable, Mapping

from kafka import KafkaConsumer, TopicPartition

_PATIENCE_S = 1.0


def positions(consumer: KafkaConsumer, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int | None]:
    """The next offsets of assigned partitions; None while a beginning or end that was sought is not known yet.

    Without a limit kafka-python waits for the leader to confirm a position after each change of leader (KIP-320), be
    it for ever; the offset is the same before and after. The limit is one for all: a nation has hundreds of partitions.
    """
    give_up = time.monotonic() + _PATIENCE_S

    def next_of(partition: TopicPartition) -> int | None:
        left_ms = max(1, int(1000 * (give_up - time.monotonic())))
        offset: int | None = consumer.position(partition, timeout_ms=left_ms)
        return offset

    return {partition: next_of(partition) for partition in partitions}


def position(consumer: KafkaConsumer, partition: TopicPartition) -> int | None:
    """As `positions`, of one."""
    return positions(consumer, [partition])[partition]
