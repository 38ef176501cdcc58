"""What the log's tests stand on: producers that nothing else uses, an audit database, and the log over HTTP."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from services.audit.adapters.cosigned_log import CosignedLog
from services.audit.adapters.events import MongoEvents
from services.audit.adapters.held_events import Evidence, HeldEvents
from services.audit.adapters.leaves import Leaf, Leaves
from services.audit.adapters.log_documents import MIGRATIONS
from services.audit.adapters.log_store import LogStore
from services.audit.adapters.order_topic import OrderTopic
from services.audit.adapters.projection import Projection
from services.audit.adapters.published_log import PublishedLog
from services.audit.adapters.replay import open_replay
from services.audit.domain.errors import LogDiverged
from services.audit.domain.notes import verifier_key
from services.audit.domain.streams import OWN_STREAM
from services.audit.entrypoints.events_handler import EventsHandler
from services.audit.entrypoints.log_routes import log_routes
from services.common.domain.clock import to_iso
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.consumer import TopicConsumer
from services.common.kafka.topics import audit_topic
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder
from tests.integration.dataplane.ground import CLOCK, IDS, audit_event, until
from tongdang.audit.v1 import audit_pb2

ROOT = Path(__file__).parents[3]
ORIGIN = "tongdang.test/audit"


@dataclass
class AuditGround:
    """One log: its database, its producers' topics, its key."""

    database: MongoDatabase
    connection: KafkaConnection
    producers: Sequence[str]
    seed: bytes
    order: str
    """Of the order; what is logged is told on `<order>.logged`."""

    @property
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def verifier_key(self) -> str:
        return verifier_key(ORIGIN, self.key.public_key().public_bytes_raw())

    @property
    def stream(self) -> str:
        return f"{self.producers[0]}/1"

    @property
    def events(self) -> MongoEvents:
        return MongoEvents(self.database)

    @property
    def published(self) -> PublishedLog:
        return PublishedLog(self.database)

    def store(self, holder: str = "here", term_s: float = 10, witnessed: Callable[[], int] = lambda: 0) -> LogStore:
        lease = LeaseHolder(self.database, "log", holder, term_s)
        replay = partial(open_replay, self.connection, HeldEvents(self.database), Evidence(self.database))
        order = OrderTopic(self.connection, self.order)
        return LogStore(self.database, lease, ORIGIN, self.key, CLOCK, IDS, order, replay, witnessed)

    def handler(self, store: LogStore) -> EventsHandler:
        held, evidence = HeldEvents(self.database), Evidence(self.database)
        return EventsHandler(store, self.published, held, evidence, lambda: to_iso(CLOCK.now()))

    @contextmanager
    def audit(self, holder: str = "here", term_s: float = 10) -> Iterator[LogStore]:
        """A running log, without what comes over gRPC."""
        store = self.store(holder, term_s)
        topics = list(map(audit_topic, self.producers))
        consumer = TopicConsumer(self.connection, topics, store.positions, self.handler(store), "events")
        stop = threading.Event()

        def settle() -> None:
            while not stop.wait(0.2):
                with suppress(LogDiverged):
                    store.settle()

        timer = threading.Thread(target=settle)
        projection = Projection(self.database, store)
        projection.start()
        consumer.start()
        timer.start()
        try:
            yield store
        finally:
            stop.set()
            timer.join()
            consumer.stop()
            projection.stop()
            store.stop()

    def send(self, *leaves: tuple[int, bytes], stream: str = "") -> None:
        """Numbered leaves of a stream, on its producer's topic."""
        stream = stream or self.stream
        topic = audit_topic(stream.rpartition("/")[0])
        values = [audit_pb2.StreamedLeaf(stream=stream, seq=seq, leaf=leaf) for seq, leaf in leaves]
        self.send_bytes(topic, *(value.SerializeToString() for value in values))

    def send_bytes(self, topic: str, *values: bytes) -> None:
        producer = KafkaProducer(**self.connection.options(), linger_ms=20)
        try:
            sent = [producer.send(topic, value) for value in values]
            for one in sent:
                one.get(timeout=20)
        finally:
            producer.close()

    def size(self) -> int:
        """Of the newest signed checkpoint."""
        found = self.database.db["checkpoints"].find_one(sort=[("_id", -1)])
        return int(found["_id"]) if found else -1

    def until_signed(self, size: int) -> None:
        until(lambda: self.size() >= size)

    def logged(self) -> list[Leaf]:
        """Every leaf, in the order of the log."""
        return Leaves(self.database.db).read(0, 100_000)

    def numbers(self, stream: str = "") -> list[int]:
        """Numbers of a stream in the order of the log."""
        return [leaf.seq for leaf in self.logged() if leaf.stream == (stream or self.stream)]

    def findings(self) -> list[str]:
        return [json.loads(leaf.content)["activity_name"] for leaf in self.logged() if leaf.stream == OWN_STREAM]

    @contextmanager
    def changed(self, index: int, before: bytes, after: bytes) -> Iterator[None]:
        """A leaf of other bytes in the database, for a while."""
        pieces = self.database.db["leaves"]
        [leaf] = Leaves(self.database.db).read(index, 1)
        piece = pieces.find_one({"_id": {"$lte": index}}, sort=[("_id", -1)])
        assert piece is not None
        other = bytes(piece["leaves"]).replace(leaf.content, leaf.content.replace(before, after))
        pieces.update_one({"_id": piece["_id"]}, {"$set": {"leaves": other}})
        yield
        pieces.replace_one({"_id": piece["_id"]}, piece)

    @contextmanager
    def served(self) -> Iterator[str]:
        """The log's routes over HTTP."""
        routes = {
            route.path: route.handle
            for route in log_routes(self.published, CosignedLog(self.database), self.verifier_key, [])
        }

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                prefix = "/log/tile/"
                if self.path.startswith(prefix):
                    answer = routes[prefix + "<path:path>"]({"path": self.path.removeprefix(prefix)})
                else:
                    answer = routes[self.path]({})
                self.send_response(answer.status)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/log"
        finally:
            server.shutdown()
            server.server_close()

    def verify(self, state: Path) -> "subprocess.CompletedProcess[str]":
        """tongdang-verify as anyone would call it."""
        with self.served() as url:
            command = [str(ROOT / "bin" / "tongdang-verify"), "--url", url, "--key", self.verifier_key]
            return subprocess.run([*command, "--state", str(state)], capture_output=True, text=True, check=False)

    def process(self, trap: str, holder: str = "here", term_s: float = 10) -> "subprocess.Popen[bytes]":
        """An audit process that falls into a trap; see `process.py`."""
        files = [str(self.connection.certificate_file), str(self.connection.key_file), str(self.connection.ca_file)]
        where = {
            "mongo": [self.database.uri, self.database.name],
            "kafka": [self.connection.bootstrap, *files],
            "producers": list(self.producers),
            "seed": self.seed.hex(),
            "order": self.order,
            "audit": [holder, term_s],
        }
        path = os.pathsep.join([str(ROOT), str(ROOT / "gen")])
        environment = {**os.environ, "GROUND": json.dumps(where), "PYTHONPATH": path}
        command = [sys.executable, "-m", "tests.integration.audit.process", trap]
        return subprocess.Popen(command, env=environment, cwd=ROOT)


def make_ground(engines: Any) -> AuditGround:
    """A log that nothing else uses, with two producers."""
    database = engines.databases.migrated("audit", MIGRATIONS)
    producers = [f"catalog-{IDS.new()}" for _ in range(2)]
    ground = AuditGround(
        database, engines.kafka("operator"), producers, bytes(range(32)), f"audit.{IDS.new()}.order.v1"
    )
    admin = KafkaAdminClient(**ground.connection.options())
    try:
        admin.create_topics(
            [NewTopic(name, 1, 1) for name in (*map(audit_topic, producers), ground.order, f"{ground.order}.logged")]
        )
    finally:
        admin.close()
    return ground


def leaves(first: int, last: int) -> list[tuple[int, bytes]]:
    """Numbered events."""
    return [(seq, audit_event(number=seq).leaf()) for seq in range(first, last + 1)]
