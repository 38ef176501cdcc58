"""A province with so many reviewed records: gathered and signed on both sides by the product's own use cases."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.setting import CLOCK, IDS, until
from deploy.samples.archives import sample_archives
from deploy.samples.generator import csv_file
from services.auth.domain.statements import BatchStatement
from services.catalog.adapters.batch_documents import BATCHES, ENTRIES
from services.catalog.adapters.batch_store import MongoBatches
from services.catalog.adapters.batch_worker import BatchWorker, WorkerTerms
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.fonds_store import MongoFonds, MongoLoans
from services.catalog.adapters.import_claims import new_document
from services.catalog.adapters.line_store import MongoLines
from services.catalog.adapters.plan_store import MongoPlans
from services.catalog.adapters.publication_documents import COMMITMENTS, PUBLICATIONS
from services.catalog.adapters.review_records import MongoRecords
from services.catalog.adapters.rule_store import MongoWords
from services.catalog.application.lines import Matching, decide_matching, preview_matching
from services.catalog.application.review import (
    MAX_BATCH,
    ReviewDesk,
    Wanted,
    create_batch,
    freeze_batch,
    publish_batch,
    sign_batch,
    state_aggregation,
)
from services.catalog.application.review_ports import ReviewTerms, Signable
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.gathering import EVERYTHING, Matter
from services.catalog.domain.import_rows import TakenRow, read_catalogue
from services.catalog.domain.rules import RULE_VERSION, RuleSettings
from services.catalog.domain.signatures import Side, Signature
from services.catalog.domain.verdicts import Decision, Verdict
from services.catalog.domain.work_list import State
from services.catalog.review import suggesting
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.registry import Region, Registry
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.relay import Relay
from services.common.kafka.streams import COLLECTION as STREAMS
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.outbox import COLLECTION as OUTBOX
from services.common.mongo.transactions import Transactions
from services.common.mongo.wakeups import Wakeup

PRINCIPAL = "catalog-320000"
ARCHIVE = sample_archives()["a320581"]
UNIT = "u320581-mz"
REGISTRY = Registry(1, (Region("320000", "江苏省", "Jiangsu", PRINCIPAL, "localhost:1", (), (ARCHIVE,)),), {})
REVIEWER = Actor("1" * 32, frozenset({Role.REVIEWER}), "portal", archive_id=ARCHIVE.archive_id)
OFFICER = Actor("2" * 32, frozenset({Role.UNIT_OFFICER}), "portal", archive_id=ARCHIVE.archive_id, unit_id=UNIT)
DIRECTOR = Actor("3" * 32, frozenset({Role.DIRECTOR}), "portal", archive_id=ARCHIVE.archive_id)
_WRITTEN_AT_ONCE = 10_000
_NAP_S = 0.2
"""Between two looks at a list that is made ready, which itself is not measured."""
_ALL = LineFilter()


class _Signer:
    """auth's keys, without the wire: signing is two calls a batch."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._key = Ed25519PrivateKey.generate()

    def sign(
        self, *, request_id: str, batch: Signable, side: Side, pseudonym: str, role: str, unit_id: str
    ) -> Signature:
        now = CLOCK.now()
        what = (batch.batch_id, batch.root, batch.matter.value, batch.rule_version)
        said = BatchStatement(self._actor, side.value, *what, now).canonical()
        public = self._key.public_key().public_bytes_raw()
        return Signature(side, pseudonym, role, unit_id, now, said, self._key.sign(said), public)


