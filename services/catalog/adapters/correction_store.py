"""Proposed corrections: collection `corrections`, one document a record; each change and its event, one transaction."""

from collections.abc import Mapping
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.text_store import WAITING
from services.catalog.domain.corrections import Correction, CorrectionState
from services.catalog.domain.texts import require_open
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound, Unavailable
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.migrations import create_collections
from services.common.mongo.transactions import Transactions, Tx

CORRECTIONS = "corrections"


def create_correction_collections(db: Database[Document]) -> None:
    """Collection and index; for the migrations only. Idempotent."""
    create_collections(db, CORRECTIONS)
    by_fonds = [("archive_id", ASCENDING), ("fonds", ASCENDING), ("_id", ASCENDING)]
    db[CORRECTIONS].create_indexes([IndexModel(by_fonds, name="waiting", partialFilterExpression=WAITING)])


def correction_document(correction: Correction) -> Document:
    """As stored."""
    fields = {name: value for name, value in vars(correction).items() if name != "record_id"}
    return {"_id": correction.record_id, **fields, "state": correction.state.value}


def correction_of(stored: Mapping[str, Any]) -> Correction:
    """From its document."""
    fields = {name: value for name, value in stored.items() if name != "_id"}
    return Correction(record_id=stored["_id"], **{**fields, "state": CorrectionState(stored["state"])})


def drop_with_record(tx: Tx, record_id: str) -> None:
    """A record was retracted: what was proposed about it is published by no list."""
    before = _of_record(tx, record_id)
    if before is not None and before.state is CorrectionState.WAITING:
        _store(tx, before.left_by_its_record())


class MongoCorrections:
    """One province's."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._transactions = transactions

    def get(self, record_id: str) -> Correction:
        stored = self._db[CORRECTIONS].find_one({"_id": record_id})
        if stored is None:
            raise NotFound("correction")
        return correction_of(stored)

    def propose(self, correction: Correction, event: AuditEvent) -> Correction:
        def work(tx: Tx) -> Correction:
            found = {"_id": correction.record_id}
            record = tx.db[RECORDS].find_one(found, {"access_status": 1, "version": 1}, session=tx.session) or {}
            require_open(record.get("access_status", ""))
            if record["version"] != correction.record_version:
                raise Unavailable("the entry changed meanwhile")
            before = _of_record(tx, correction.record_id)
            after = before.replaced(correction) if before else correction
            _store(tx, after)
            tx.record(event)
            return after

        return self._transactions.run(work)

    def drop(self, record_id: str, event: AuditEvent) -> Correction:
        def work(tx: Tx) -> Correction:
            before = _of_record(tx, record_id)
            if before is None:
                raise NotFound("correction")
            after = before.dropped()
            _store(tx, after)
            tx.record(event)
            return after

        return self._transactions.run(work)


def _of_record(tx: Tx, record_id: str) -> Correction | None:
    stored = tx.db[CORRECTIONS].find_one({"_id": record_id}, session=tx.session)
    return correction_of(stored) if stored else None


def _store(tx: Tx, after: Correction) -> None:
    tx.db[CORRECTIONS].replace_one(
        {"_id": after.record_id}, correction_document(after), upsert=True, session=tx.session
    )
