"""Brings a database to lists in review: collections, unfinished batches, and who attests that no unit exists."""

from datetime import UTC, datetime, timedelta

from pymongo.database import Database

from services.catalog.adapters.batch_documents import BATCHES, ENTRIES
from services.catalog.adapters.documents import RECORDS, index_reviewable_records
from services.catalog.adapters.fonds_store import ATTESTATIONS, HISTORY, create_fonds_collections
from services.catalog.adapters.line_documents import create_act_collections
from services.catalog.adapters.line_facets import index_lines
from services.catalog.adapters.opinion_documents import create_opinion_collections
from services.catalog.adapters.plan_store import create_plan_collections
from services.catalog.domain.fonds_history import REGISTRY, EventKind
from services.catalog.domain.verdicts import Decision
from services.catalog.domain.work_list import State
from services.common.mongo.database import Document

_UNFINISHED = ("draft", "partly-signed", "signed")
"""Former states of lists on which nothing was decided finally. They had no secrecy review."""
_UNDECIDED: Document = {
    "decision": Decision.UNDECIDED.value,
    "rule": "",
    "reason": "",
    "version": 1,
    "ticked": False,
    "former": [],
    "act_id": "",
    "decided_by": "",
    "decided_at": None,
    "group_id": "",
    "disagreement_id": "",
}
_GRACE = timedelta(days=365)
"""So long the registry's word stands for two people's that a fonds has no unit."""


def review_lists(db: Database[Document]) -> None:
    """Idempotent; a list that is being published is left to end as it was signed."""
    create_act_collections(db)
    index_lines(db)
    create_opinion_collections(db)
    create_fonds_collections(db)
    create_plan_collections(db)
    index_reviewable_records(db)
    _attest_by_registry(db)
    for batch in list(db[BATCHES].find({"state": {"$in": _UNFINISHED}, "matter": {"$exists": False}})):
        _back_to_review(db, batch)


def _back_to_review(db: Database[Document], batch: Document) -> None:
    """What the machine proposed is nobody's decision: lines are undecided, and renewing gives their suggestions."""
    fields = _line_fields(db, batch["_id"])
    for record_id, described in fields.items():
        line = {"batch_id": batch["_id"], "record_id": record_id}
        db[ENTRIES].update_one(line, {"$set": {**_UNDECIDED, **described}})
    change = {
        "state": State.REVIEW.value,
        "matter": "opening",
        "root": "",
        "signatures": [],
        "undecided": batch["total"],
        "opening": 0,
        "deferred": 0,
        "fonds": sorted({described["fonds"] for described in fields.values()}),
    }
    db[BATCHES].update_one({"_id": batch["_id"]}, {"$set": change, "$inc": {"version": 1}})


def _line_fields(db: Database[Document], batch_id: str) -> dict[str, Document]:
    """What lines repeat of their records."""
    shape = {"fonds": 1, "eligible_on": 1, "disclosure": 1, "date.latest": 1}
    return {
        record["_id"]: {
            "fonds": record["fonds"],
            "eligible_on": record["eligible_on"],
            "disclosure": record["disclosure"],
            "year": int((record["date"]["latest"] or "0")[:4]),
        }
        for record in db[RECORDS].find({"batch_id": batch_id}, shape)
    }


def _attest_by_registry(db: Database[Document]) -> None:
    """Fonds without a unit were reviewed by the archive alone on the registry's word; two people have a year for it."""
    now = datetime.now(UTC).replace(microsecond=0)
    without = {"unit_id": "", "control_rule": {"$ne": "O5"}}
    pairs = db[RECORDS].aggregate(
        [{"$match": without}, {"$group": {"_id": {"archive_id": "$archive_id", "fonds": "$fonds"}}}]
    )
    for pair in pairs:
        event_id = f"{REGISTRY}/{pair['_id']['archive_id']}/{pair['_id']['fonds']}"
        event = {
            **pair["_id"],
            "kind": EventKind.NONE_EXISTS.value,
            "document_number": REGISTRY,
            "document_date": "1949-10-01",
            "successor_unit_id": "",
            "note": "",
            "entered_by": REGISTRY,
            "entered_at": now,
            "valid_until": (now + _GRACE).date().isoformat(),
        }
        db[HISTORY].update_one({"_id": event_id}, {"$setOnInsert": event}, upsert=True)
        attested = {"by": REGISTRY, "at": now}
        db[ATTESTATIONS].update_one({"_id": event_id}, {"$setOnInsert": attested}, upsert=True)
