"""Reads topics by assign and seek; positions are kept by whoever keeps the result, never by Kafka."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from pymongo.errors import PyMongoError

from services.common.domain.errors import TongdangError, Unavailable
from services.common.kafka.connection import KafkaConnection
from services.common.metrics import CONSUMER_LAG

Positions = Mapping[tuple[str, int], int]
_MAX_BATCH = 5_000
_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)

log = structlog.get_logger()


@dataclass(frozen=True)
class Consumed:
    """One message as it lay in Kafka."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]
    timestamp_ms: int


class TopicConsumer:
    """A thread that hands batches to `handle(batch, next_positions)`, which stores result and positions together.

    An exception from `handle` is waited out and the batch is read again from `positions()`. A topic that does not
    exist yet is waited for. Positions that Kafka no longer has mean the result must be rebuilt: `on_lost`.
    """

    def __init__(
        self,
        kafka: KafkaConnection,
        topics: Sequence[str],
        positions: Callable[[], dict[tuple[str, int], int]],
        handle: Callable[[Sequence[Consumed], Positions], None],
        name: str,
        on_lost: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self._kafka = kafka
        self._topics = list(topics)
        self._positions = positions
        self._handle = handle
        self._on_lost = on_lost
        self._stop = threading.Event()
        self._caught_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=9)

    def check(self) -> None:
        """Raises: Unavailable: the thread died."""
        if not self._thread.is_alive():
            raise Unavailable(self.name)

    @property
    def caught_up(self) -> bool:
        """Whether everything there was at some moment since the start has been handled."""
        return self._caught_up.is_set()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                self._read()
                failures = 0
            except (OffsetOutOfRangeError, NoOffsetForPartitionError):
                log.warning("offsets-lost", consumer=self.name)
                if self._on_lost is not None:
                    self._on_lost()
            except (KafkaError, PyMongoError, TongdangError, ValueError) as problem:
                log.warning("consumer-interrupted", consumer=self.name, problem=type(problem).__name__)
                self._stop.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
                failures += 1

    def _read(self) -> None:
        consumer = KafkaConsumer(
            **self._kafka.options(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_records=_MAX_BATCH,
            fetch_max_wait_ms=250,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        try:
            missing = self._assign(consumer)
            while not self._stop.is_set():
                polled = consumer.poll(timeout_ms=250)
                batch = [_consumed(row) for rows in polled.values() for row in rows]
                if batch:
                    after = {(one.topic, one.partition): one.offset + 1 for one in batch}
                    self._handle(batch, after)
                else:
                    self._caught_up.set()
                CONSUMER_LAG.labels(consumer=self.name).set(self._lag(consumer))
                if missing and not batch and self._exist(consumer, missing):
                    return  # assign again, with the topics that came into being
        finally:
            consumer.close()

    def _assign(self, consumer: KafkaConsumer) -> list[str]:
        """Assigns every partition of the topics there are; returns the topics there are not."""
        partitions, missing = [], []
        for topic in self._topics:
            found = consumer.partitions_for_topic(topic)
            partitions += [TopicPartition(topic, number) for number in sorted(found or ())]
            missing += [] if found else [topic]
        consumer.assign(partitions)
        known = self._positions()
        for partition in partitions:
            position = known.get((partition.topic, partition.partition))
            if position is None:
                consumer.seek_to_beginning(partition)
            else:
                consumer.seek(partition, position)
        return missing

    def _exist(self, consumer: KafkaConsumer, topics: Sequence[str]) -> bool:
        return bool(set(topics) & set(consumer.topics()))

    def _lag(self, consumer: KafkaConsumer) -> int:
        lag = 0
        for partition in consumer.assignment():
            highwater = consumer.highwater(partition)
            if highwater is not None:
                lag += max(0, highwater - consumer.position(partition))
        return lag


def _consumed(row) -> Consumed:  # type: ignore[no-untyped-def]  # kafka-python is untyped
    return Consumed(row.topic, row.partition, row.offset, row.key, row.value, dict(row.headers or ()), row.timestamp)
