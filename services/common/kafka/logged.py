"""How far a producer's audit streams stand in a published checkpoint, as audit tells it."""

import time
from contextlib import closing

from kafka import KafkaConsumer, TopicPartition

from services.common.kafka.connection import KafkaConnection
from services.common.kafka.positions import position
from services.common.kafka.topics import LOGGED
from tongdang.audit.v1 import audit_pb2

_PATIENCE_S = 2.0
"""A relay reads this between two sendings and must not lose its lease over it; the rest is read the next time."""


class LoggedReader:
    """Reads on from where it stopped."""

    def __init__(self, kafka: KafkaConnection, principal: str, topic: str = LOGGED) -> None:
        self._kafka = kafka
        self._prefix = f"{principal}/"
        self._partition = TopicPartition(topic, 0)
        self._next = 0
        self._logged: dict[str, int] = {}

    def read(self) -> dict[str, int]:
        """Stream of this producer → last logged number.

        Raises: kafka's errors.
        """
        give_up = time.monotonic() + _PATIENCE_S
        consumer = KafkaConsumer(
            **self._kafka.options(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            bootstrap_timeout_ms=int(_PATIENCE_S * 1000),
            fetch_max_wait_ms=100,
        )
        with closing(consumer):
            consumer.assign([self._partition])
            end = consumer.end_offsets([self._partition], timeout_ms=int(_PATIENCE_S * 1000))[self._partition]
            consumer.seek(self._partition, self._next)
            while self._next < end and time.monotonic() < give_up:
                for row in consumer.poll(timeout_ms=200).get(self._partition, []):
                    self._take(row.value or b"")
                self._next = position(consumer, self._partition) or self._next
        return dict(self._logged)

    def _take(self, value: bytes) -> None:
        told = audit_pb2.LoggedStream.FromString(value)
        if told.stream.startswith(self._prefix):
            self._logged[told.stream] = max(told.seq, self._logged.get(told.stream, 0))
