"""Records, lists and deferrals by the thousand in one archive, as the product stores them; their removal."""

import io
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from pymongo.database import Database

from deploy.samples.archives import sample_archives
from services.catalog.adapters.batch_documents import BATCHES, ENTRIES, batch_document
from services.catalog.adapters.deferral_documents import DEFERRALS, as_stored, deferral_document
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.import_claims import new_document
from services.catalog.adapters.line_documents import ACTS, SHOWN, line_document
from services.catalog.adapters.plan_store import PLANS
from services.catalog.adapters.publication_documents import PUBLICATIONS
from services.catalog.adapters.report_store import REPORTS, SECRETS
from services.catalog.domain.batches import Batch
from services.catalog.domain.import_rows import TakenRow, read_catalogue
from services.catalog.domain.lines import Line, Tick, group_of
from services.catalog.domain.rules import RuleSettings
from services.catalog.domain.rules.terms import re_evaluate_on
from services.catalog.domain.sensitive_words import Vocabulary
from services.catalog.domain.signatures import Side
from services.catalog.domain.suggestions import suggest
from services.catalog.domain.verdicts import EARLY_RULES, Decision, Verdict
from services.catalog.domain.work_list import State
from services.common.domain.actor import Role
from services.common.domain.clock import legal_day
from services.common.domain.ids import RandomIds
from tests.builders.review import Person

Document = dict[str, Any]
IDS = RandomIds()
_HEADER = "档号,题名,责任者,日期,保管期限,开放标识\n"
_IMPORT = "holdings"
"""Import of all these records, by which they are found again."""
_AT_ONCE = 5_000
_YEARS = 3
_MADE_BY_PEOPLE = (BATCHES, PLANS, REPORTS, SECRETS)
"""Of these the archive keeps what it had before."""
_OF_LISTS = (ENTRIES, ACTS, SHOWN)


