"""How batches and their frozen lists are stored: `batches`, and one document a line in `batch_entries`."""

from collections.abc import Mapping
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.catalog.domain.batches import Batch, Decision, Entry, Side, Signature, State

BATCHES = "batches"
ENTRIES = "batch_entries"

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
    db[ENTRIES].create_indexes(
        [
            IndexModel([("batch_id", ASCENDING), ("ordinal", ASCENDING)], name="order", unique=True),
            IndexModel([("batch_id", ASCENDING), ("record_id", ASCENDING)], name="record", unique=True),
        ]
    )


def batch_document(batch: Batch, traceparent: str) -> Document:
    """The document of a batch. `traceparent`: of the last act on it, which the worker's chunks go on with."""
    traced = {"traceparent": traceparent} if traceparent else {}
    return traced | {
        "_id": batch.batch_id,
        "region_id": batch.region_id,
        "archive_id": batch.archive_id,
        "unit_id": batch.unit_id,
        "state": batch.state.value,
        "created_at": batch.created_at,
        "created_by": batch.created_by,
        "rule_version": batch.rule_version,
        "limit": batch.limit,
        "version": batch.version,
        "total": batch.total,
        "opening": batch.opening,
        "deferred": batch.deferred,
        "applied": batch.applied,
        "cursor": batch.cursor,
        "root": batch.root,
        "signatures": [_signature_document(signature) for signature in batch.signatures],
        "published_at": batch.published_at,
        "published_by": batch.published_by,
        "skipped": list(batch.skipped),
    }


def batch_of(document: Mapping[str, Any]) -> Batch:
    """The batch of a document."""
    fields = {name: value for name, value in document.items() if name not in ("_id", "traceparent")}
    fields["state"] = State(fields["state"])
    fields["signatures"] = tuple(_signature_of(one) for one in fields["signatures"])
    fields["skipped"] = tuple(fields["skipped"])
    return Batch(batch_id=document["_id"], **fields)


def entry_of(document: Mapping[str, Any]) -> Entry:
    """One line of a list."""
    return Entry(
        record_id=document["record_id"],
        record_version=document["record_version"],
        content_hash=document["content_hash"],
        decision=Decision(document["decision"]),
        rule=document["rule"],
    )


def _signature_document(signature: Signature) -> Document:
    return {**vars(signature), "side": signature.side.value}


def _signature_of(document: Mapping[str, Any]) -> Signature:
    fields = dict(document)
    fields["side"] = Side(fields["side"])
    for name in ("statement", "signature", "public_key"):
        fields[name] = bytes(fields[name])
    return Signature(**fields)
