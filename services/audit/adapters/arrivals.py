"""What a message of audit.<producer>.events.v1 holds, and messages read again by their place."""

import re

from google.protobuf.message import DecodeError
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from services.audit.domain.errors import LogDiverged
from services.audit.domain.streams import Arrived, Place
from services.common.domain.audit_event import MAX_LEAF_BYTES
from services.common.kafka.connection import KafkaConnection
from tongdang.audit.v1 import audit_pb2

_INCARNATION = re.compile(r"[1-9][0-9]{0,8}")
_MAX_SEQ = 2**53
_POLL_MS = 500
_KEPT = 20_000


def arrived_at(place: Place, value: bytes | None) -> Arrived:
    """The event in a message; bytes that are none, or of a stream that is not the topic's producer, have no stream."""
    value = value or b""
    producer = place.topic.removeprefix("audit.").removesuffix(".events.v1")
    try:
        streamed = audit_pb2.StreamedLeaf.FromString(value)
    except DecodeError:
        return Arrived("", 0, value, place)
    principal, _, incarnation = streamed.stream.rpartition("/")
    of_producer = principal == producer and _INCARNATION.fullmatch(incarnation)
    if not of_producer or not 1 <= streamed.seq < _MAX_SEQ or not 1 <= len(streamed.leaf) <= MAX_LEAF_BYTES:
        return Arrived("", 0, value, place)
    return Arrived(streamed.stream, streamed.seq, streamed.leaf, place)


class Arrivals:
    """Reads ranges of partitions again, mostly one behind the other. To be closed."""

    def __init__(self, kafka: KafkaConnection) -> None:
        self._kafka = kafka
        self._partitions: dict[tuple[str, int], _Partition] = {}

    def between(self, topic: str, partition: int, first: int, end: int) -> list[Arrived]:
        """Every committed message from offset `first` to below `end`.

        Raises: LogDiverged: Kafka no longer has them; kafka's errors.
        """
        if (source := (topic, partition)) not in self._partitions:
            self._partitions[source] = _Partition(self._kafka, TopicPartition(*source))
        return self._partitions[source].between(first, end)

    def close(self) -> None:
        """Lets go of the broker."""
        for partition in self._partitions.values():
            partition.close()


class _Partition:
    """What was read and may be asked for again soon: everything from `_start` to the consumer's position."""

    def __init__(self, kafka: KafkaConnection, source: TopicPartition) -> None:
        self._source = source
        self._kept: dict[int, Arrived] = {}
        self._start = 0
        self._consumer = KafkaConsumer(
            **kafka.options(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_records=5_000,
            fetch_max_wait_ms=100,
            bootstrap_timeout_ms=5_000,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        self._consumer.assign([source])
        self._consumer.seek(source, 0)

    def between(self, first: int, end: int) -> list[Arrived]:
        if not self._start <= first <= self._position():
            self._kept.clear()
            self._start = first
            self._consumer.seek(self._source, first)
        elif len(self._kept) > _KEPT:
            self._kept = {offset: one for offset, one in self._kept.items() if offset >= first}
            self._start = first
        while self._position() < end:
            self._read_on()
        return [self._kept[offset] for offset in range(first, end) if offset in self._kept]

    def close(self) -> None:
        self._consumer.close()

    def _position(self) -> int:
        return int(self._consumer.position(self._source))

    def _read_on(self) -> None:
        try:
            for row in self._consumer.poll(timeout_ms=_POLL_MS).get(self._source, []):
                self._kept[row.offset] = arrived_at(Place(row.topic, row.partition, row.offset), row.value)
        except OffsetOutOfRangeError as lost:
            raise LogDiverged(f"{self._source.topic} lacks what the log was made of") from lost