class Holdings:
    """Of an archive of the samples, in the database of its province."""

    def __init__(self, db: Database[Document], archive_id: str) -> None:
        self._db = db
        self._archive = sample_archives()[archive_id]
        self._mine = {"archive_id": archive_id}
        self._former = {name: self._ids(name) for name in _MADE_BY_PEOPLE}
        self._people = (
            Person(91, Role.REVIEWER, archive_id=archive_id),
            Person(92, Role.UNIT_OFFICER, archive_id=archive_id, unit_id=self._unit("A001")),
        )

    def records(self, fonds: str, years: Sequence[int], count: int, term: str) -> list[Document]:
        """As an import makes them, spread over years of formation, each hundredth with an identity number in its title.

        `term`: retention as 档号 say it, which keeps the codes of one call from those of another.
        """
        text = io.StringIO(_HEADER + "".join(_rows(fonds, years, count, term)))
        rows = read_catalogue(text.getvalue(), self._archive)
        now = datetime.now(UTC)
        return [new_document(row, _IMPORT, now) for row in rows if isinstance(row, TakenRow)]

    def put(self, records: Sequence[Document]) -> None:
        """Nobody has reviewed them."""
        self._insert(RECORDS, records)

    def publish(self, records: Sequence[Document], at: datetime, verdicts: Sequence[Verdict]) -> str:
        """On one list, whose lines are decided as told; its id. Nothing leaves the province."""
        batch = self._published(records, at, verdicts)
        self._insert(BATCHES, [batch_document(batch, "")])
        self._insert(PUBLICATIONS, [{"_id": batch.batch_id, "sample": True}])
        self._insert(ENTRIES, _lines(batch, records, verdicts))
        decided = [self._decided(batch, *one) for one in zip(records, verdicts, strict=True)]
        self._insert(RECORDS, decided)
        deferred = [one for one in decided if one["decision"] == Decision.DEFER.value]
        self._insert(DEFERRALS, (deferral_document(as_stored(one)) for one in deferred))
        return batch.batch_id

    def defer(self, records: Sequence[Document], at: datetime, verdicts: Sequence[Verdict]) -> str:
        """As `publish`, of a list so old that its lines are nobody's concern: they are left out."""
        batch = self._published(records, at, verdicts)
        decided = [self._decided(batch, *one) for one in zip(records, verdicts, strict=True)]
        self._insert(BATCHES, [batch_document(batch, "")])
        self._insert(RECORDS, decided)
        self._insert(DEFERRALS, (deferral_document(as_stored(one)) for one in decided))
        return batch.batch_id

    def tick_all(self, batch_id: str) -> None:
        """As reading page by page would leave a list; five thousand pages are another test's."""
        secrecy = {"by": self._people[0].actor.pseudonym, "at": datetime.now(UTC), "content_hash": "$content_hash"}
        found = {"batch_id": batch_id, "ticked": False}
        ticked = self._db[ENTRIES].update_many(found, [{"$set": {"secrecy": secrecy, "ticked": True}}]).modified_count
        self._db[BATCHES].update_one({"_id": batch_id}, {"$inc": {"ticked": ticked, "version": 1}})

    def remove(self) -> None:
        """The archive as it was. A collection is written anew without them: that leaves its indexes as they are, and
        deleting each from every index takes minutes.
        """
        made = {name: self._ids(name) - former for name, former in self._former.items()}
        batches = sorted(made[BATCHES])
        self._keep(DEFERRALS, {"batch_id": {"$nin": batches}})
        self._keep(RECORDS, {"import_id": {"$ne": _IMPORT}})
        for name in _OF_LISTS:
            self._keep(name, {"batch_id": {"$nin": batches}})
        for name, ids in made.items():
            self._db[name].delete_many({"_id": {"$in": sorted(ids)}})
        self._db[PUBLICATIONS].delete_many({"_id": {"$in": batches}})

    def _ids(self, name: str) -> frozenset[str]:
        return frozenset(row["_id"] for row in self._db[name].find(self._mine, {"_id": 1}))

    def _keep(self, name: str, kept: Document) -> None:
        self._db[name].aggregate([{"$match": kept}, {"$out": name}])

    def _insert(self, name: str, documents: Iterable[Document]) -> None:
        with ThreadPoolExecutor(2) as pool:  # the next are made while the database takes these in
            list(pool.map(lambda some: self._db[name].insert_many(some, ordered=False), _chunks(documents)))

    def _unit(self, fonds: str) -> str:
        return next(one.unit_id for one in self._archive.fonds if one.code == fonds)

    def _published(self, records: Sequence[Document], at: datetime, verdicts: Sequence[Verdict]) -> Batch:
        reviewer, officer = self._people
        opening, total = sum(one.decision is Decision.OPEN for one in verdicts), len(records)
        batch = Batch(
            batch_id=IDS.new(),
            region_id=self._archive.region_id,
            archive_id=self._archive.archive_id,
            unit_id=records[0]["unit_id"],
            state=State.PUBLISHED,
            created_at=at,
            created_by=reviewer.actor.pseudonym,
            rule_version="rules-1",
            limit=total,
            fonds=(records[0]["fonds"],),
            total=total,
            opening=opening,
            deferred=total - opening,
            ticked=total,
            cursor=total,
            applied=opening,
            early=sum(one.rule in EARLY_RULES for one in verdicts),
            root="0" * 64,
            published_at=at,
            published_by="93".zfill(32),
        )
        sides = ((reviewer, Side.ARCHIVE), (officer, Side.CREATING_UNIT))
        return Batch(**{**vars(batch), "signatures": tuple(person.sign(batch, side) for person, side in sides)})

    def _decided(self, batch: Batch, record: Document, verdict: Verdict) -> Document:
        assert batch.published_at is not None
        on, opens = legal_day(batch.published_at), verdict.decision is Decision.OPEN
        return {
            **record,
            "batch_id": batch.batch_id,
            "access_status": "open" if opens else "deferred",
            "decision": verdict.decision.value,
            "rule": verdict.rule,
            "reason": verdict.reason,
            "masked_title": verdict.masked_title,
            "early_class": verdict.early_class,
            "opened_on": on.isoformat() if opens else None,
            "reevaluate_on": None if opens else re_evaluate_on(on, _YEARS).isoformat(),
            "updated_at": batch.published_at,
            "version": 2,
        }


def _chunks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    rest = iter(documents)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _rows(fonds: str, years: Sequence[int], count: int, term: str) -> Iterator[str]:
    for number in range(count):
        year = years[number % len(years)]
        code = f"{fonds}-WS·{year}-{term}-{number // len(years):05d}"
        whose = "（身份证11010519491231002X）" if number % 100 == 0 else ""
        yield f"{code},关于第{number}号文件的批复{whose},正定县农会,{year}0615,永久,未审核\n"


def _lines(batch: Batch, records: Sequence[Document], verdicts: Sequence[Verdict]) -> Iterator[Document]:
    words, settings, at = Vocabulary(), RuleSettings(), batch.published_at
    assert at is not None
    for ordinal, (record, verdict) in enumerate(zip(records, verdicts, strict=True)):
        suggestion = suggest(record, on=legal_day(at), vocabulary=words, settings=settings)
        tick = Tick(batch.created_by, at, record["content_hash"])
        line = Line(
            record_id=record["_id"],
            ordinal=ordinal,
            record_version=record["version"],
            content_hash=record["content_hash"],
            verdict=verdict,
            version=2,
            decided_by=batch.created_by,
            decided_at=at,
            tick=tick,
            fonds=record["fonds"],
            year=date.fromisoformat(record["date"]["latest"]).year,
            eligible_on=record["eligible_on"],
            suggestion=suggestion.document(),
            group_id=group_of(suggestion),
        )
        yield line_document(batch.batch_id, line, bytes(32)) | {"secrecy": dict(vars(tick))}
