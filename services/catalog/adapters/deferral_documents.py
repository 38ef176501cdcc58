"""How the deferral register is stored, and how it is kept in the transactions that defer and open records.

A collection of its own, one document a deferred record: each index on `records` costs a publication ten microseconds
a record, and the register needs six.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pymongo import ASCENDING, IndexModel, ReplaceOne
from pymongo.database import Database

from services.catalog.domain.deferrals import UNSTATED, Deferral
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.rules.terms import re_evaluate_on
from services.common.domain.clock import legal_day
from services.common.mongo.database import Document
from services.common.mongo.transactions import Tx

DEFERRALS = "deferrals"
CHUNK = 500

REGISTER_INDEXES: Mapping[str, tuple[str, ...]] = {
    "code": ("archive_id", "ground", "reference_code"),
    "fonds_code": ("archive_id", "fonds", "ground", "reference_code"),
    "due": ("archive_id", "ground", "due_key"),
    "fonds_due": ("archive_id", "fonds", "ground", "due_key"),
    "overdue": ("archive_id", "ground", "term_key"),
    "fonds_overdue": ("archive_id", "fonds", "ground", "term_key"),
    "batch": ("batch_id", "consent_id"),
}
"""Grounds are few and always named, so that each listing reads its index in order, one span a ground."""
_WITHOUT_CONSENT: Document = {"consent_id": ""}
_KEYS = ("due_key", "term_key")


def index_register(db: Database[Document]) -> None:
    """For the migrations only. Idempotent."""
    for name, fields in REGISTER_INDEXES.items():
        partial = {"partialFilterExpression": _WITHOUT_CONSENT} if name.endswith("overdue") else {}
        db[DEFERRALS].create_indexes([IndexModel([(field, ASCENDING) for field in fields], name=name, **partial)])


def deferral_document(deferral: Deferral) -> Document:
    """`due_key`, `term_key`: day and id in one, so that a listing by day goes on behind any record."""
    return {
        **{name: value for name, value in vars(deferral).items() if name != "record_id"},
        "_id": deferral.record_id,
        "due_key": f"{deferral.reevaluate_on}/{deferral.record_id}",
        "term_key": f"{deferral.eligible_on}/{deferral.record_id}",
    }


def deferral_of(stored: Mapping[str, Any]) -> Deferral:
    """Of its document."""
    fields = {name: value for name, value in stored.items() if name not in ("_id", *_KEYS)}
    return Deferral(record_id=stored["_id"], **fields)


def deferral(record: Mapping[str, Any], *, ground: str, reason: str, on: date, years: int, batch_id: str) -> Deferral:
    """Of a record that is deferred on a legal day. `years`: until it is looked at again (rule D5)."""
    return Deferral(
        record_id=record["_id"],
        archive_id=record["archive_id"],
        fonds=record["fonds"],
        reference_code=record["reference_code"],
        ground=ground,
        reason=reason,
        decided_on=on.isoformat(),
        batch_id=batch_id,
        eligible_on=record["eligible_on"] or "",
        reevaluate_on=re_evaluate_on(on, years).isoformat(),
    )


def as_stored(record: Mapping[str, Any]) -> Deferral:
    """Of a record that is deferred already: by a list, by a retraction, or since its import."""
    ground = record.get("rule") or UNSTATED
    decided = record.get("decision")
    return Deferral(
        record_id=record["_id"],
        archive_id=record["archive_id"],
        fonds=record["fonds"],
        reference_code=record["reference_code"],
        ground=ground,
        reason=record.get("reason") or "",
        decided_on=legal_day(record["updated_at"]).isoformat() if decided else "",
        batch_id=(record.get("batch_id") or "") if decided == "defer" else "",
        eligible_on=record["eligible_on"] or "",
        reevaluate_on=record.get("reevaluate_on") or "",
    )


def enter(tx: Tx, deferrals: Sequence[Deferral]) -> None:
    """Each in the place of what stood there; a new decision needs a consent of its own."""
    if deferrals:
        writes = [ReplaceOne({"_id": one.record_id}, deferral_document(one), upsert=True) for one in deferrals]
        tx.db[DEFERRALS].bulk_write(writes, ordered=False, session=tx.session)


def leave(tx: Tx, record_ids: Iterable[str]) -> None:
    """These are deferred no longer."""
    if gone := list(record_ids):
        tx.db[DEFERRALS].delete_many({"_id": {"$in": gone}}, session=tx.session)


def follow_import(
    tx: Tx, created: Sequence[Document], changed: Mapping[str, Document], held: Mapping[str, Any]
) -> None:
    """Rows that say 延期开放 come in without ground or decision; a changed row may leave again.

    `changed`: fields by id; `held`: what those records were.
    """
    deferred = AccessStatus.DEFERRED.value
    rows = [*created, *({"_id": record_id, **fields} for record_id, fields in changed.items())]
    enter(tx, [as_stored(row) for row in rows if row["access_status"] == deferred])
    leave(
        tx,
        [
            record_id
            for record_id, fields in changed.items()
            if held[record_id]["access_status"] == deferred != fields["access_status"]
        ],
    )
