"""Everything that lies committed on a topic now, read once from its beginning; for restores and comparisons."""

from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition

from services.common.domain.errors import Unavailable
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.positions import position
from services.common.kafka.topics import audit_topic
from tongdang.audit.v1 import audit_pb2

_POLL_MS = 500
_IDLE_POLLS = 40


def read_all(kafka: KafkaConnection, topic: str) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each message up to the ends as they stood at the beginning, partition by partition.

    Raises: Unavailable: nothing arrived for twenty seconds although there is more; kafka's errors.
    """
    consumer = KafkaConsumer(
        **kafka.options(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        bootstrap_timeout_ms=5_000,
    )
    try:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        ends = consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            idle = 0
            # not by count: compaction and commits leave holes
            while (position(consumer, partition) or 0) < ends[partition]:
                rows = consumer.poll(timeout_ms=_POLL_MS).get(partition, [])
                yield from ((row.key or b"", row.value or b"") for row in rows)
                idle = 0 if rows else idle + 1
                if idle > _IDLE_POLLS:
                    raise Unavailable(topic)
    finally:
        consumer.close()


def read_stream(kafka: KafkaConnection, principal: str) -> Iterator[audit_pb2.StreamedLeaf]:
    """A producer's audit events as it sent them, repeats included."""
    for _, value in read_all(kafka, audit_topic(principal)):
        yield audit_pb2.StreamedLeaf.FromString(value)
