"""`Batches` on MongoDB."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from services.catalog.adapters.batch_documents import BATCHES, ENTRIES, batch_document, batch_of
from services.catalog.adapters.line_documents import WITHOUT_SUGGESTION, line_of
from services.catalog.adapters.review_tx import MongoReviewTx
from services.catalog.domain.batches import Batch
from services.catalog.domain.lines import Line
from services.catalog.domain.work_list import State
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound
from services.common.domain.paging import MAX_SIZE, Page
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.newest_first import newest_first
from services.common.mongo.transactions import Transactions, Tx
from services.common.mongo.wakeups import Wakeup
from services.common.tracing import current_traceparent

T = TypeVar("T")
_WORKING = frozenset({State.GATHERING, State.RENEWING, State.CANCELLING})
_SHORT = 2_000
"""Lines of a list that is waited for to its end; of a longer one the page tells how far it is."""


class MongoBatches:
    """One province's batches. `queued` wakes the worker that gathers, goes on with long acts, and publishes."""

    def __init__(self, database: MongoDatabase, transactions: Transactions, queued: Wakeup) -> None:
        self._db = database.db
        self._transactions = transactions
        self._queued = queued

    def get(self, batch_id: str) -> Batch:
        document = self._db[BATCHES].find_one({"_id": batch_id})
        if document is None:
            raise NotFound("batch")
        return batch_of(document)

    def whole(self, batch_id: str) -> tuple[Batch, Sequence[Line]]:
        while True:
            batch = self.get(batch_id)
            rows = self._db[ENTRIES].find({"batch_id": batch_id}, WITHOUT_SUGGESTION).sort("ordinal", 1)
            lines = [line_of(row) for row in rows]
            if self.get(batch_id).version == batch.version:
                return batch, lines

    def list(self, archive_id: str, unit_id: str | None, plan_id: str, *, size: int, token: str) -> Page[Batch]:
        bound: Document = {"archive_id": archive_id, "unit_id": unit_id, "plan_id": plan_id}
        found: Document = {"archive_id": archive_id}
        if unit_id is not None:
            found["unit_id"] = unit_id
        if plan_id:
            found["plan_id"] = plan_id
        return newest_first(self._db[BATCHES], found, batch_of, bound=bound, size=size, token=token)

    def in_issues(self, archive_id: str) -> tuple[Sequence[Batch], Sequence[Batch]]:
        kinds: tuple[Document, ...] = (
            {"state": State.SCHEDULED.value},
            {"state": State.SIGNED.value, "returned": {"$type": "object"}},
        )
        scheduled, returned = (
            [batch_of(row) for row in self._db[BATCHES].find({"archive_id": archive_id, **kind}).limit(MAX_SIZE)]
            for kind in kinds
        )
        return scheduled, returned

    def create(self, batch: Batch, event: AuditEvent) -> None:
        def work(tx: Tx) -> None:
            tx.db[BATCHES].insert_one(batch_document(batch, current_traceparent()), session=tx.session)
            tx.record(event)

        self._transactions.run(work)
        self._queued.ring()

    def await_worker(self, batch_id: str, seconds: float) -> Batch:
        give_up = time.monotonic() + seconds
        while (batch := self.get(batch_id)).state in _WORKING or batch.bulk:
            if time.monotonic() > give_up or batch.cursor > _SHORT:
                break
            time.sleep(0.02)
        return batch

    def within(self, batch_id: str, work: Callable[[MongoReviewTx], T]) -> T:
        traceparent = current_traceparent()
        done = self._transactions.run(lambda tx: work(MongoReviewTx(tx, batch_id, traceparent)))
        self._queued.ring()
        return done
