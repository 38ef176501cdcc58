"""Leaves a second from Kafka to a signed checkpoint, against the least that has to happen.

The least: the same leaves read from Kafka by the same consumer and inserted with majority and journal, without order,
tree, index or signature.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kafka import KafkaProducer

from bench.figures import Bound, Figure, alternating, figure
from bench.setting import CLOCK, IDS, Setting, until
from services.audit.adapters.held_events import Evidence, HeldEvents
from services.audit.adapters.log_documents import MIGRATIONS
from services.audit.adapters.log_store import LogStore
from services.audit.adapters.order_topic import OrderTopic
from services.audit.adapters.projection import Projection
from services.audit.adapters.published_log import PublishedLog
from services.audit.adapters.replay import open_replay
from services.audit.entrypoints.events_handler import REST_S, EventsHandler
from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome
from services.common.domain.clock import to_iso
from services.common.domain.errors import NotFound
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.consumed import Consumed
from services.common.kafka.consumer import Positions, TopicConsumer
from services.common.kafka.topics import audit_topic
from services.common.mongo.lease import LeaseHolder
from tongdang.audit.v1 import audit_pb2

FLOOR, AIM = Bound(least_ratio=0.5, least=10_000), Bound(least_ratio=1, least=10_000)
LATENCY_AIM = Bound(most=1_000)
ALONE = 21


def measure(setting: Setting) -> Iterator[Figure]:
    """Leaves a second at each size; at the end, one leaf alone."""
    late: list[float] = []
    for count in setting.sizes:
        principal = f"catalog-{uuid.uuid4()}"
        topic = audit_topic(principal)
        setting.create_topics(topic, partitions=1)
        send(setting.kafka(), principal, topic, count)
        mine, theirs = alternating(
            lambda: log_rate(setting, principal, topic, count, late),  # noqa: B023 - called at once
            lambda: _least(setting, topic, count),  # noqa: B023
            setting.rounds,
            setting.budget_s,
        )
        setting.delete_topics(topic)
        yield figure(f"{count:,} leaves", "leaves/s", count, mine, theirs, floor=FLOOR, aim=AIM)
    yield figure("one leaf alone", "ms", 0, late, floor=LATENCY_AIM, aim=LATENCY_AIM)


def send(connection: KafkaConnection, principal: str, topic: str, count: int) -> None:
    producer = KafkaProducer(**connection.options(), linger_ms=50, batch_size=512 * 1024)
    for seq in range(1, count + 1):
        producer.send(topic, message(principal, seq))
    producer.flush()
    producer.close()


def message(principal: str, seq: int) -> bytes:
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


def _least(setting: Setting, topic: str, count: int) -> float:
    with setting.mongo([]) as database:
        done = 0

        def handle(batch: Sequence[Consumed], _: Positions) -> None:
            nonlocal done
            database.db["plain"].insert_many([{"value": one.value} for one in batch])
            done += len(batch)

        consumer = TopicConsumer(setting.kafka(), [topic], dict, handle, "least")
        rate = _rate(consumer, count, lambda: done)
        consumer.stop()
        return rate


def log_rate(setting: Setting, principal: str, topic: str, count: int, late: list[float]) -> float:
    """`late` gains the milliseconds of leaves that came alone, in the first round."""
    with setting.mongo(MIGRATIONS) as database:
        lease = LeaseHolder(database, "log", "bench")
        held, evidence = HeldEvents(database), Evidence(database)
        ordered = f"audit.{uuid.uuid4()}.order.v1"
        setting.create_topics(ordered, partitions=1)
        order, replay = OrderTopic(setting.kafka(), ordered), partial(open_replay, setting.kafka(), held, evidence)
        store = LogStore(database, lease, "bench", Ed25519PrivateKey.generate(), CLOCK, IDS, order, replay)
        published = PublishedLog(database)
        handler = EventsHandler(store, published, held, evidence, lambda: to_iso(CLOCK.now()))

        def signed() -> int:
            try:
                return published.checkpoint().size
            except NotFound:
                return 0

        projection = Projection(database, store)
        projection.start()
        consumer = TopicConsumer(setting.kafka(), [topic], store.positions, handler, "log", rest_s=REST_S)
        rate = _rate(consumer, count, signed)
        if not late:
            late.extend(_alone(setting.kafka(), principal, topic, count, signed))
        consumer.stop()
        projection.stop()
        store.stop()
        setting.delete_topics(ordered)
        return rate


def _rate(consumer: TopicConsumer, count: int, done: Callable[[], int]) -> float:
    """From the first result to the last, so that connecting does not count."""
    consumer.start()
    until(lambda: done() > 0)
    before, began = done(), time.perf_counter()
    until(lambda: done() >= count)
    return (count - before) / (time.perf_counter() - began)


def _alone(
    connection: KafkaConnection, principal: str, topic: str, count: int, done: Callable[[], int]
) -> Iterator[float]:
    """Milliseconds from sending a leaf to the checkpoint that holds it."""
    producer = KafkaProducer(**connection.options())
    for seq in range(count + 1, count + 1 + ALONE):
        time.sleep(2 * REST_S)  # what came before has been handled and rested from
        began = time.perf_counter()
        producer.send(topic, message(principal, seq)).get(timeout=10)
        until(lambda: done() >= seq, nap_s=0.002)  # noqa: B023 - called at once
        yield (time.perf_counter() - began) * 1000
    producer.close()
