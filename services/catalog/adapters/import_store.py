"""Imports in MongoDB: the queue, the progress, the report."""

from collections.abc import Sequence
from typing import Any

from services.catalog.adapters.documents import IMPORT_REJECTIONS, IMPORTS
from services.catalog.application.imports import RejectedCell, uploaded_event
from services.catalog.domain.import_job import Counts, ImportJob, ImportState
from services.common.domain.caller import Caller
from services.common.domain.errors import NotFound
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.files import BlobStore
from services.common.mongo.idempotency import IdempotencyKey, require_request_id
from services.common.mongo.transactions import Transactions, Tx
from services.common.mongo.wakeups import Wakeup
from services.common.tracing import current_traceparent

IMPORT_FILES = "import_files"
"""GridFS bucket of uploaded catalogues, apart from the vault of scans."""


class MongoImports:
    """Port `Imports`. `queued` is rung when there is work for the import worker."""

    def __init__(self, database: MongoDatabase, transactions: Transactions, queued: Wakeup) -> None:
        self._db = database.db
        self._files = BlobStore(database, IMPORT_FILES)
        self._transactions = transactions
        self._queued = queued

    def keep(self, content: bytes) -> None:
        self._files.put(content)

    def queue(self, job: ImportJob, request_id: str, request_hash: str, by: Caller) -> tuple[ImportJob, bool]:
        require_request_id(request_id)

        def work(tx: Tx) -> bytes:
            same = tx.db[IMPORTS].find_one(
                {
                    "archive_id": job.archive_id,
                    "sha256": job.sha256,
                    "state": {"$ne": ImportState.FAILED.value},
                },
                session=tx.session,
            )
            if same is not None:
                tx.record(uploaded_event(job_of(same), True, by))
                return f"{same['_id']} 1".encode()
            tx.db[IMPORTS].insert_one(job_document(job, current_traceparent()), session=tx.session)
            tx.record(uploaded_event(job, False, by))
            return f"{job.import_id} 0".encode()

        key = IdempotencyKey(by.actor.pseudonym, by.action, request_id, request_hash)
        import_id, recognised = self._transactions.run_once(key, work).decode().split(" ")
        self._queued.ring()
        return self.job(import_id), recognised == "1"

    def job(self, import_id: str) -> ImportJob:
        found = self._db[IMPORTS].find_one({"_id": import_id})
        if found is None:
            raise NotFound("import")
        return job_of(found)

    def jobs(self, archive_id: str, size: int, token: str) -> Page[ImportJob]:
        filter_: Document = {"archive_id": archive_id}
        last = decode_token(filter_, token)
        query = {**filter_, "_id": {"$lt": last[0]}} if last else filter_
        limit = page_size(size)
        rows = list(self._db[IMPORTS].find(query).sort("_id", -1).limit(limit + 1))
        more = encode_token(filter_, [rows[limit - 1]["_id"]]) if len(rows) > limit else ""
        return Page([job_of(row) for row in rows[:limit]], more)

    def rejections(self, job: ImportJob, size: int, token: str) -> Page[RejectedCell]:
        filter_: Document = {"archive_id": job.archive_id, "import_id": job.import_id}
        last = decode_token(filter_, token)
        query = {**filter_, "ordinal": {"$gt": last[0]}} if last else filter_
        limit = page_size(size)
        rows = list(self._db[IMPORT_REJECTIONS].find(query).sort("ordinal", 1).limit(limit + 1))
        more = encode_token(filter_, [rows[limit - 1]["ordinal"]]) if len(rows) > limit else ""
        return Page([_rejected_cell(row) for row in rows[:limit]], more)


def job_document(job: ImportJob, traceparent: str = "") -> Document:
    """As stored in `imports`. `traceparent`: of the upload, which the worker goes on with."""
    traced = {"traceparent": traceparent} if traceparent else {}
    return traced | {
        "_id": job.import_id,
        "region_id": job.region_id,
        "archive_id": job.archive_id,
        "file_name": job.file_name,
        "sha256": job.sha256,
        "rows_total": job.rows_total,
        "created_at": job.created_at,
        **progress_fields(job),
    }


def progress_fields(job: ImportJob) -> Document:
    """What changes as the import advances."""
    return {
        "state": job.state.value,
        "rows_done": job.counts.done,
        "created": job.counts.created,
        "updated": job.counts.updated,
        "unchanged": job.counts.unchanged,
        "rejected": job.counts.rejected,
        "warned": job.counts.warned,
        "updated_at": job.updated_at,
        "failure": job.failure,
    }


def job_of(row: Document) -> ImportJob:
    """Back from storage."""
    return ImportJob(
        import_id=row["_id"],
        region_id=row["region_id"],
        archive_id=row["archive_id"],
        file_name=row["file_name"],
        sha256=row["sha256"],
        state=ImportState(row["state"]),
        rows_total=row["rows_total"],
        counts=Counts(row["created"], row["updated"], row["unchanged"], row["rejected"], row["warned"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        failure=row["failure"],
    )


def rejection_documents(job: ImportJob, cells: Sequence[RejectedCell]) -> list[Document]:
    """The report's lines of one chunk. Ids follow from line and place, so that nothing is reported twice."""
    documents: list[dict[str, Any]] = []
    for place, cell in enumerate(cells):
        ordinal = cell.line * 1_000 + place % 1_000
        documents.append(
            {
                "_id": f"{job.import_id}/{ordinal}",
                "region_id": job.region_id,
                "archive_id": job.archive_id,
                "import_id": job.import_id,
                "ordinal": ordinal,
                "line": cell.line,
                "column": cell.column,
                "value": cell.value,
                "reason": cell.reason,
                "expected": cell.expected,
            }
        )
    return documents


def _rejected_cell(row: Document) -> RejectedCell:
    return RejectedCell(row["line"], row["column"], row["value"], row["reason"], row["expected"])
