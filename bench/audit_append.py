"""Leaves a second from Kafka to a signed checkpoint, against the least that has to happen.

The least: the same leaves read from Kafka by the same consumer and inserted with majority and journal, without order,
tree, index or signature. Limit: the log takes at least 10,000 leaves a second, or half of what the least takes.

`python -m bench.audit_append [LEAVES]` needs the engines of a running local stack (`TONGDANG_LOCAL_BASE_PORT`).
"""

import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from deploy.local import kafka
from deploy.local.keys import secret
from deploy.local.layout import Layout
from services.audit.adapters.held_events import Evidence, HeldEvents
from services.audit.adapters.log_documents import MIGRATIONS
from services.audit.adapters.log_store import LogStore
from services.audit.adapters.published_log import PublishedLog
from services.audit.entrypoints.events_handler import EventsHandler
from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome
from services.common.domain.clock import SystemClock, to_iso
from services.common.domain.errors import NotFound
from services.common.domain.ids import RandomIds
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.consumer import Consumed, Positions, TopicConsumer
from services.common.kafka.topics import audit_topic
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.migrations import migrate
from tongdang.audit.v1 import audit_pb2

CLOCK, IDS = SystemClock(), RandomIds()


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    layout = Layout.from_environment()
    connection = kafka.connection(layout, "operator")
    principal = f"catalog-{uuid.uuid4()}"
    topic = audit_topic(principal)
    _send(connection, principal, topic, count)
    database = _database(layout)
    try:
        least = _least(connection, database, topic, count)
        log, late = _log(connection, database, topic, count)
    finally:
        database.client.drop_database(database.name)
    print(f"{'':<28}{'leaves/s':>10}")
    print(f"{'read and insert, no log':<28}{least:>10,.0f}")
    print(f"{'the log, signed':<28}{log:>10,.0f}   {log / least:.0%} of the least")
    print(f"one leaf alone, Kafka to signed checkpoint: median {late * 1000:.0f} ms (limit 1,000)")
    held = (log >= 10_000 or log >= least / 2) and late < 1
    print("limit held" if held else "LIMIT MISSED")
    return 0 if held else 1


def _send(connection: KafkaConnection, principal: str, topic: str, count: int) -> None:
    admin = KafkaAdminClient(**connection.options())
    admin.create_topics([NewTopic(topic, 1, 1)])
    admin.close()
    producer = KafkaProducer(**connection.options(), linger_ms=50, batch_size=512 * 1024)
    for seq in range(1, count + 1):
        producer.send(topic, _message(principal, seq))
    producer.flush()
    producer.close()


def _message(principal: str, seq: int) -> bytes:
    event = AuditEvent(
        event_id=IDS.new(),
        time=CLOCK.now(),
        action="record.view",
        outcome=Outcome.GRANTED,
        actor=Actor.service(principal),
        role="service",
        object=ObjectRef("record", IDS.new(), "320000", "320000-0001"),
        correlation_id=IDS.new(),
    )
    return audit_pb2.StreamedLeaf(stream=f"{principal}/1", seq=seq, leaf=event.leaf()).SerializeToString()


def _database(layout: Layout) -> MongoDatabase:
    password = secret(layout, "mongo-admin")
    uri = f"mongodb://admin:{password}@localhost:{layout.port('mongo')}/?authSource=admin&replicaSet=rs0"
    database = MongoDatabase(uri, f"bench_{uuid.uuid4().hex[:8]}")
    migrate(database, MIGRATIONS, "bench")
    database.db.create_collection("plain")
    return database


def _least(connection: KafkaConnection, database: MongoDatabase, topic: str, count: int) -> float:
    done = 0

    def handle(batch: Sequence[Consumed], _: Positions) -> None:
        nonlocal done
        database.db["plain"].insert_many([{"value": one.value} for one in batch])
        done += len(batch)

    return _rate(TopicConsumer(connection, [topic], dict, handle, "least"), count, lambda: done)


def _log(connection: KafkaConnection, database: MongoDatabase, topic: str, count: int) -> tuple[float, float]:
    lease = LeaseHolder(database, "log", "bench")
    store = LogStore(database, lease, "bench", Ed25519PrivateKey.generate(), CLOCK, IDS)
    published = PublishedLog(database)
    held, evidence = HeldEvents(database), Evidence(database)
    handler = EventsHandler(store, published, held, evidence, lambda: to_iso(CLOCK.now()))

    def signed() -> int:
        try:
            return published.checkpoint().size
        except NotFound:
            return 0

    consumer = TopicConsumer(connection, [topic], store.positions, handler, "log")
    rate = _rate(consumer, count, signed, stop=False)
    late = _latency(connection, topic, count, signed)
    consumer.stop()
    store.stop()
    return rate, late


def _rate(consumer: TopicConsumer, count: int, done: Callable[[], int], stop: bool = True) -> float:
    """From the first result to the last, so that connecting does not count."""
    consumer.start()
    while not (before := done()):
        time.sleep(0.005)
    began = time.perf_counter()
    while done() < count:
        time.sleep(0.005)
    rate = (count - before) / (time.perf_counter() - began)
    if stop:
        consumer.stop()
    return rate


def _latency(connection: KafkaConnection, topic: str, count: int, done: Callable[[], Any]) -> float:
    producer = KafkaProducer(**connection.options())
    principal = topic.removeprefix("audit.").removesuffix(".events.v1")
    took = []
    for seq in range(count + 1, count + 22):
        began = time.perf_counter()
        producer.send(topic, _message(principal, seq)).get(timeout=10)
        while done() < seq:
            time.sleep(0.002)
        took.append(time.perf_counter() - began)
    producer.close()
    return sorted(took)[len(took) // 2]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
