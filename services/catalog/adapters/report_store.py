"""Frozen reports of the deferral register, looks at them, and counts of what is kept outside, on MongoDB."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.catalog.adapters.consent_store import REGISTER_FILES
from services.catalog.application.reports import Look
from services.catalog.domain.deferrals import RegisterCounts, Report, SecretsOutside
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound
from services.common.domain.paging import Page
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.files import BlobStore
from services.common.mongo.newest_first import newest_first
from services.common.mongo.transactions import Transactions, Tx

REPORTS = "deferral_reports"
LOOKS = "deferral_report_looks"
SECRETS = "secrets_outside"


class MongoReports:
    """One province's reports."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._files = BlobStore(database, REGISTER_FILES)
        self._transactions = transactions

    def keep_file(self, content: bytes) -> tuple[str, int]:
        """Stores a file and answers its SHA-256 and size; unless a report refers to it, it goes after a day."""
        stored = self._files.put(content)
        return stored.sha256, stored.size

    def part(self, report: Report, offset: int, length: int) -> bytes:
        """Raises: NotFound."""
        return self._files.read_range(report.sha256, offset, length)

    def files_in_use(self) -> list[str]:
        """What the sweep of the bucket leaves."""
        return [str(one) for one in self._db[REPORTS].distinct("sha256")]

    def add(self, report: Report, event: AuditEvent) -> None:
        """Keeps a report whose file is stored."""
        self._insert(REPORTS, _report_document(report), event)

    def get(self, report_id: str) -> Report:
        """Raises: NotFound."""
        stored = self._db[REPORTS].find_one({"_id": report_id})
        if stored is None:
            raise NotFound("report")
        return _report_of(stored)

    def list(self, archive_id: str, *, size: int, token: str) -> Page[Report]:
        """Newest first; an empty archive for all of the province."""
        bound: Document = {"archive_id": archive_id}
        found: Document = {"archive_id": archive_id} if archive_id else {}
        return newest_first(self._db[REPORTS], found, _report_of, bound=bound, size=size, token=token)

    def keep_look(self, look: Look, event: AuditEvent) -> None:
        """Durable with its event when this returns."""
        document = {**{name: value for name, value in vars(look).items() if name != "look_id"}, "_id": look.look_id}
        self._insert(LOOKS, document, event)

    def look(self, look_id: str) -> Look:
        """Raises: NotFound."""
        stored = self._db[LOOKS].find_one({"_id": look_id})
        if stored is None:
            raise NotFound("look")
        return Look(look_id=stored["_id"], **{name: value for name, value in stored.items() if name != "_id"})

    def count_secrets(self, counted: SecretsOutside, event: AuditEvent) -> None:
        """The newest entry stands; former ones are kept."""
        self._insert(SECRETS, _secrets_document(counted), event)

    def counted(self, entry_id: str) -> SecretsOutside:
        """One count. Raises: NotFound."""
        stored = self._db[SECRETS].find_one({"_id": entry_id})
        if stored is None:
            raise NotFound("count")
        return _secrets_of(stored)

    def secrets(self, archive_id: str) -> SecretsOutside | None:
        """The newest count of an archive."""
        stored = self._db[SECRETS].find_one({"archive_id": archive_id}, sort=[("entered_at", -1)])
        return _secrets_of(stored) if stored else None

    def _insert(self, collection: str, document: Document, event: AuditEvent) -> None:
        def work(tx: Tx) -> None:
            tx.db[collection].insert_one(document, session=tx.session)
            tx.record(event)

        self._transactions.run(work)


def _secrets_document(counted: SecretsOutside) -> Document:
    fields = {name: value for name, value in vars(counted).items() if name != "entry_id"}
    return {**fields, "_id": counted.entry_id, "counted_on": counted.counted_on.isoformat()}


def _secrets_of(stored: Mapping[str, Any]) -> SecretsOutside:
    fields = {name: value for name, value in stored.items() if name != "_id"}
    return SecretsOutside(entry_id=stored["_id"], **{**fields, "counted_on": date.fromisoformat(fields["counted_on"])})


def _report_document(report: Report) -> Document:
    return {
        **{name: value for name, value in vars(report).items() if name != "report_id"},
        "_id": report.report_id,
        "counts": dict(vars(report.counts)),
        "secrets": _secrets_document(report.secrets),
    }


def _report_of(stored: Mapping[str, Any]) -> Report:
    fields = {name: value for name, value in stored.items() if name != "_id"}
    fields["counts"] = RegisterCounts(**fields["counts"])
    fields["secrets"] = _secrets_of(fields["secrets"])
    return Report(report_id=stored["_id"], **fields)
