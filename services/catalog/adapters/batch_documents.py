"""How batches are stored: collection `batches`, one document a batch, read as any former program wrote it."""

from collections.abc import Callable, Mapping
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.catalog.domain.batches import Batch, Cancellation
from services.catalog.domain.gathering import GatherFilter, Matter
from services.catalog.domain.issues import Returned, Schedule
from services.catalog.domain.opinions import Evidence, Way
from services.catalog.domain.signatures import Side, Signature
from services.catalog.domain.work_list import Aggregation, Bulk, State

BATCHES = "batches"
ENTRIES = "batch_entries"
BY_RECORD = "by_record"
"""Index of a list's lines by their records. Writes name it: of a list on which nothing is decided yet the planner takes
another, and reads the whole list for each thousand lines."""

Document = dict[str, Any]


def create_batch_collections(db: Database[Document]) -> None:
    """Collections and indexes; for the migrations only. Idempotent."""
    present = set(db.list_collection_names())
    for name in (BATCHES, ENTRIES):
        if name not in present:
            db.create_collection(name)
    db[BATCHES].create_indexes(
        [
            IndexModel([("archive_id", ASCENDING), ("_id", DESCENDING)], name="archive"),
            IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="state"),
        ]
    )


def batch_document(batch: Batch, traceparent: str) -> Document:
    """The document of a batch. `traceparent`: of the last act on it, which the worker's chunks go on with."""
    traced = {"traceparent": traceparent} if traceparent else {}
    evidence = batch.evidence
    return traced | {
        **{name: value for name, value in vars(batch).items() if name not in _STORED_OTHERWISE},
        "_id": batch.batch_id,
        "state": batch.state.value,
        "matter": batch.matter.value,
        "filter": {**vars(batch.filter), "fonds": list(batch.filter.fonds)},
        "fonds": list(batch.fonds),
        "scoped": list(batch.scoped),
        "aggregation": dict(vars(batch.aggregation)) if batch.aggregation else None,
        **({"bulk": dict(vars(batch.bulk))} if batch.bulk else {}),
        "schedule": dict(vars(batch.schedule)) if batch.schedule else None,
        "returned": dict(vars(batch.returned)) if batch.returned else None,
        "signatures": [{**vars(one), "side": one.side.value} for one in batch.signatures],
        "evidence": {**vars(evidence), "way": evidence.way.value} if evidence else None,
        "skipped": list(batch.skipped),
        **({"cancellation": dict(vars(batch.cancellation))} if batch.cancellation else {}),
    }


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "state": State,
    "matter": Matter,
    "filter": lambda stored: GatherFilter(**{**stored, "fonds": tuple(stored["fonds"])}),
    "fonds": tuple,
    "scoped": tuple,
    "aggregation": lambda stored: Aggregation(**stored) if stored else None,
    "bulk": lambda stored: Bulk(**stored),
    "schedule": lambda stored: Schedule(**stored) if stored else None,
    "returned": lambda stored: Returned(**stored) if stored else None,
    "signatures": lambda stored: tuple(signature_of(one) for one in stored),
    "evidence": lambda stored: _evidence_of(stored) if stored else None,
    "skipped": tuple,
    "cancellation": lambda stored: Cancellation(**stored),
}
_STORED_OTHERWISE = {"batch_id", *_READERS}


def batch_of(document: Mapping[str, Any]) -> Batch:
    """The batch of a document; fields it has not yet keep their defaults."""
    fields = {name: value for name, value in document.items() if name not in ("_id", "traceparent")}
    read = {name: _READERS[name](value) if name in _READERS else value for name, value in fields.items()}
    return Batch(batch_id=document["_id"], **read)


def signature_of(document: Mapping[str, Any]) -> Signature:
    """Of its document, within a batch's or a series'."""
    fields = dict(document)
    fields["side"] = Side(fields["side"])
    for name in ("statement", "signature", "public_key"):
        fields[name] = bytes(fields[name])
    return Signature(**fields)


def _evidence_of(document: Mapping[str, Any]) -> Evidence:
    return Evidence(**{**document, "way": Way(document["way"]), "document": bytes(document["document"])})
