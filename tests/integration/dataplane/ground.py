"""What the data plane's tests stand on: a migrated database, a producer's topics, and a reader of what is committed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic

from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome
from services.common.domain.clock import SystemClock
from services.common.domain.ids import Ids, RandomIds
from services.common.domain.messages import OutboxMessage
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.relay import Relay
from services.common.mongo.database import MongoDatabase
from services.common.mongo.migrations import DATA_PLANE
from services.common.mongo.transactions import Transactions
from tongdang.audit.v1 import audit_pb2

CLOCK = SystemClock()
IDS = RandomIds()


def audit_event(action: str = "record.read", outcome: Outcome = Outcome.GRANTED, **facts: str | int) -> AuditEvent:
    """An event of a service, told apart by its facts."""
    actor = Actor.service("catalog-320000")
    return AuditEvent(IDS.new(), CLOCK.now(), action, outcome, actor, "service", ObjectRef("record", "r1"), facts=facts)


def until(happened: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Waits for something to become true; fails the test if it never does."""
    give_up = time.monotonic() + seconds
    while not (result := happened()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)
    return result


@dataclass
class Ground:
    """One producer: its database, its topics, its connection to Kafka."""

    database: MongoDatabase
    kafka: KafkaConnection
    principal: str

    @property
    def records(self) -> str:
        return f"{self.principal}.records.v1"

    @property
    def audit(self) -> str:
        return f"audit.{self.principal}.events.v1"

    def transactions(self, ids: Ids = IDS) -> Transactions:
        return Transactions(self.database, ids, CLOCK)

    def message(self, key: str, version: int, value: bytes = b"") -> OutboxMessage:
        return OutboxMessage(self.records, key, version, "test.v1", value or f"{key} v{version}".encode())

    def commit(self, *messages: OutboxMessage, events: int = 0, ids: Ids = IDS) -> None:
        """One transaction with these messages and so many audit events."""

        def work(tx: Any) -> None:
            tx.emit(*messages)
            for number in range(events):
                tx.record(audit_event(number=number))

        self.transactions(ids).run(work)

    @contextmanager
    def relay(self, *, holder: str = "here", incarnation: int = 1) -> Iterator[Relay]:
        """A running relay."""
        relay = Relay(
            self.database, self.transactions(), self.kafka, self.principal, incarnation, CLOCK, IDS, holder=holder
        )
        relay.start()
        try:
            yield relay
        finally:
            relay.stop()

    def all_sent(self, incarnation: int = 1) -> bool:
        """Whether nothing waits and the mark has reached the head."""
        if self.database.db["outbox"].find_one({"pending": True}):
            return False
        head = self.database.db["streams"].find_one({"_id": f"{self.principal}/{incarnation}"})
        return bool(head and head["mark"] == head["seq"])

    def relayed(self, incarnation: int = 1, *, seconds: float = 20) -> None:
        """Runs a relay until everything has been sent."""
        with self.relay(incarnation=incarnation):
            until(lambda: self.all_sent(incarnation), seconds)

    def read(self, topic: str) -> list[Any]:
        """Everything committed on a topic of one partition."""
        consumer = KafkaConsumer(
            **self.kafka.options(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        try:
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            end = consumer.end_offsets([partition])[partition]
            rows: list[Any] = []
            give_up = time.monotonic() + 20
            while consumer.position(partition) < end:
                assert time.monotonic() < give_up, "a transaction was left open"
                rows += consumer.poll(timeout_ms=200).get(partition, [])
            return rows
        finally:
            consumer.close()

    def leaves(self) -> list[audit_pb2.StreamedLeaf]:
        """The audit stream as an audit service would read it."""
        return [audit_pb2.StreamedLeaf.FromString(row.value) for row in self.read(self.audit)]

    def process(self, trap: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """A process of this producer that falls into a trap; see `process.py`."""
        files = [str(self.kafka.certificate_file), str(self.kafka.key_file), str(self.kafka.ca_file)]
        where = {
            "mongo": [self.database.uri, self.database.name],
            "kafka": [self.kafka.bootstrap, *files],
            "principal": self.principal,
            "arguments": arguments,
        }
        command = [sys.executable, "-m", "tests.integration.dataplane.process", trap]
        root = Path(__file__).parents[3]
        path = os.pathsep.join([str(root), str(root / "gen")])
        environment = {**os.environ, "GROUND": json.dumps(where), "PYTHONPATH": path}
        return subprocess.Popen(command, env=environment, cwd=root)


def make_ground(engines: Any, *, partitions: int = 1) -> Ground:
    """A producer that nothing else uses."""
    principal = f"test-{IDS.new()}"
    ground = Ground(engines.databases.migrated("dataplane", DATA_PLANE), engines.kafka("operator"), principal)
    admin = KafkaAdminClient(**ground.kafka.options())
    try:
        admin.create_topics([NewTopic(ground.records, partitions, 1), NewTopic(ground.audit, 1, 1)])
    finally:
        admin.close()
    return ground
