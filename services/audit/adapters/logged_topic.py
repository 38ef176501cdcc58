"""Tells producers how far their streams stand in a published checkpoint, so that they may forget what is in the log."""

from contextlib import closing

from kafka import KafkaProducer

from services.audit.adapters.log_store import LogStore
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.topics import LOGGED
from tongdang.audit.v1 import audit_pb2

_ACK_TIMEOUT_S = 10


class LoggedTopic:
    """Told by the process that appends, and only what is new. A process that was overtaken tells lower numbers, which
    readers pass over."""

    def __init__(self, kafka: KafkaConnection, store: LogStore, topic: str = LOGGED) -> None:
        self._kafka = kafka
        self._store = store
        self._topic = topic
        self._told: dict[str, int] = {}

    def tell(self) -> None:
        """Raises: kafka's errors; then the same is told the next time."""
        fresh = {one: seq for one, seq in self._store.signed_streams().items() if self._told.get(one) != seq}
        if not fresh:
            return
        producer = KafkaProducer(
            **self._kafka.options(), acks="all", enable_idempotence=True, linger_ms=20, bootstrap_timeout_ms=5_000
        )
        with closing(producer):
            sent = [
                producer.send(
                    self._topic,
                    key=stream.encode(),
                    value=audit_pb2.LoggedStream(stream=stream, seq=seq).SerializeToString(),
                )
                for stream, seq in fresh.items()
            ]
            for one in sent:
                one.get(timeout=_ACK_TIMEOUT_S)
        self._told.update(fresh)