class Province:
    """The catalog service's worker and relay on one database, in this process as in the service's."""

    def __init__(self, database: MongoDatabase, kafka: KafkaConnection, count: int) -> None:
        self._database = database
        self._count = count
        self._transactions = Transactions(database, IDS, CLOCK)
        self._queued = Wakeup()
        self._batches = MongoBatches(database, self._transactions, self._queued)
        self._lines = MongoLines(database)
        self._kafka = kafka
        _insert_records(database, count)
        with self.working():
            self._signed = [self._reviewed(size) for size in _batch_sizes(count)]

    @contextmanager
    def working(self) -> Iterator[None]:
        """With worker and relay running."""
        relay = Relay(self._database, self._transactions, self._kafka, PRINCIPAL, 1, CLOCK, IDS, holder="bench")
        worker = BatchWorker(
            self._database,
            self._transactions,
            LeaseHolder(self._database, "batches", "bench"),
            REGISTRY,
            Ed25519PrivateKey.generate(),
            PRINCIPAL,
            CLOCK,
            IDS,
            self._queued,
            WorkerTerms(suggesting(MongoWords(self._database, self._transactions), RuleSettings()), RULE_VERSION, 3),
        )
        relay.start()
        worker.start()
        try:
            until(lambda: self._database.db[STREAMS].find_one({}) is not None)
            yield
        finally:
            worker.stop()
            relay.stop()

    def published(self) -> float:
        """Seconds from the director's decision until Kafka has every record and the manifest."""
        began = time.perf_counter()
        for batch_id in self._signed:
            publish_batch(batch_id=batch_id, by=_by(DIRECTOR, "batch.publish"), desk=self._desk(DIRECTOR))
        until(self._all_sent, nap_s=0.02)
        return time.perf_counter() - began

    def restore(self) -> None:
        """Back to signed and unpublished; what was sent stays in Kafka."""
        db = self._database.db
        change = {"access_status": "unreviewed", "version": 1, "opened_on": None, "decision": None, "rule": None}
        db[RECORDS].update_many({}, {"$set": change})
        signed = {"state": State.SIGNED.value, "cursor": 0, "applied": 0, "published_at": None, "published_by": ""}
        db[BATCHES].update_many({}, {"$set": signed})
        for name in (COMMITMENTS, PUBLICATIONS):
            db[name].delete_many({})

    def sent(self) -> Iterator[dict[str, Any]]:
        """Outbox documents that were sent, in order."""
        return iter(self._database.db[OUTBOX].find({"seq": {"$gt": 0}}).sort("seq", 1))

    def forget_sent(self) -> None:
        """Empties the outbox, so that rounds do not grow it."""
        self._database.db[OUTBOX].delete_many({})

    def _reviewed(self, size: int) -> str:
        """A list as long as asked, every line opened and ticked, frozen and signed on both sides."""
        by, desk = _by(REVIEWER, "batch.review"), self._desk(REVIEWER)
        wanted = Wanted(UNIT, size, EVERYTHING, Matter.OPENING)
        batch_id = create_batch(batch_id=IDS.new(), archive=ARCHIVE, wanted=wanted, by=by, desk=desk).batch_id
        until(lambda: self._batches.get(batch_id).state is State.REVIEW, nap_s=_NAP_S)
        self._decide(batch_id, size, by)
        self._tick(batch_id, size)
        state_aggregation(batch_id=batch_id, clear=True, reason="bench", by=by, batches=self._batches)
        root = freeze_batch(batch_id=batch_id, by=by, desk=desk).root
        for side, actor in ((Side.ARCHIVE, REVIEWER), (Side.CREATING_UNIT, OFFICER)):
            sign_batch(
                request_id=IDS.new(),
                batch_id=batch_id,
                side=side,
                root=root,
                by=_by(actor, "batch.sign"),
                desk=self._desk(actor),
            )
        return batch_id

    def _decide(self, batch_id: str, size: int, by: Caller) -> None:
        preview_matching(batch_id=batch_id, wanted=_ALL, by=by, batches=self._batches, lines=self._lines)
        decide_matching(
            act_id=IDS.new(),
            batch_id=batch_id,
            matching=Matching(_ALL, (), size),
            verdict=Verdict(Decision.OPEN, "O1"),
            by=by,
            batches=self._batches,
        )
        until(lambda: self._batches.get(batch_id).bulk is None, nap_s=_NAP_S)

    def _tick(self, batch_id: str, size: int) -> None:
        """As reading page by page would leave them; two thousand pages are not what is measured."""
        tick = {"by": REVIEWER.pseudonym, "at": CLOCK.now(), "content_hash": "$content_hash"}
        db, unticked = self._database.db, {"batch_id": batch_id, "ticked": False}
        while some := [line["_id"] for line in db[ENTRIES].find(unticked, {}).limit(_WRITTEN_AT_ONCE)]:
            db[ENTRIES].update_many({"_id": {"$in": some}}, [{"$set": {"secrecy": tick, "ticked": True}}])
        db[BATCHES].update_one({"_id": batch_id}, {"$set": {"ticked": size}})

    def _desk(self, actor: Actor) -> ReviewDesk:
        return ReviewDesk(
            batches=self._batches,
            records=MongoRecords(self._database, self._transactions, 3),
            fonds=MongoFonds(self._database, self._transactions),
            plans=MongoPlans(self._database, self._transactions),
            loans=MongoLoans(self._database, self._transactions),
            signer=_Signer(actor),
            registry=REGISTRY,
            terms=ReviewTerms(RULE_VERSION, separate_confirmer=True),
        )

    def _all_sent(self) -> bool:
        db = self._database.db
        if db[BATCHES].find_one({"state": {"$ne": State.PUBLISHED.value}}, {"_id": 1}) is not None:
            return False
        head = db[STREAMS].find_one({}) or {"seq": 1, "mark": 0}
        return head["seq"] == head["mark"] and db[OUTBOX].find_one({"pending": True}, {"_id": 1}) is None


def _by(actor: Actor, action: str) -> Caller:
    return Caller(actor, next(iter(actor.roles)), action, IDS.new(), "", CLOCK, IDS)


def _batch_sizes(count: int) -> list[int]:
    return [min(MAX_BATCH, count - at) for at in range(0, count, MAX_BATCH)]


def _insert_records(database: MongoDatabase, count: int) -> None:
    """As the import stores them, all of one unit and past their term."""
    text = io.StringIO(newline="")
    csv_file(ARCHIVE, count + count // 100, 7, text)
    rows = (row for row in read_catalogue(text.getvalue(), ARCHIVE) if isinstance(row, TakenRow))
    due = {
        "unit_id": UNIT,
        "fonds": "A001",
        "access_status": "unreviewed",
        "eligible_on": "1990-01-01",
        "security_classification": "",
    }
    now = CLOCK.now()
    documents = ({**new_document(row, "bench", now), **due} for row in islice(rows, count))
    while some := list(islice(documents, _WRITTEN_AT_ONCE)):
        database.db[RECORDS].insert_many(some)
