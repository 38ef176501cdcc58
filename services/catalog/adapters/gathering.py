"""Puts records on a batch's list, chunk by chunk, and suggests for lines anew. Each step is one fenced transaction."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from pymongo import UpdateOne

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.documents import DUE_AGAIN, OUT_OF_SCOPE, REVIEWABLE
from services.catalog.adapters.line_documents import deciding, line_document, line_of, suggested
from services.catalog.adapters.subjects import SOURCES, subjects
from services.catalog.adapters.text_store import WAITING
from services.catalog.application.review_ports import RecordFields
from services.catalog.domain.batches import Batch
from services.catalog.domain.gathering import Matter
from services.catalog.domain.lines import Line, PackageOpinion, group_of
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.rules import require_reviewable
from services.catalog.domain.suggestions import DISCLOSED, Suggestion
from services.catalog.domain.verdicts import Decision
from services.common.domain.clock import legal_day
from services.common.mongo.database import Document
from services.common.mongo.transactions import Tx

CHUNK = 500
Suggest = Callable[[Mapping[str, Any], date], Suggestion]
"""What is suggested for a record (fields as stored) on a legal day."""
_ORDER = {
    Matter.OPENING: [("eligible_on", 1), ("_id", 1)],
    Matter.TEXT: [("_id", 1)],
    Matter.REREVIEW: [("reevaluate_on", 1), ("_id", 1)],
    Matter.CORRECTION: [("_id", 1)],
}
CHUNKS: Mapping[Matter, int] = {
    Matter.OPENING: CHUNK,
    Matter.TEXT: 50,
    Matter.REREVIEW: CHUNK,
    Matter.CORRECTION: 200,
}
"""Lines a transaction: texts of full length fill one outbox document, a correction takes three writes of its own."""
_BESIDE = frozenset({Matter.TEXT, Matter.CORRECTION})
"""Matters whose source is a document beside the open record."""


def to_gather(batch: Batch) -> list[Document]:
    """Filters of what a batch gathers from its source, in the order they are taken; each has an index of its own."""
    if batch.matter in _BESIDE:
        return [{"archive_id": batch.archive_id, "fonds": {"$in": list(batch.fonds)}, **WAITING, **_years(batch)}]
    today = legal_day(batch.created_at)
    first, last = batch.filter.eligible_between(today)
    span: Document = {"eligible_on": {"$gte": first, "$lte": last}}
    kept: Document = {"archive_id": batch.archive_id, "fonds": {"$in": list(batch.fonds)}}
    if batch.filter.disclosed:
        kept["disclosure"] = DISCLOSED
    if batch.matter is Matter.REREVIEW:
        aged = span if batch.filter.year_from or batch.filter.year_to else {}
        return [{**kept, **aged, **DUE_AGAIN, "reevaluate_on": {"$lte": today.isoformat()}}]
    kept |= span
    scoped = {**kept, **OUT_OF_SCOPE, "fonds": {"$in": list(batch.scoped)}}
    return [{**kept, **REVIEWABLE}, *([scoped] if batch.scoped else [])]


def gather(tx: Tx, batch: Batch, suggest: Suggest) -> Batch:
    """The next records become lines, each undecided with its suggestion; without any the list is complete."""
    records = _next(tx, batch)
    if not records:
        return batch.gathered()
    on, listed = legal_day(batch.created_at), _LISTED[batch.matter](batch)
    for record in records:
        if batch.matter is Matter.OPENING:
            require_reviewable(
                access_status=listed["access_status"], security_classification=record["security_classification"]
            )
    lines = [
        line_document(batch.batch_id, _line(record, batch.cursor + number, suggest(record, on)), os.urandom(32))
        | {"was": {name: record[name] for name in listed}}
        for number, record in enumerate(records)
    ]
    tx.db[ENTRIES].insert_many(lines, session=tx.session)
    ids = [record["_id"] for record in records]
    tx.db[SOURCES[batch.matter]].update_many({"_id": {"$in": ids}}, {"$set": listed}, session=tx.session)
    return replace(batch.listed(len(records)), cursor=batch.cursor + len(records))


def _next(tx: Tx, batch: Batch) -> list[RecordFields]:
    """What comes on the list next, in its order."""
    matter, ids = batch.matter, list[str]()
    room = min(CHUNKS[matter], batch.limit - batch.cursor)
    for found in to_gather(batch):
        if room > len(ids):
            rows = tx.db[SOURCES[matter]].find(found, {"_id": 1}, session=tx.session)
            ids += [row["_id"] for row in rows.sort(_ORDER[matter]).limit(room - len(ids))]
    by_id = subjects(tx.db, matter, ids, session=tx.session)
    return [by_id[one] for one in ids if one in by_id]


def _years(batch: Batch) -> Document:
    """Texts and corrections know the year of their records' formation."""
    bounds = {"$gte": batch.filter.year_from, "$lte": batch.filter.year_to}
    span = {name: year for name, year in bounds.items() if year}
    return {"year": span} if span else {}


_LISTED: Mapping[Matter, Callable[[Batch], Document]] = {
    Matter.OPENING: lambda batch: {"batch_id": batch.batch_id, "access_status": AccessStatus.UNREVIEWED.value},
    Matter.TEXT: lambda batch: {"batch_id": batch.batch_id},
    Matter.REREVIEW: lambda batch: {"batch_id": batch.batch_id, "reevaluate_on": None},
    Matter.CORRECTION: lambda batch: {"batch_id": batch.batch_id},
}
"""What a record on a list says; a scope decision makes it reviewable (rule A1)."""


def renew(tx: Tx, batch: Batch, suggest: Suggest, rules: str) -> Batch:
    """The next lines are suggested for under the present rules; those that differ are undecided again."""
    span = {"batch_id": batch.batch_id, "ordinal": {"$gte": batch.cursor, "$lt": batch.cursor + CHUNKS[batch.matter]}}
    before = [line_of(row) for row in tx.db[ENTRIES].find(span, session=tx.session).sort("ordinal", 1)]
    if not before:
        return replace(batch.gathered(), rule_version=rules)
    ids = [line.record_id for line in before]
    records = subjects(tx.db, batch.matter, ids, session=tx.session)
    on = legal_day(batch.created_at)
    after = [line.suggested(suggest(records[line.record_id], on)) for line in before]
    writes = [write for former, line in zip(before, after, strict=True) for write in _renewed(batch, former, line)]
    tx.db[ENTRIES].bulk_write(writes, session=tx.session)
    moved = batch.moved([line.decision for line in before], [line.decision for line in after])
    return replace(moved, cursor=batch.cursor + len(before))


def _renewed(batch: Batch, former: Line, line: Line) -> list[UpdateOne]:
    this = {"batch_id": batch.batch_id, "record_id": line.record_id}
    anew = [UpdateOne(this, list(deciding(line)))] if line.verdict != former.verdict else []
    return [UpdateOne(this, {"$set": suggested(line)}), *anew]


def _line(record: Document, ordinal: int, suggestion: Suggestion) -> Line:
    opinion, mechanism = record.get("unit_opinion"), record.get("mechanism")
    return Line(
        record_id=record["_id"],
        ordinal=ordinal,
        record_version=record["version"],
        content_hash=record["content_hash"],
        package=PackageOpinion(**{**opinion, "opinion": Decision(opinion["opinion"])}) if opinion else None,
        mechanism=Decision(mechanism) if mechanism else None,
        fonds=record["fonds"],
        year=int((record["date"]["latest"] or "0")[:4]),
        eligible_on=record["eligible_on"],
        disclosure=record["disclosure"],
        suggestion=suggestion.document(),
        group_id=group_of(suggestion),
    )
