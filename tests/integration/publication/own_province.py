"""A province of a test's own: its database, its topics, its people and keys, its worker in this process or another."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, time
from itertools import islice
from pathlib import Path
from typing import Any, cast

import grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from deploy.samples.archives import sample_archives
from deploy.samples.generator import HEADER, catalogue
from services.auth.domain.statements import BatchStatement
from services.catalog.adapters.batch_check import BatchCheck
from services.catalog.adapters.batch_store import MongoBatches
from services.catalog.adapters.batch_worker import BatchWorker, WorkerTerms
from services.catalog.adapters.comparison import differences
from services.catalog.adapters.dump_worker import DumpWorker
from services.catalog.adapters.elsewhere import KafkaAndCentre
from services.catalog.adapters.fonds_store import MongoFonds, MongoLoans
from services.catalog.adapters.import_claims import new_document
from services.catalog.adapters.line_store import MongoLines
from services.catalog.adapters.migrations import MIGRATIONS
from services.catalog.adapters.plan_store import MongoPlans
from services.catalog.adapters.publication_check import PublicationCheck
from services.catalog.adapters.recovery import Recovery
from services.catalog.adapters.review_records import MongoRecords
from services.catalog.adapters.rule_store import MongoWords
from services.catalog.adapters.text_check import TextCheck
from services.catalog.adapters.text_messages import topic_of
from services.catalog.adapters.text_store import MongoTexts
from services.catalog.application.review import (
    ReviewDesk,
    Wanted,
    create_batch,
    publish_batch,
    retract_record,
    sign_batch,
)
from services.catalog.application.review_ports import ReviewTerms
from services.catalog.application.texts import enter_text, withdraw_text
from services.catalog.domain.batches import Batch
from services.catalog.domain.disagreements import Found
from services.catalog.domain.gathering import EVERYTHING, Matter
from services.catalog.domain.import_rows import TakenRow, read_catalogue
from services.catalog.domain.rules import RULE_VERSION, RuleSettings
from services.catalog.domain.signatures import Side, Signature
from services.catalog.domain.work_list import State
from services.catalog.dumps import publisher_of
from services.catalog.review import suggesting
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds
from services.common.domain.registry import PublicKey, Region, Registry
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.relay import Relay
from services.common.mongo import transactions as transactions_module
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.transactions import Transactions
from services.common.mongo.wakeups import Wakeup
from tests.builders.review import OPEN, OPEN_TEXT
from tests.builders.reviewing import review_whole
from tests.integration.dataplane.ground import until

CLOCK, IDS = SystemClock(), RandomIds()
SAMPLE, UNIT = sample_archives()["a522601"], "u522601-mz"
REVIEWER = Actor("1" * 32, frozenset({Role.REVIEWER}), "portal", archive_id=SAMPLE.archive_id)
OFFICER = Actor("2" * 32, frozenset({Role.UNIT_OFFICER}), "portal", archive_id=SAMPLE.archive_id, unit_id=UNIT)
DIRECTOR = Actor("3" * 32, frozenset({Role.DIRECTOR}), "portal", archive_id=SAMPLE.archive_id)
OTHER_DIRECTOR = replace(DIRECTOR, pseudonym="4" * 32)
_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
"""The province's, the same in every process."""


def by(actor: Actor, action: str = "batch.act") -> Caller:
    """A call of somebody."""
    return Caller(actor, next(iter(actor.roles)), action, IDS.new(), "", CLOCK, IDS)


@dataclass
class _Signer:
    """auth's keys, without the wire."""

    actor: Actor
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def sign(self, *, request_id: str, batch: Batch, side: Side, pseudonym: str, role: str, unit_id: str) -> Signature:
        now = CLOCK.now()
        what = (batch.batch_id, batch.root, batch.matter.value, batch.rule_version)
        said = BatchStatement(self.actor, side.value, *what, now).canonical()
        public = self.key.public_key().public_bytes_raw()
        return Signature(side, pseudonym, role, unit_id, now, said, self.key.sign(said), public)


@dataclass
class _OnlyKafka:
    """What others know, without a centre that has any requests."""

    kafka: KafkaAndCentre

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kafka, name)

    def legs(self) -> list[Any]:
        return []


