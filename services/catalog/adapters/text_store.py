"""Texts of records: collection `texts`, one document a record; each change is one transaction with its audit event."""

from collections.abc import Mapping
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.retractions import keep_text_withdrawal
from services.catalog.adapters.text_messages import withdrawal_message
from services.catalog.domain.texts import Text, TextState, require_open
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.migrations import create_collections
from services.common.mongo.transactions import Transactions, Tx

TEXTS = "texts"
WAITING: Mapping[str, Any] = {"state": TextState.WAITING.value, "batch_id": ""}
"""What may be put on a list of texts, fonds and years aside; of corrections it is the same."""


def create_text_collections(db: Database[Document]) -> None:
    """Collection and indexes; for the migrations only. Idempotent."""
    create_collections(db, TEXTS)
    by_fonds = [("archive_id", ASCENDING), ("fonds", ASCENDING), ("_id", ASCENDING)]
    db[TEXTS].create_indexes([IndexModel(by_fonds, name="waiting", partialFilterExpression=WAITING)])


def text_document(text: Text) -> Document:
    """As stored; the hash too, so that a list finds it changed without reading it."""
    fields = {name: value for name, value in vars(text).items() if name != "record_id"}
    return {"_id": text.record_id, **fields, "state": text.state.value, "content_hash": text.content_hash}


def text_of(stored: Mapping[str, Any]) -> Text:
    """From its document."""
    fields = {name: value for name, value in stored.items() if name in Text.__dataclass_fields__}
    return Text(record_id=stored["_id"], **{**fields, "state": TextState(stored["state"])})


class MongoTexts:
    """One province's texts."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._transactions = transactions

    def get(self, record_id: str) -> Text:
        stored = self._db[TEXTS].find_one({"_id": record_id})
        if stored is None:
            raise NotFound("text")
        return text_of(stored)

    def enter(self, text: Text, event: AuditEvent) -> Text:
        def work(tx: Tx) -> Text:
            record = tx.db[RECORDS].find_one({"_id": text.record_id}, {"access_status": 1}, session=tx.session)
            require_open(record["access_status"] if record else "")
            before = _of_record(tx, text.record_id)
            after = before.replaced(text) if before else text
            _store(tx, after)
            tx.record(event)
            return after

        return self._transactions.run(work)

    def withdraw(self, record_id: str, *, rule: str, reason: str, event: AuditEvent) -> Text:
        def work(tx: Tx) -> Text:
            before = _of_record(tx, record_id)
            if before is None:
                raise NotFound("text")
            after = before.withdrawn(rule, reason)
            _store(tx, after)
            _tell(tx, before, after, event)
            tx.record(event)
            return after

        return self._transactions.run(work)


def leave_with_record(tx: Tx, record_id: str, *, rule: str, reason: str, event: AuditEvent) -> None:
    """A record was retracted: its text leaves the public, and no list it stands on publishes it any more."""
    before = _of_record(tx, record_id)
    if before is None or before.state is TextState.WITHDRAWN:
        return
    after = before.left_by_its_record(rule, reason)
    _store(tx, after)
    if before.state is TextState.OPEN:
        _tell(tx, before, after, event)


def _of_record(tx: Tx, record_id: str) -> Text | None:
    stored = tx.db[TEXTS].find_one({"_id": record_id}, session=tx.session)
    return text_of(stored) if stored else None


def _store(tx: Tx, after: Text) -> None:
    tx.db[TEXTS].replace_one({"_id": after.record_id}, text_document(after), upsert=True, session=tx.session)


def _tell(tx: Tx, before: Text, after: Text, event: AuditEvent) -> None:
    """The public text is replaced by nothing; the salt of its commitment dies."""
    message = withdrawal_message(after, event.time, event.actor.pseudonym, event.correlation_id)
    keep_text_withdrawal(tx, before.batch_id, message, event.time)
    tx.emit(message)
