"""Where a consumer reads on, asked with a limit."""

from kafka import KafkaConsumer, TopicPartition

_PATIENCE_MS = 1_000


def position(consumer: KafkaConsumer, partition: TopicPartition) -> int | None:
    """The next offset of an assigned partition; None while a beginning or end that was sought is not known yet.

    Without a limit kafka-python waits for the leader to confirm the position after each change of leader (KIP-320), be
    it for ever; the offset is the same before and after.
    """
    found: int | None = consumer.position(partition, timeout_ms=_PATIENCE_MS)
    return found