@dataclass
class OwnProvince:
    """`region_id` begins with 520000: that province's certificate may write its topics."""

    database: MongoDatabase
    kafka: KafkaConnection
    region_id: str
    principal: str

    def __post_init__(self) -> None:
        self.archive = replace(SAMPLE, region_id=self.region_id)
        public = PublicKey("signing", _KEY.public_key().public_bytes_raw(), date(2020, 1, 1), date(2099, 1, 1))
        region = Region(self.region_id, "省", "Province", self.principal, "", (public,), (self.archive,))
        self.registry = Registry(1, (region,), {})
        self.transactions = Transactions(self.database, IDS, CLOCK)
        self.queued = Wakeup()
        self.batches = MongoBatches(self.database, self.transactions, self.queued)
        self.records = MongoRecords(self.database, self.transactions, 3)
        self.lines = MongoLines(self.database)
        self.texts = MongoTexts(self.database, self.transactions)

    def desk(self, actor: Actor) -> ReviewDesk:
        return ReviewDesk(
            batches=self.batches,
            records=self.records,
            fonds=MongoFonds(self.database, self.transactions),
            plans=MongoPlans(self.database, self.transactions),
            loans=MongoLoans(self.database, self.transactions),
            signer=_Signer(actor),
            registry=self.registry,
            terms=ReviewTerms(RULE_VERSION, separate_confirmer=True),
        )

    @property
    def db(self) -> Any:
        return self.database.db

    @property
    def topic(self) -> str:
        return f"catalog.{self.region_id}.records.v1"

    @property
    def publications(self) -> str:
        return f"catalog.{self.region_id}.publications.v1"

    def take_in(self, count: int, *, seed: int = 7) -> None:
        """Records as the import stores them, all of one unit and past their term."""
        rows = [HEADER, *catalogue(self.archive, count + count // 100 + 1, seed)]
        text = "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)
        taken = (row for row in read_catalogue(text, self.archive) if isinstance(row, TakenRow))
        due = {"unit_id": UNIT, "fonds": "A001", "access_status": "unreviewed", "eligible_on": "1990-01-01"}
        due["security_classification"] = ""
        now = CLOCK.now()
        self.db["records"].insert_many([{**new_document(row, "test", now), **due} for row in islice(taken, count)])

    @contextmanager
    def sending(self) -> Iterator[None]:
        """With the relay."""
        relay = Relay(self.database, self.transactions, self.kafka, self.principal, 1, CLOCK, IDS, holder="here")
        relay.start()
        try:
            yield
        finally:
            relay.stop()

    @contextmanager
    def working(self) -> Iterator[None]:
        """With worker and relay."""
        worker = self.worker()
        with self.sending():
            worker.start()
            try:
                yield
            finally:
                worker.stop()

    def worker(self) -> BatchWorker:
        lease = LeaseHolder(self.database, "batches", "here")
        terms = WorkerTerms(suggesting(MongoWords(self.database, self.transactions), RuleSettings()), RULE_VERSION, 3)
        return BatchWorker(
            self.database,
            self.transactions,
            lease,
            self.registry,
            _KEY,
            self.principal,
            CLOCK,
            IDS,
            self.queued,
            terms,
        )

    def dump_worker(self, holder: str = "here") -> DumpWorker:
        """One that keeps two dumps, and writes at night."""
        lease = LeaseHolder(self.database, "dumps", holder, 30)
        region = self.registry.regions[0]
        publisher = publisher_of(region, _KEY, {"zh": "请注明来源。", "en": "Name the source."})
        night = time(3, 30)
        return DumpWorker(
            self.database, self.transactions, lease, region, publisher, self.principal, CLOCK, IDS, night, 2
        )

    def signed(self, limit: int, matter: Matter = Matter.OPENING) -> str:
        """A batch that awaits the director; the worker runs."""
        wanted = Wanted(UNIT, limit, EVERYTHING, matter)
        desk = self.desk(REVIEWER)
        batch_id = create_batch(
            batch_id=IDS.new(), archive=self.archive, wanted=wanted, by=by(REVIEWER), desk=desk
        ).batch_id
        until(lambda: self.batches.get(batch_id).state is State.REVIEW)
        opening = OPEN_TEXT if matter is Matter.TEXT else OPEN
        review_whole(batch_id, desk=desk, lines=self.lines, by=by(REVIEWER), verdict=opening)
        self.sign(batch_id, Side.ARCHIVE, REVIEWER)
        self.sign(batch_id, Side.CREATING_UNIT, OFFICER)
        return batch_id

    def sign(self, batch_id: str, side: Side, actor: Actor) -> None:
        root = self.batches.get(batch_id).root
        sign_batch(
            request_id=IDS.new(),
            batch_id=batch_id,
            side=side,
            root=root,
            by=by(actor),
            desk=self.desk(actor),
        )

    def decide(self, batch_id: str, actor: Actor = DIRECTOR) -> None:
        publish_batch(batch_id=batch_id, by=by(actor, "batch.publish"), desk=self.desk(actor))

    def enter_text(self, record_id: str, words: str) -> None:
        """Of an open record."""
        enter_text(
            record_id=record_id,
            content=words.encode(),
            by=by(REVIEWER, "text.enter"),
            records=self.records,
            texts=self.texts,
        )

    def withdraw_text(self, record_id: str) -> None:
        withdraw_text(
            record_id=record_id, rule="D2", reason="涉及他人", by=by(DIRECTOR, "text.withdraw"), texts=self.texts
        )

    def published(self, count: int, matter: Matter = Matter.OPENING) -> str:
        """A batch that is public, all of it sent."""
        with self.working():
            batch_id = self.signed(count, matter)
            self.decide(batch_id)
            until(lambda: self.batches.get(batch_id).state is State.PUBLISHED, 120)
            until(self.all_sent, 120)
        return batch_id

    def retract(self, record_id: str) -> None:
        retract_record(
            record_id=record_id, rule="D2", reason="涉及他人", by=by(DIRECTOR, "record.retract"), records=self.records
        )

    def ids(self, batch_id: str) -> list[str]:
        """Records of a list, in its order."""
        return [row["record_id"] for row in self.db["batch_entries"].find({"batch_id": batch_id}).sort("ordinal", 1)]

    def all_sent(self) -> bool:
        if self.db["outbox"].find_one({"pending": True}):
            return False
        head = self.db["streams"].find_one({"_id": f"{self.principal}/1"})
        return bool(head and head["mark"] == head["seq"])

    def send(self) -> None:
        """What waits leaves; the worker rests."""
        with self.sending():
            until(self.all_sent, 120)

    @property
    def elsewhere(self) -> KafkaAndCentre:
        nobody = grpc.insecure_channel("localhost:1")
        return KafkaAndCentre(self.kafka, self.principal, self.region_id, nobody)

    def disagreements(self) -> list[Found]:
        """The check's findings, as its command would tell them."""
        began, elsewhere = CLOCK.now(), self.elsewhere
        batches = BatchCheck(self.database, self.registry.regions[0].keys)
        batches.read(elsewhere.manifests(), elsewhere.stream())
        entries, texts = PublicationCheck(self.database, batches, began), TextCheck(self.database, batches, began)
        return [*entries.disagreements(elsewhere), *texts.disagreements(elsewhere)]

    def repaired(self) -> None:
        """What a restore does after loading: compares public records and manifests, brings back what is there."""
        elsewhere = _OnlyKafka(self.elsewhere)
        found = differences(self.database, elsewhere, frozenset())
        nobody: Any = None
        Recovery(self.database, self.transactions, elsewhere, nobody, by(DIRECTOR)).repair(found)

    def values(self) -> dict[str, bytes]:
        """What lies on Kafka, by record."""
        return {key.decode(): value for key, value in self.elsewhere.published_values()}

    def killed_worker(self, *, before_commit: int = 0, after_commit: int = 0) -> None:
        """A worker's process that kills itself around its n-th commit; returns when it is dead."""
        self._killed("worker", before_commit, after_commit)

    def killed_dump_worker(self, *, before_commit: int = 0, after_commit: int = 0) -> None:
        """The same of the one that writes dumps."""
        self._killed("dump_worker", before_commit, after_commit)

    def _killed(self, which: str, before_commit: int, after_commit: int) -> None:
        files = [str(self.kafka.certificate_file), str(self.kafka.key_file), str(self.kafka.ca_file)]
        where = [self.database.uri, self.database.name, self.kafka.bootstrap, files, self.region_id, self.principal]
        root = Path(__file__).parents[3]
        trap = json.dumps([*where, which, before_commit, after_commit])
        environment = {**os.environ, "GROUND": trap, "PYTHONPATH": os.pathsep.join([str(root), str(root / "gen")])}
        command = [sys.executable, "-m", "tests.integration.publication.own_province"]
        dead = subprocess.run(command, env=environment, cwd=root, timeout=240, check=False)
        assert dead.returncode == -signal.SIGKILL


def make_province(engines: Any) -> OwnProvince:
    """One that nothing else uses."""
    name = IDS.new()
    province = OwnProvince(
        engines.databases.migrated("province", MIGRATIONS), engines.kafka("operator"), f"520000.{name}", f"test-{name}"
    )
    admin = KafkaAdminClient(**province.kafka.options())
    try:
        names = (
            (province.topic, 6),
            (topic_of(province.region_id), 6),
            (province.publications, 1),
            (f"audit.{province.principal}.events.v1", 1),
        )
        admin.create_topics([NewTopic(topic, partitions, 1) for topic, partitions in names])
    finally:
        admin.close()
    return province


def put(kafka: KafkaConnection, topic: str, key: str, value: bytes) -> None:
    """Onto Kafka by hand."""
    producer = KafkaProducer(**kafka.options(), acks="all")
    try:
        producer.send(topic, key=key.encode(), value=value).get(20)
    finally:
        producer.close()


def _die_around_commit(before: int, after: int) -> None:
    original = transactions_module._commit
    commits = 0

    def trapped(session: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == before:
            os.kill(os.getpid(), signal.SIGKILL)
        original(session)
        if commits == after:
            os.kill(os.getpid(), signal.SIGKILL)

    transactions_module._commit = trapped


if __name__ == "__main__":
    uri, name, bootstrap, files, region, principal, which, before_commit, after_commit = json.loads(
        os.environ["GROUND"]
    )
    _die_around_commit(before_commit, after_commit)
    connection = KafkaConnection(bootstrap, *map(Path, cast(list[str], files)))
    trapped_worker = getattr(OwnProvince(MongoDatabase(uri, name), connection, region, principal), which)()
    trapped_worker.start()
    signal.pause()
