"""The order of the log, kept in Kafka for ever: written ahead of everything else that a batch leads to.

Two processes may both think that they append. A record says which one it follows, and of several that follow the same
one only the first counts; Kafka's offsets are dense on a topic written without transactions, so a writer learns from
the offset of its own record whether anybody came between.
"""

from collections.abc import Iterator
from contextlib import closing

from google.protobuf.message import DecodeError
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from services.audit.domain.errors import LogDiverged
from services.audit.domain.order import OrderedBatch, Part, Run
from services.audit.domain.streams import Arrived
from services.common.kafka.connection import KafkaConnection
from services.common.mongo.lease import LeaseLost
from tongdang.audit.v1 import order_pb2

_MAX_RECORD = 5 * 1024 * 1024
_ACK_TIMEOUT_S = 15
_POLL_MS = 500

Recorded = tuple[int, OrderedBatch]
"""Offset of the record, and the batch."""


class OrderTopic:
    """One partition; one writer at a time, told apart as said above."""

    def __init__(self, kafka: KafkaConnection, topic: str) -> None:
        self._kafka = kafka
        self._partition = TopicPartition(topic, 0)
        self._producer: KafkaProducer | None = None
        self._next = 0

    def following(self, last: int) -> Iterator[Recorded]:
        """The record at offset `last`, where there is one, and every one behind it that counts, up to the end.

        To be read to the end before the first `write`.
        Raises: LogDiverged: the topic ends before `last`, begins behind it, or holds something else; kafka's errors.
        """
        with closing(self._consumer()) as consumer:
            end = consumer.end_offsets([self._partition])[self._partition]
            start = max(last, 0)
            if last >= end or consumer.beginning_offsets([self._partition])[self._partition] > start:
                raise LogDiverged(f"the order topic lacks record {start}")
            consumer.seek(self._partition, start)
            while consumer.position(self._partition) < end:
                for row in consumer.poll(timeout_ms=_POLL_MS).get(self._partition, []):
                    batch = _decoded(row.value, row.offset)
                    if row.offset == last:
                        yield row.offset, batch
                    elif batch.after == last:
                        last = row.offset
                        yield row.offset, batch
            self._next = end

    def write(self, batch: OrderedBatch) -> int:
        """Durable on every replica in sync when it returns; returns the record's offset.

        Raises: LeaseLost: somebody else wrote since the topic was read to its end; kafka's errors. In both cases the
        record may count all the same: read again.
        """
        try:
            sent = self._open_producer().send(self._partition.topic, _encoded(batch), partition=0)
            offset = int(sent.get(timeout=_ACK_TIMEOUT_S).offset)
        except BaseException:
            self.close()  # so that nothing of it is sent again
            raise
        if offset != self._next:
            raise LeaseLost("log order")
        self._next = offset + 1
        return offset

    def close(self) -> None:
        """Lets go of the broker."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=3)

    def _open_producer(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = KafkaProducer(
                **self._kafka.options(),
                enable_idempotence=True,
                acks="all",
                max_request_size=_MAX_RECORD,
                max_block_ms=5_000,
                bootstrap_timeout_ms=5_000,
                delivery_timeout_ms=12_000,
                request_timeout_ms=8_000,
            )
        return self._producer

    def _consumer(self) -> KafkaConsumer:
        consumer = KafkaConsumer(
            **self._kafka.options(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            bootstrap_timeout_ms=5_000,
            fetch_max_wait_ms=100,
        )
        consumer.assign([self._partition])
        return consumer


def _encoded(batch: OrderedBatch) -> bytes:
    topics: dict[str, int] = {}

    def number(topic: str) -> int:
        return topics.setdefault(topic, len(topics))

    record = order_pb2.OrderedBatch(after=batch.after, first=batch.first, size=batch.size, root=batch.root)
    for part in batch.parts:
        if isinstance(part, Run):
            record.parts.add().run.MergeFrom(
                order_pb2.OrderedBatch.Run(
                    topic=number(part.topic), partition=part.partition, first=part.first, end=part.end
                )
            )
        else:
            leaf = record.parts.add().leaf
            leaf.stream, leaf.seq, leaf.leaf = part.stream, part.seq, part.leaf
    for (topic, partition), offset in batch.positions.items():
        record.positions.add(topic=number(topic), partition=partition, offset=offset)
    record.topics.extend(topics)
    return record.SerializeToString()


def _decoded(value: bytes | None, offset: int) -> OrderedBatch:
    try:
        record = order_pb2.OrderedBatch.FromString(value or b"")
        topics = list(record.topics)
        return OrderedBatch(
            record.after,
            record.first,
            record.size,
            record.root,
            tuple(_part(part, topics) for part in record.parts),
            {(topics[place.topic], place.partition): place.offset for place in record.positions},
        )
    except (DecodeError, IndexError) as problem:
        raise LogDiverged(f"record {offset} of the order topic is no batch") from problem


def _part(part: order_pb2.OrderedBatch.Part, topics: list[str]) -> Part:
    if part.HasField("run"):
        run = part.run
        return Run(topics[run.topic], run.partition, run.first, run.end)
    return Arrived(part.leaf.stream, part.leaf.seq, part.leaf.leaf)
