"""Applying imports to MongoDB: a lease a job, a fenced transaction a chunk, raw writes for speed."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne

from services.catalog.adapters import deferral_documents, personal_records
from services.catalog.adapters.documents import IMPORT_REJECTIONS, IMPORTS, RECORDS
from services.catalog.adapters.import_store import (
    IMPORT_FILES,
    job_of,
    progress_fields,
    rejection_documents,
)
from services.catalog.application.import_worker import Row
from services.catalog.application.imports import RejectedCell, import_object
from services.catalog.domain.import_job import EFFECT_FIELDS, WAITING, Counts, Effect, ImportJob, effect_on
from services.catalog.domain.import_rows import RejectedRow, TakenRow
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import AuditEvent
from services.common.domain.caller import Caller
from services.common.domain.clock import Clock
from services.common.domain.ids import Ids
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.files import BlobStore
from services.common.mongo.lease import LeaseHolder, LeaseLost, replica
from services.common.mongo.transactions import Transactions, Tx

_PROJECTION = dict.fromkeys(EFFECT_FIELDS, 1)


class ImportQueue:
    """The waiting imports of one province's database."""

    def __init__(
        self, database: MongoDatabase, transactions: Transactions, principal: str, clock: Clock, ids: Ids
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._principal = principal
        self._clock = clock
        self._ids = ids

    def claim(self) -> "MongoClaim | None":
        """The oldest waiting import that nobody else works on, or None."""
        waiting = {"state": {"$in": [state.value for state in WAITING]}}
        for row in self._database.db[IMPORTS].find(waiting).sort("_id", 1).limit(20):
            lease = LeaseHolder(self._database, f"import/{row['_id']}", replica(self._principal))
            if lease.try_acquire() is not None:
                fresh = self._database.db[IMPORTS].find_one({"_id": row["_id"], **waiting})
                if fresh is not None:
                    by = self._service(row["_id"])
                    upload = fresh.get("traceparent", "")
                    return MongoClaim(self._database, self._transactions, lease, job_of(fresh), by, upload)
                lease.release()
        return None

    def _service(self, import_id: str) -> Caller:
        return Caller(
            actor=Actor.service(self._principal),
            role=Role.SERVICE,
            action="import.apply",
            correlation_id=import_id,
            causation_id=import_id,
            clock=self._clock,
            ids=self._ids,
        )


class MongoClaim:
    """Port `ClaimedImport`. `traceparent`: of the upload; empty where nobody traced it."""

    def __init__(
        self,
        database: MongoDatabase,
        transactions: Transactions,
        lease: LeaseHolder,
        job: ImportJob,
        by: Caller,
        traceparent: str = "",
    ) -> None:
        self.job = job
        self.traceparent = traceparent
        self._files = BlobStore(database, IMPORT_FILES)
        self._transactions = transactions
        self._lease = lease
        self._by = by

    def content(self) -> bytes:
        return self._files.read(self.job.sha256)

    def apply(self, rows: Sequence[Row]) -> None:
        self._lease.keep()
        now = self._by.clock.now()

        def work(tx: Tx) -> ImportJob:
            self._lease.fence(tx)
            counts, refused = _write_records(tx, rows, self.job.import_id, now)
            advanced = self.job.advanced(counts, now)
            if refused:
                tx.db[IMPORT_REJECTIONS].insert_many(rejection_documents(self.job, refused), session=tx.session)
            self._move(tx, advanced)
            tx.record(self._event(counts, advanced))
            return advanced

        self.job = self._transactions.run(work)

    def fail(self, code: str) -> None:
        """Gives the import up; what was applied stays."""
        failed = self.job.failed(code, self._by.clock.now())

        def work(tx: Tx) -> None:
            self._lease.fence(tx)
            self._move(tx, failed)
            tx.record(self._by.refused(import_object(failed), code))

        self._transactions.run(work)
        self.job = failed

    def release(self) -> None:
        """Lets another process go on with it at once."""
        self._lease.release()

    def _move(self, tx: Tx, job: ImportJob) -> None:
        moved = tx.db[IMPORTS].update_one(
            {"_id": job.import_id, "rows_done": self.job.counts.done},
            {"$set": progress_fields(job)},
            session=tx.session,
        )
        if moved.matched_count != 1:
            raise LeaseLost(f"import {job.import_id} went on elsewhere")

    def _event(self, chunk: Counts, job: ImportJob) -> AuditEvent:
        facts: dict[str, str | int | bool] = {
            "created": chunk.created,
            "updated": chunk.updated,
            "unchanged": chunk.unchanged,
            "rejected": chunk.rejected,
            "rows_done": job.counts.done,
            "rows_total": job.rows_total,
            "state": job.state.value,
        }
        return self._by.granted(import_object(job), facts=facts)


def _write_records(tx: Tx, rows: Sequence[Row], import_id: str, now: datetime) -> tuple[Counts, list[RejectedCell]]:
    taken = [row for row in rows if isinstance(row, TakenRow)]
    refused = [
        RejectedCell(row.line, problem.column, problem.value, problem.reason, problem.expected)
        for row in rows
        if isinstance(row, RejectedRow)
        for problem in row.problems
    ]
    rejected = len(rows) - len(taken)
    held = _held(tx, [row.record_id for row in taken])
    new: list[Document] = []
    changes: list[UpdateOne] = []
    changed: dict[str, Document] = {}
    warned = unchanged = 0
    for row in taken:
        warned += bool(row.warnings)
        effect, reason = effect_on(row, held.get(row.record_id))
        if effect is Effect.CREATE:
            new.append(new_document(row, import_id, now))
        elif effect is Effect.UPDATE:
            changes.append(_change(row, held[row.record_id], import_id, now))
            changed[row.record_id] = row.fields
        elif effect is Effect.NOTHING:
            unchanged += 1
        else:
            rejected += 1
            refused.append(RejectedCell(row.line, "档号", row.fields["reference_code"], reason, "unreviewed"))
    if new:
        tx.db[RECORDS].insert_many(new, session=tx.session)
    if changes:
        tx.db[RECORDS].bulk_write(changes, session=tx.session)
    deferral_documents.follow_import(tx, new, changed, held)
    personal_records.follow_import(tx, new, changed)
    return Counts(len(new), len(changes), unchanged, rejected, warned), refused


def _held(tx: Tx, record_ids: Sequence[str]) -> dict[str, Document]:
    found = tx.db[RECORDS].find({"_id": {"$in": record_ids}}, _PROJECTION, session=tx.session)
    return {row["_id"]: row for row in found}


def new_document(row: TakenRow, import_id: str, now: datetime) -> Document:
    """A record as first stored; the document class holds the same schema."""
    return {
        **row.fields,
        "aliases": [],
        "version": 1,
        "batch_id": None,
        "decision": None,
        "rule": None,
        "reason": None,
        "opened_on": None,
        "reviewed_by_archive_alone": False,
        "import_id": import_id,
        "created_at": now,
        "updated_at": now,
    }


def _change(row: TakenRow, held: Document, import_id: str, now: datetime) -> UpdateOne:
    fields = {name: value for name, value in row.fields.items() if name != "_id"}
    return UpdateOne(
        {"_id": row.record_id, "version": held["version"]},
        {
            "$set": {**fields, "import_id": import_id, "updated_at": now, "version": held["version"] + 1},
        },
    )
