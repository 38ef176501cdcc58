"""Sends numbered outbox documents in Kafka transactions, then moves the stream's mark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kafka import KafkaProducer
from opentelemetry.trace import SpanKind

from services.common.domain.clock import to_iso
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.streams import COLLECTION as STREAMS
from services.common.kafka.streams import Stream
from services.common.kafka.topics import audit_topic
from services.common.metrics import KAFKA_SECONDS
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder, LeaseLost
from services.common.mongo.outbox import COLLECTION as OUTBOX
from services.common.tracing import TRACEPARENT, continued
from tongdang.audit.v1 import audit_pb2

MAX_MESSAGES = 5_000
_DOCUMENTS = 100
_READ_AT_ONCE = 10
"""A reply would hold up to 16 MB of documents, most of them not sent this time when a publication is behind."""
_ACK_TIMEOUT_S = 20


class KafkaMessage(NamedTuple):
    """Ready to send: CloudEvents binary mode in the headers."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def open_producer(kafka: KafkaConnection, principal: str) -> KafkaProducer:
    """A producer whose transactional id fences every predecessor once `init_transactions` returns."""
    return KafkaProducer(
        **kafka.options(),
        transactional_id=f"{principal}.relay",
        enable_idempotence=True,  # explicit: a conflicting option would turn it off without a word
        acks="all",
        linger_ms=2,
        batch_size=256 * 1024,
        max_block_ms=5_000,
        bootstrap_timeout_ms=5_000,
        delivery_timeout_ms=12_000,
        request_timeout_ms=8_000,
        transaction_timeout_ms=30_000,
    )


@dataclass(frozen=True)
class Sending:
    """The second half of the relay's work, under the same lease."""

    database: MongoDatabase
    lease: LeaseHolder
    stream: Stream
    producer: KafkaProducer

    def run(self) -> int:
        """Sends the next documents after the mark; returns how many messages.

        After a kill between the two steps the same messages leave again under the same numbers; consumers drop them.
        Raises: LeaseLost, and kafka's errors.
        """
        head = self.database.db[STREAMS].find_one({"_id": self.stream.id})
        if head is None or head["mark"] == head["seq"]:
            return 0
        mark = int(head["mark"])
        documents = self._next(mark)
        if not documents:
            return 0
        messages = [message for document in documents for message in messages_of(document, self.stream)]
        self.lease.keep()
        parents = (parent for document in documents for parent in document.get("traces", ()))
        if messages:
            traced = continued("send to Kafka", SpanKind.PRODUCER, parents, {"messaging.system": "kafka"})
            with traced, KAFKA_SECONDS.time():
                send_together(self.producer, messages)
        self._move_mark(mark, int(documents[-1]["seq"]))
        return len(messages)

    def _next(self, mark: int) -> list[Document]:
        found: list[Document] = []
        size = 0
        after = self.database.db[OUTBOX].find({"seq": {"$gt": mark}}).sort("seq", 1).limit(_DOCUMENTS)
        with after.batch_size(_READ_AT_ONCE):
            for document in after:
                if document["seq"] != mark + len(found) + 1:
                    break
                size += len(document["messages"]) + int(document["count"])
                if found and size > MAX_MESSAGES:
                    break
                found.append(document)
        return found

    def _move_mark(self, before: int, after: int) -> None:
        moved = self.database.db[STREAMS].update_one(
            {"_id": self.stream.id, "mark": before, "epoch": {"$lte": self.lease.epoch}},
            {"$set": {"mark": after, "epoch": self.lease.epoch}},
        )
        if moved.matched_count != 1:
            raise LeaseLost(self.stream.id)


def send_together(producer: KafkaProducer, messages: Sequence[KafkaMessage]) -> None:
    """One Kafka transaction, every future checked.

    Raises: kafka's errors.
    """
    producer.begin_transaction()
    futures = [
        producer.send(message.topic, value=message.value, key=message.key, headers=message.headers)
        for message in messages
    ]
    producer.flush(timeout=_ACK_TIMEOUT_S)
    for future in futures:
        future.get(timeout=_ACK_TIMEOUT_S)
    producer.commit_transaction()


def messages_of(document: Document, stream: Stream) -> Iterator[KafkaMessage]:
    """What one numbered outbox document sends: its messages, then its audit events."""
    document_id, shared = document["_id"], _shared_headers(document, stream)
    for index, message in enumerate(document["messages"]):
        headers = [*shared, ("ce_id", f"{document_id}#{index}".encode()), ("ce_type", message["type"].encode())]
        headers += _trace(document, 0)
        yield KafkaMessage(message["topic"], message["key"].encode(), message["value"], headers)
    topic, key = audit_topic(stream.principal), stream.id.encode()
    for index, leaf in enumerate(document["leaves"]):
        seq = int(document["audit_first"]) + index
        value = audit_pb2.StreamedLeaf(stream=stream.id, seq=seq, leaf=leaf).SerializeToString()
        headers = [*shared, ("ce_id", f"{stream.id}#{seq}".encode()), ("ce_type", b"tongdang.audit.event.v1")]
        headers += _trace(document, index)
        yield KafkaMessage(topic, key, value, headers)


def _shared_headers(document: Document, stream: Stream) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0, Kafka binding, binary mode; `ce_id` and `ce_type` are each message's own."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_source", f"/{stream.principal}".encode()),
        ("ce_time", to_iso(document["created_at"]).encode()),
        ("content-type", b"application/protobuf"),
    ]


def _trace(document: Document, index: int) -> list[tuple[str, bytes]]:
    """CloudEvents' extension for distributed tracing: of one of a document's leaves, or of all it holds."""
    traces = document.get("traces", ())
    traceparent = str(traces[min(index, len(traces) - 1)]) if traces else ""
    return [(TRACEPARENT, traceparent.encode())] if traceparent else []
