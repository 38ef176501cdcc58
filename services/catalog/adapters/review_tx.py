"""`ReviewTx` on MongoDB: one open transaction on one batch."""

from collections.abc import Sequence

from pymongo import UpdateMany

from services.catalog.adapters.batch_documents import BATCHES, BY_RECORD, ENTRIES, batch_document, batch_of
from services.catalog.adapters.line_documents import (
    ACTS,
    KINDS,
    SHOWN,
    WITHOUT_SUGGESTION,
    act_document,
    act_of,
    deciding,
    filter_document,
    line_of,
    matching,
    undoing,
)
from services.catalog.adapters.opinion_documents import (
    DISAGREEMENTS,
    LETTERS,
    disagreement_document,
    letter_document,
    letter_of,
)
from services.catalog.adapters.subjects import SOURCES
from services.catalog.application.review_ports import Matched
from services.catalog.domain.acts import Act, LineFilter
from services.catalog.domain.batches import Batch
from services.catalog.domain.lines import Line
from services.catalog.domain.opinions import Disagreement, LetterState, UnitLetter
from services.catalog.domain.verdicts import Decision
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound, Unavailable
from services.common.mongo.database import Document
from services.common.mongo.transactions import Tx


class MongoReviewTx:
    """Reads and writes pass the transaction's session; the batch is written by compare-and-swap on its version."""

    def __init__(self, tx: Tx, batch_id: str, traceparent: str) -> None:
        self._tx = tx
        self._traceparent = traceparent
        document = tx.db[BATCHES].find_one({"_id": batch_id}, session=tx.session)
        if document is None:
            raise NotFound("batch")
        self.batch = batch_of(document)

    def put(self, batch: Batch) -> None:
        same = {"_id": self.batch.batch_id, "version": self.batch.version}
        document = batch_document(batch, self._traceparent)
        if self._tx.db[BATCHES].replace_one(same, document, session=self._tx.session).matched_count != 1:
            raise Unavailable("the batch changed meanwhile")
        self.batch = batch

    def record(self, event: AuditEvent) -> None:
        self._tx.record(event)

    def lines(self, record_ids: Sequence[str]) -> list[Line]:
        found = self._find({"record_id": {"$in": list(record_ids)}})
        if len(found) != len(set(record_ids)):
            raise NotFound("a record is not on this list")
        return found

    def all_lines(self) -> list[Line]:
        return self._find({}, WITHOUT_SUGGESTION)

    def matching(self, wanted: LineFilter) -> list[Line]:
        return self._find(matching(self.batch.batch_id, wanted), {"former": 0, "salt": 0, "suggestion.reasons": 0})

    def matched(self, wanted: LineFilter, exceptions: Sequence[str]) -> Matched:
        found, left_out = matching(self.batch.batch_id, wanted), list(exceptions)
        entries, session = self._tx.db[ENTRIES], self._tx.session
        excepted = entries.count_documents({**found, "record_id": {"$in": left_out}}, session=session)
        without = {**found, "record_id": {"$nin": left_out}} if left_out else found
        kinds = list(entries.aggregate([{"$match": without}, *KINDS], session=session))
        ends = [{**kind["line"], "eligible_on": kind[end]} for kind in kinds for end in ("earliest", "latest")]
        return Matched(sum(kind["count"] for kind in kinds), excepted, tuple(map(line_of, ends)))

    def between(self, wanted: LineFilter, start: int, end: int) -> list[Line]:
        """As `matching`, of the places [start, end) in the list."""
        span = {**matching(self.batch.batch_id, wanted), "ordinal": {"$gte": start, "$lt": end}}
        return self._find(span, {"former": 0, "salt": 0, "suggestion.reasons": 0})

    def decide(self, lines: Sequence[Line]) -> None:
        alike: dict[tuple[object, ...], list[Line]] = {}
        for line in lines:
            alike.setdefault((line.verdict, line.disagreement_id), []).append(line)
        writes = [
            UpdateMany(self._these(some), list(deciding(some[0])), hint=BY_RECORD)  # they differ in nothing an act sets
            for some in alike.values()
        ]
        if writes:
            self._tx.db[ENTRIES].bulk_write(writes, ordered=False, session=self._tx.session)

    def tick(self, lines: Sequence[Line]) -> None:
        ticks = {(line.tick.by, line.tick.at) for line in lines if line.tick}
        assert len(ticks) == 1, "one person ticks, at one time"
        ((by, at),) = ticks
        ticked = {"secrecy": {"by": {"$literal": by}, "at": at, "content_hash": "$content_hash"}, "ticked": True}
        these, change = self._these(lines), [{"$set": ticked}]
        self._tx.db[ENTRIES].update_many(these, change, hint=BY_RECORD, session=self._tx.session)

    def content_hashes(self, record_ids: Sequence[str]) -> dict[str, str]:
        wanted = {"_id": {"$in": list(record_ids)}}
        rows = self._tx.db[SOURCES[self.batch.matter]].find(wanted, {"content_hash": 1}, session=self._tx.session)
        return {row["_id"]: row["content_hash"] for row in rows}

    def shown(self, by: str, record_ids: Sequence[str]) -> set[str]:
        wanted = set(record_ids)
        pages = self._tx.db[SHOWN].find(
            {"batch_id": self.batch.batch_id, "by": by, "record_ids": {"$in": list(wanted)}, "filter": None},
            {"record_ids": 1},
            session=self._tx.session,
        )
        return wanted.intersection(*[[one for page in pages for one in page["record_ids"]]])

    def previewed(self, by: str, wanted: LineFilter) -> bool:
        sample = {"batch_id": self.batch.batch_id, "by": by, "filter": filter_document(wanted)}
        return self._tx.db[SHOWN].find_one(sample, {"_id": 1}, session=self._tx.session) is not None

    def add_act(self, act: Act) -> None:
        self._tx.db[ACTS].insert_one(act_document(act), session=self._tx.session)

    def act(self, act_id: str) -> Act:
        """An act that was accepted."""
        stored = self._tx.db[ACTS].find_one({"_id": act_id}, session=self._tx.session)
        assert stored is not None, "an act under way is kept"
        return act_of(stored)

    def recent_acts(self, by: str, count: int) -> list[Act]:
        mine = {"batch_id": self.batch.batch_id, "by": by}
        rows = self._tx.db[ACTS].find(mine, session=self._tx.session).sort([("at", -1), ("_id", -1)]).limit(count)
        return [act_of(row) for row in rows]

    def count_act(self, act_id: str) -> int:
        return self._tx.db[ENTRIES].count_documents(self._of_act(act_id), session=self._tx.session)

    def undo(self, act: Act) -> tuple[list[Decision], list[Decision]]:
        return self.undo_between(act, 0, self.batch.total)

    def undo_between(self, act: Act, start: int, end: int) -> tuple[list[Decision], list[Decision]]:
        """As `undo`, of the places [start, end) in the list."""
        span: Document = {**self._of_act(act.act_id), "ordinal": {"$gte": start, "$lt": end}}
        last = {"decision": 1, "former": {"$slice": -1}}
        rows = list(self._tx.db[ENTRIES].find(span, last, session=self._tx.session))
        self._tx.db[ENTRIES].update_many(span, list(undoing(act.act_id)), session=self._tx.session)
        return (
            [Decision(row["decision"]) for row in rows],
            [Decision(row["former"][0]["decision"]) for row in rows],
        )

    def mark_undone(self, act: Act, taken_back: int) -> None:
        change = {"$set": {"undone": True, "taken_back": taken_back}}
        self._tx.db[ACTS].update_one({"_id": act.act_id}, change, session=self._tx.session)

    def letter(self, letter_id: str) -> UnitLetter:
        found = {"_id": letter_id, "batch_id": self.batch.batch_id}
        stored = self._tx.db[LETTERS].find_one(found, session=self._tx.session)
        if stored is None:
            raise NotFound("letter")
        return letter_of(stored)

    def put_letter(self, letter: UnitLetter) -> None:
        same = {"_id": letter.letter_id}
        self._tx.db[LETTERS].replace_one(same, letter_document(letter), upsert=True, session=self._tx.session)

    def void_letters(self) -> None:
        waiting = {"batch_id": self.batch.batch_id, "state": LetterState.ENTERED.value}
        change = {"$set": {"state": LetterState.VOID.value}}
        self._tx.db[LETTERS].update_many(waiting, change, session=self._tx.session)

    def add_disagreements(self, disagreements: Sequence[Disagreement]) -> None:
        if disagreements:
            documents = [disagreement_document(one) for one in disagreements]
            self._tx.db[DISAGREEMENTS].insert_many(documents, session=self._tx.session)

    def _find(self, more: Document, fields: Document | None = None) -> list[Line]:
        found = {"batch_id": self.batch.batch_id, **more}
        rows = self._tx.db[ENTRIES].find(found, fields, session=self._tx.session).sort("ordinal", 1)
        return [line_of(row) for row in rows]

    def _these(self, lines: Sequence[Line]) -> Document:
        return {"batch_id": self.batch.batch_id, "record_id": {"$in": [line.record_id for line in lines]}}

    def _of_act(self, act_id: str) -> Document:
        return {"batch_id": self.batch.batch_id, "act_id": act_id}
