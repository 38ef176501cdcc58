"""What a row works with: sizes, rounds, and the engines of the bench's own stack."""

import itertools
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from deploy.local import kafka
from deploy.local.client import tls_of
from deploy.local.keys import secret
from deploy.local.layout import Layout
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds
from services.common.kafka.connection import KafkaConnection
from services.common.mongo.database import MongoDatabase
from services.common.mongo.migrations import Migration, migrate
from services.common.settings import Tls

CLOCK, IDS = SystemClock(), RandomIds()


@dataclass(frozen=True)
class Setting:
    """Of one row in one run. `budget_s`: how long a case may begin further rounds."""

    layout: Layout
    sizes: tuple[int, ...]
    rounds: int
    budget_s: float
    scratch: Path
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @contextmanager
    def mongo(self, migrations: Sequence[Migration]) -> Iterator[MongoDatabase]:
        """A fresh database at this program's schema, as administrator; dropped at the end."""
        layout = self.layout
        uri = (
            f"mongodb://admin:{secret(layout, 'mongo-admin')}@localhost:{layout.port('mongo')}/"
            "?authSource=admin&replicaSet=rs0"
        )
        database = MongoDatabase(uri, f"bench_{next(self._numbers)}_{uuid.uuid4().hex[:8]}")
        try:
            migrate(database, list(migrations), "bench")
            yield database
        finally:
            database.client.drop_database(database.name)
            database.close()

    def kafka(self, principal: str = "operator") -> KafkaConnection:
        """Kafka over mutual TLS as a principal; the operator may do anything."""
        return kafka.connection(self.layout, principal)

    def tls(self, principal: str) -> Tls:
        """A principal's certificate."""
        return tls_of(self.layout, principal)

    def create_topics(self, *names: str, partitions: int) -> None:
        """Topics of the broker's defaults."""
        admin = KafkaAdminClient(**self.kafka().options())
        admin.create_topics([NewTopic(name, partitions, 1) for name in names])
        admin.close()

    def delete_topics(self, *names: str) -> None:
        """Gives the disk back between rounds."""
        admin = KafkaAdminClient(**self.kafka().options())
        admin.delete_topics(list(names))
        admin.close()


def seconds(work: Callable[[], object]) -> float:
    """Of one run."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def until(done: Callable[[], bool], patience_s: float = 600, nap_s: float = 0.005) -> None:
    """Polls.

    Raises: TimeoutError.
    """
    give_up = time.monotonic() + patience_s
    while not done():
        if time.monotonic() > give_up:
            raise TimeoutError(f"not done within {patience_s:.0f} s")
        time.sleep(nap_s)
