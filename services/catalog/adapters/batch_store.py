"""`Batches` on MongoDB."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from services.catalog.adapters.batch_documents import BATCHES, ENTRIES, batch_document, batch_of, entry_of
from services.catalog.domain.batch_errors import BatchNotReady
from services.catalog.domain.batches import EDITABLE, Batch, Decision, Entry, State
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.transactions import Transactions, Tx
from services.common.mongo.wakeups import Wakeup
from services.common.tracing import current_traceparent


class MongoBatches:
    """One province's batches. `queued` wakes the worker that gathers and publishes."""

    def __init__(self, database: MongoDatabase, transactions: Transactions, queued: Wakeup) -> None:
        self._db = database.db
        self._transactions = transactions
        self._queued = queued

    def get(self, batch_id: str) -> Batch:
        document = self._db[BATCHES].find_one({"_id": batch_id})
        if document is None:
            raise NotFound("batch")
        return batch_of(document)

    def list(self, archive_id: str, unit_id: str | None, *, size: int, token: str) -> Page[Batch]:
        bound: Document = {"archive_id": archive_id, "unit_id": unit_id}
        found: Document = {"archive_id": archive_id, "state": {"$ne": State.GATHERING.value}}
        if unit_id is not None:
            found["unit_id"] = unit_id
        after = decode_token(bound, token)
        if after is not None:
            found["_id"] = {"$lt": after[0]}
        limit = page_size(size)
        rows = list(self._db[BATCHES].find(found).sort("_id", -1).limit(limit + 1))
        more = len(rows) > limit
        batches = [batch_of(row) for row in rows[:limit]]
        return Page(batches, encode_token(bound, [batches[-1].batch_id]) if more else "")

    def entries(self, batch_id: str, decision: Decision | None, *, size: int, token: str) -> Page[tuple[Entry, str]]:
        bound: Document = {"batch_id": batch_id, "decision": decision}
        found: Document = {"batch_id": batch_id}
        if decision is not None:
            found["decision"] = decision.value
        after = decode_token(bound, token)
        if after is not None:
            found["ordinal"] = {"$gt": after[0]}
        limit = page_size(size)
        rows = list(self._db[ENTRIES].find(found).sort("ordinal", 1).limit(limit + 1))
        more = len(rows) > limit
        items = [(entry_of(row), str(row.get("reason", ""))) for row in rows[:limit]]
        return Page(items, encode_token(bound, [rows[limit - 1]["ordinal"]]) if more else "")

    def create(self, batch: Batch, event: AuditEvent) -> None:
        def work(tx: Tx) -> None:
            tx.db[BATCHES].insert_one(batch_document(batch, current_traceparent()), session=tx.session)
            tx.record(event)

        self._transactions.run(work)
        self._queued.ring()

    def await_gathered(self, batch_id: str, seconds: float) -> Batch:
        give_up = time.monotonic() + seconds
        while (batch := self.get(batch_id)).state is State.GATHERING and time.monotonic() < give_up:
            time.sleep(0.05)
        return batch

    def change(
        self,
        batch_id: str,
        work: Callable[[Batch, Callable[[], Sequence[Entry]]], Batch],
        event: Callable[[Batch], AuditEvent],
    ) -> Batch:
        def transaction(tx: Tx) -> Batch:
            batch = _read(tx, batch_id)
            after = work(batch, partial(_all_entries, tx, batch_id))
            _replace(tx, batch, after)
            tx.record(event(after))
            return after

        after = self._transactions.run(transaction)
        self._queued.ring()
        return after

    def decide(
        self,
        batch_id: str,
        record_ids: Sequence[str],
        decision: Decision,
        rule: str,
        reason: str,
        event: Callable[[Batch], AuditEvent],
    ) -> Batch:
        def transaction(tx: Tx) -> Batch:
            batch = _read(tx, batch_id)
            if batch.state not in EDITABLE:
                raise BatchNotReady(batch.state.value)
            lines = {"batch_id": batch_id, "record_id": {"$in": list(record_ids)}}
            change = {"$set": {"decision": decision.value, "rule": rule, "reason": reason}}
            if tx.db[ENTRIES].update_many(lines, change, session=tx.session).matched_count != len(set(record_ids)):
                raise NotFound("a record is not on this list")
            after = batch.decided(_all_entries(tx, batch_id))
            _replace(tx, batch, after)
            tx.record(event(after))
            return after

        return self._transactions.run(transaction)


def _read(tx: Tx, batch_id: str) -> Batch:
    document = tx.db[BATCHES].find_one({"_id": batch_id}, session=tx.session)
    if document is None:
        raise NotFound("batch")
    return batch_of(document)


def _all_entries(tx: Tx, batch_id: str) -> list[Entry]:
    return [entry_of(row) for row in tx.db[ENTRIES].find({"batch_id": batch_id}, session=tx.session).sort("ordinal", 1)]


def _replace(tx: Tx, before: Batch, after: Batch) -> None:
    """The snapshot makes this a compare-and-swap: a change in between aborts the transaction."""
    document = batch_document(after, current_traceparent())
    tx.db[BATCHES].replace_one({"_id": before.batch_id, "version": before.version}, document, session=tx.session)
