"""Import of a catalogue, the clerk's side: upload, progress, and the report of rows that were not taken."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from services.catalog.domain.classification import is_graded_marking
from services.catalog.domain.csv_columns import compile_table
from services.catalog.domain.csv_rows import decode, screen
from services.catalog.domain.import_errors import StateSecretSuspected
from services.catalog.domain.import_job import Counts, ImportJob, ImportState
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.errors import OutOfScope
from services.common.domain.paging import Page
from services.common.domain.registry import Registry

MAX_UPLOAD_BYTES = 64 * 1024 * 1024
MAX_FILE_NAME = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """A whole file as it arrived. `request_id`: the idempotency key."""

    request_id: str
    archive_id: str
    file_name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RejectedCell:
    """One line of the report: where, what stood there, why not, what was expected (stable codes)."""

    line: int
    column: str
    value: str
    reason: str
    expected: str


class Imports(Protocol):
    """Where imports are kept."""

    def keep(self, content: bytes) -> None:
        """Stores a screened file under its SHA-256, durably."""
        ...

    def queue(self, job: ImportJob, request_id: str, request_hash: str, by: Caller) -> tuple[ImportJob, bool]:
        """Queues the job once per request, with its audit event, in one transaction.

        Returns the job and whether it is an older one: the same file for the same archive, not failed.
        Raises: RequestIdReused.
        """
        ...

    def job(self, import_id: str) -> ImportJob:
        """Raises: NotFound."""
        ...

    def jobs(self, archive_id: str, size: int, token: str) -> Page[ImportJob]:
        """Newest first. Raises: InvalidPageToken."""
        ...

    def rejections(self, job: ImportJob, size: int, token: str) -> Page[RejectedCell]:
        """In the file's order. Raises: InvalidPageToken."""
        ...


def upload(sent: Upload, *, by: Caller, imports: Imports, registry: Registry, region_id: str) -> tuple[ImportJob, bool]:
    """Screens a file in memory and, if nothing in it is graded, stores it and queues its import.

    Until the screen has passed no byte of it reaches disk, database, log or Kafka (rule S1). Returns the job and
    whether the same file was imported before, which then is that job.

    Raises: OutOfScope, StateSecretSuspected, UploadEmpty, EncodingUnreadable, ColumnsMissing, ColumnsUnclear,
        RequestIdReused; nothing is stored then.
    """
    by.actor.require_archive(sent.archive_id)
    archive = registry.archive(sent.archive_id)
    if archive.region_id != region_id:
        raise OutOfScope("an archive of another region")
    if is_graded_marking(sent.file_name):
        raise StateSecretSuspected.at([0])
    text = decode(sent.content)
    found = screen(text)
    if found.graded_lines:
        raise StateSecretSuspected.at(found.graded_lines)
    compile_table(found.header)
    now = by.clock.now()
    digest = hashlib.sha256(sent.content).hexdigest()
    job = ImportJob(
        import_id=by.ids.new(),
        region_id=region_id,
        archive_id=archive.archive_id,
        file_name=_plain_name(sent.file_name),
        sha256=digest,
        state=ImportState.QUEUED,
        rows_total=found.rows,
        counts=Counts(),
        created_at=now,
        updated_at=now,
    )
    imports.keep(sent.content)
    request_hash = hashlib.sha256(f"{sent.archive_id}\n{sent.file_name}\n{digest}".encode()).hexdigest()
    return imports.queue(job, sent.request_id, request_hash, by)


def get_import(import_id: str, *, by: Caller, imports: Imports) -> ImportJob:
    """Raises: NotFound, OutOfScope."""
    job = imports.job(import_id)
    by.actor.require_archive(job.archive_id)
    return job


def list_imports(archive_id: str, size: int, token: str, *, by: Caller, imports: Imports) -> Page[ImportJob]:
    """The archive's imports, newest first.

    Raises: OutOfScope, InvalidPageToken.
    """
    by.actor.require_archive(archive_id)
    return imports.jobs(archive_id, size, token)


def list_rejected(import_id: str, size: int, token: str, *, by: Caller, imports: Imports) -> Page[RejectedCell]:
    """The report of one import, by line.

    Raises: NotFound, OutOfScope, InvalidPageToken.
    """
    return imports.rejections(get_import(import_id, by=by, imports=imports), size, token)


def uploaded_event(job: ImportJob, recognised: bool, by: Caller) -> AuditEvent:
    """The record of an accepted upload: counts and the file's hash, never its name."""
    return by.granted(
        import_object(job),
        correlation_id=job.import_id,
        facts={"rows": job.rows_total, "sha256": job.sha256, "recognised": recognised},
    )


def import_object(job: ImportJob) -> ObjectRef:
    """How the audit log names an import."""
    return ObjectRef("import", job.import_id, job.region_id, job.archive_id)


def _plain_name(file_name: str) -> str:
    """The last segment of what the browser sent, printable and short."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[:MAX_FILE_NAME]
