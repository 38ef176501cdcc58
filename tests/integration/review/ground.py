"""One archive's opening review on a real database: the use cases' ports, people, and a worker that can be killed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.batch_store import MongoBatches
from services.catalog.adapters.batch_worker import BatchWorker, WorkerTerms
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.fonds_store import MongoFonds, MongoLoans
from services.catalog.adapters.line_documents import line_document
from services.catalog.adapters.line_store import MongoLines
from services.catalog.adapters.migrations import MIGRATIONS
from services.catalog.adapters.opinion_store import MongoOpinions
from services.catalog.adapters.plan_store import MongoPlans
from services.catalog.adapters.review_records import MongoRecords
from services.catalog.adapters.rule_store import MongoWords
from services.catalog.adapters.text_store import MongoTexts
from services.catalog.application import lines as line_cases
from services.catalog.application import review as cases
from services.catalog.application.lines import Matching
from services.catalog.application.review import ReviewDesk, Wanted
from services.catalog.application.review_ports import ReviewTerms
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.batches import Batch
from services.catalog.domain.fonds_history import EventKind, FondsEvent
from services.catalog.domain.gathering import EVERYTHING, GatherFilter, Matter
from services.catalog.domain.record import content_hash
from services.catalog.domain.rules import RuleSettings
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import Verdict
from services.catalog.review import coming_due, suggesting
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import Clock, SystemClock
from services.common.domain.ids import RandomIds, record_id
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.transactions import Transactions
from services.common.mongo.wakeups import Wakeup
from tests.builders import review
from tests.builders.review import ARCHIVE, REGION, RULES, UNIT, Person
from tests.builders.review_desk import REGISTRY, Keys
from tests.builders.reviewing import review_whole, tick_whole

CLOCK, IDS = SystemClock(), RandomIds()
REVIEWER, SECOND = Person(1, Role.REVIEWER), Person(2, Role.REVIEWER)
DIRECTOR = Person(3, Role.DIRECTOR)
OFFICER = Person(4, Role.UNIT_OFFICER, unit_id=UNIT)
LENT = Person(5, Role.DIRECTOR, archive_id="a320500")
PEOPLE = (REVIEWER, SECOND, DIRECTOR, OFFICER, LENT)


def stored_record(number: int, **fields: Any) -> dict[str, Any]:
    """As the import stores it; past its term."""
    code = f"A001-WS·1990-Y-{number:06d}"
    described = {
        "reference_code": code,
        "reference_code_raw": code,
        "fonds": "A001",
        "level": "item",
        "title": f"关于第{number}号文件的批复",
        "creator": "常熟县民政局",
        "date": {"raw": "19900718", "earliest": "1990-07-18", "latest": "1990-07-18", "precision": "day",
                 "attested": False},
        "retention_period": "永久",
        "security_classification": "",
        "disclosure": "",
        "pages": 3,
        "other": {},
    } | fields  # fmt: skip
    now = CLOCK.now()
    return {
        "_id": record_id(ARCHIVE, code),
        "region_id": REGION,
        "archive_id": ARCHIVE,
        "access_status": "unreviewed",
        "control_rule": "",
        "eligible_on": "2015-07-19",
        "unit_id": UNIT,
        **described,
        "content_hash": content_hash(described),
        "aliases": [],
        "version": 1,
        "batch_id": None,
        "decision": None,
        "rule": None,
        "reason": None,
        "opened_on": None,
        "reviewed_by_archive_alone": False,
        "import_id": "test",
        "created_at": now,
        "updated_at": now,
    }


@dataclass
class Ground:
    """The desk of one archive, and its worker."""

    database: MongoDatabase
    separate: bool = True
    rules: str = RULES
    queued: Wakeup = field(default_factory=Wakeup)
    clock: Clock = CLOCK

    def __post_init__(self) -> None:
        self.transactions = transactions = Transactions(self.database, IDS, CLOCK)
        self.batches = MongoBatches(self.database, transactions, self.queued)
        self.lines = MongoLines(self.database)
        self.opinions = MongoOpinions(self.database, transactions)
        self.fonds = MongoFonds(self.database, transactions)
        self.loans = MongoLoans(self.database, transactions)
        self.plans = MongoPlans(self.database, transactions)
        self.records = MongoRecords(self.database, transactions, 3)
        self.texts = MongoTexts(self.database, transactions)

    @property
    def desk(self) -> ReviewDesk:
        return ReviewDesk(
            batches=self.batches,
            records=self.records,
            fonds=self.fonds,
            plans=self.plans,
            loans=self.loans,
            signer=Keys(PEOPLE),
            registry=REGISTRY,
            terms=ReviewTerms(self.rules, self.separate),
        )

    def insert(self, count: int, start: int = 0, **fields: Any) -> list[str]:
        """So many records; their ids."""
        records = [stored_record(number, **fields) for number in range(start, start + count)]
        for at in range(0, count, 5_000):
            self.database.db[RECORDS].insert_many(records[at : at + 5_000])
        return [record["_id"] for record in records]

    def by(self, person: Person = REVIEWER, action: str = "test") -> Caller:
        return Caller(person.actor, next(iter(person.actor.roles)), action, IDS.new(), "", self.clock, IDS)

    @contextmanager
    def working(self) -> Iterator[None]:
        """With the worker running."""
        worker = self.worker()
        worker.start()
        try:
            yield
        finally:
            worker.stop()

    def worker(self, holder: str = "here") -> BatchWorker:
        suggest = suggesting(MongoWords(self.database, self.transactions), RuleSettings())
        return BatchWorker(
            self.database,
            self.transactions,
            LeaseHolder(self.database, "batches", holder),
            REGISTRY,
            Ed25519PrivateKey.generate(),
            "catalog-320000",
            self.clock,
            IDS,
            self.queued,
            WorkerTerms(suggest, self.rules, 3, coming_due(self.desk)),
        )

    def gather(
        self, unit_id: str = UNIT, filter_: GatherFilter = EVERYTHING, matter: Matter = Matter.OPENING, **plan: Any
    ) -> Batch:
        """A list in review."""
        wanted = Wanted(unit_id, 0, filter_, matter, **plan)
        archive = REGISTRY.archive(ARCHIVE)
        batch = cases.create_batch(batch_id=IDS.new(), archive=archive, wanted=wanted, by=self.by(), desk=self.desk)
        return self.settled(batch.batch_id)

    def listed(self, count: int) -> tuple[str, list[str]]:
        """A list in review as the worker would leave it, of lines whose records nobody reads; its id, and theirs."""
        batch = review.batch(batch_id=IDS.new(), total=count, undecided=count)
        self.batches.create(batch, self.by().granted(ObjectRef("batch", batch.batch_id)))
        lines = [review.line(number) for number in range(count)]
        for at in range(0, count, 5_000):
            chunk = [line_document(batch.batch_id, line, bytes(32)) for line in lines[at : at + 5_000]]
            self.database.db[ENTRIES].insert_many(chunk)
        return batch.batch_id, [line.record_id for line in lines]

    def settled(self, batch_id: str, seconds: float = 60) -> Batch:
        batch = self.batches.await_worker(batch_id, seconds)
        return until(lambda: (now := self.batches.get(batch_id)).state != "publishing" and now, seconds) or batch

    def decide(
        self, batch_id: str, record_ids: list[str], verdict: Verdict = review.OPEN, person: Person = REVIEWER
    ) -> str:
        """One act on lines as they are now; its id."""
        seen = {line.record_id: line.version for line, _ in self.lines.some(batch_id, record_ids)}
        return line_cases.decide_lines(
            act_id=IDS.new(), batch_id=batch_id, seen=seen, verdict=verdict, by=self.by(person), batches=self.batches
        ).act_id

    def decide_matching(
        self,
        batch_id: str,
        wanted: LineFilter,
        expected: int,
        *,
        exceptions: tuple[str, ...] = (),
        verdict: Verdict = review.OPEN,
        person: Person = REVIEWER,
    ) -> str:
        """Previewed, then decided; the act's id."""
        line_cases.preview_matching(
            batch_id=batch_id, wanted=wanted, by=self.by(person), batches=self.batches, lines=self.lines
        )
        return line_cases.decide_matching(
            act_id=IDS.new(),
            batch_id=batch_id,
            matching=Matching(wanted, exceptions, expected),
            verdict=verdict,
            by=self.by(person),
            batches=self.batches,
        ).act_id

    def tick_all(self, batch_id: str, person: Person = REVIEWER) -> None:
        """Page by page, as they are listed."""
        tick_whole(batch_id, batches=self.batches, lines=self.lines, by=self.by(person))

    def freeze(self, batch_id: str) -> Batch:
        """Stated to give nothing away, and fixed."""
        cases.state_aggregation(batch_id=batch_id, clear=True, reason="无", by=self.by(), batches=self.batches)
        return cases.freeze_batch(batch_id=batch_id, by=self.by(), desk=self.desk)

    def sign(self, batch: Batch, side: Side, person: Person) -> Batch:
        return cases.sign_batch(
            request_id=IDS.new(), batch_id=batch.batch_id, side=side, root=batch.root, by=self.by(person),
            desk=self.desk,
        )  # fmt: skip

    def publish(self, batch_id: str, person: Person = DIRECTOR) -> Batch:
        """Confirmed, and carried out."""
        cases.publish_batch(batch_id=batch_id, by=self.by(person), desk=self.desk)
        return self.settled(batch_id)

    def reviewed(self, batch_id: str, verdict: Verdict = review.OPEN) -> Batch:
        """All lines open and ticked, frozen."""
        return review_whole(batch_id, desk=self.desk, lines=self.lines, by=self.by(), verdict=verdict)

    def signed(self, batch_id: str, verdict: Verdict = review.OPEN) -> Batch:
        """Reviewed, and signed on both sides."""
        frozen = self.reviewed(batch_id, verdict)
        self.sign(frozen, Side.ARCHIVE, REVIEWER)
        return self.sign(frozen, Side.CREATING_UNIT, OFFICER)

    def attest_none(self, fonds: str = "A004") -> None:
        """Two people answer for it that a fonds has no unit."""
        now = CLOCK.now()
        day = (now - timedelta(days=30)).date()
        event = FondsEvent(
            IDS.new(), ARCHIVE, fonds, EventKind.NONE_EXISTS, "1号", day, "", "", REVIEWER.actor.pseudonym, now
        )
        self.fonds.add(event, self.by().granted(ObjectRef("none", "")))
        attested = event.attested(by=DIRECTOR.actor.pseudonym, at=now)
        self.fonds.attest(attested, self.by(DIRECTOR).granted(ObjectRef("none", "")))

    def record(self, record_id: str) -> dict[str, Any]:
        return self.records.get(record_id)


def make_ground(engines: Any) -> Ground:
    """On a database of its own."""
    database = engines.databases.migrated("review", MIGRATIONS)
    return Ground(database)


def until(happened: Callable[[], Any], seconds: float = 60) -> Any:
    """Waits for something to become true; fails the test if it never does."""
    give_up = time.monotonic() + seconds
    while not (result := happened()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)
    return result
