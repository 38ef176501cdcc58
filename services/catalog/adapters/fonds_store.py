"""Histories of fonds, scope decisions and loans of confirmers on MongoDB. What was recorded is never changed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.catalog.domain.batch_errors import AlreadySettled
from services.catalog.domain.confirmation import Loan
from services.catalog.domain.fonds_history import EventKind, FondsEvent, ScopeDecision
from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound
from services.common.domain.paging import Page
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.migrations import create_collections
from services.common.mongo.newest_first import newest_first
from services.common.mongo.transactions import Transactions, Tx, clash_of_keys

HISTORY = "fonds_history"
ATTESTATIONS = "fonds_attestations"
"""One document an event, under its id: who attested it, and when."""
SCOPES = "scope_decisions"
LOANS = "confirmer_loans"


def create_fonds_collections(db: Database[Document]) -> None:
    """Idempotent."""
    create_collections(db, HISTORY, ATTESTATIONS, SCOPES, LOANS)
    by_archive = ("archive_id", ASCENDING)
    db[HISTORY].create_indexes([IndexModel([by_archive, ("fonds", ASCENDING), ("_id", ASCENDING)], name="fonds")])
    db[SCOPES].create_indexes([IndexModel([by_archive, ("fonds", ASCENDING)], name="fonds", unique=True)])
    db[LOANS].create_indexes(
        [
            IndexModel([("archives", ASCENDING), ("_id", DESCENDING)], name="archive"),
            IndexModel([("borrower_id", ASCENDING), ("lender_id", ASCENDING)], name="pair"),
        ]
    )


class MongoFonds:
    """What one province's archives recorded of their fonds."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._transactions = transactions

    def events(self, archive_id: str) -> list[FondsEvent]:
        """Of all fonds of an archive, in the order they were entered."""
        rows = list(self._db[HISTORY].find({"archive_id": archive_id}).sort("_id", 1))
        attested = self._db[ATTESTATIONS].find({"_id": {"$in": [row["_id"] for row in rows]}})
        attestations = {row["_id"]: row for row in attested}
        return [event_of(row, attestations.get(row["_id"])) for row in rows]

    def event(self, event_id: str) -> FondsEvent:
        """Raises: NotFound."""
        row = self._db[HISTORY].find_one({"_id": event_id})
        if row is None:
            raise NotFound("fonds event")
        return event_of(row, self._db[ATTESTATIONS].find_one({"_id": event_id}))

    def add(self, event: FondsEvent, audit: AuditEvent) -> None:
        """An event that still wants its attestation."""

        def work(tx: Tx) -> None:
            tx.db[HISTORY].insert_one(_event_document(event), session=tx.session)
            tx.record(audit)

        self._transactions.run(work)

    def attest(self, event: FondsEvent, audit: AuditEvent) -> None:
        """Raises: AlreadySettled: somebody else did."""

        def work(tx: Tx) -> None:
            attested = {"_id": event.event_id, "by": event.attested_by, "at": event.attested_at}
            tx.db[ATTESTATIONS].insert_one(attested, session=tx.session)
            tx.record(audit)

        self._settle(work)

    def scopes(self, archive_id: str) -> dict[str, ScopeDecision]:
        """Scope decisions of an archive by fonds."""
        rows = self._db[SCOPES].find({"archive_id": archive_id})
        return {row["fonds"]: _scope_of(row) for row in rows}

    def decide_scope(self, decision_id: str, decision: ScopeDecision, audit: AuditEvent) -> None:
        """Raises: AlreadySettled: the fonds has one."""

        def work(tx: Tx) -> None:
            stored = {**vars(decision), "_id": decision_id, "decided_on": decision.decided_on.isoformat()}
            tx.db[SCOPES].insert_one(stored, session=tx.session)
            tx.record(audit)

        self._settle(work)

    def _settle(self, work: Any) -> None:
        try:
            self._transactions.run(work)
        except DuplicateKeyError as clash:
            if clash_of_keys(clash):
                raise
            raise AlreadySettled("recorded before") from clash


class MongoLoans:
    """Directors lent and borrowed in one province."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._loans = database.db[LOANS]
        self._transactions = transactions

    def add(self, loan: Loan, event: AuditEvent) -> None:
        def work(tx: Tx) -> None:
            tx.db[LOANS].insert_one(_loan_document(loan), session=tx.session)
            tx.record(event)

        self._transactions.run(work)

    def get(self, loan_id: str) -> Loan:
        row = self._loans.find_one({"_id": loan_id})
        if row is None:
            raise NotFound("loan")
        return _loan_of(row)

    def list(self, archive_id: str, *, size: int, token: str) -> Page[Loan]:
        bound: Document = {"archive_id": archive_id}
        found: Document = {"archives": archive_id}
        return newest_first(self._loans, found, _loan_of, bound=bound, size=size, token=token)

    def standing(self, by: Actor, borrower_id: str, on: date) -> Loan | None:
        rows = self._loans.find({"borrower_id": borrower_id, "lender_id": by.archive_id})
        return next((loan for loan in map(_loan_of, rows) if loan.lends(by, borrower_id, on)), None)


def _event_document(event: FondsEvent) -> Document:
    apart = ("event_id", "attested_by", "attested_at")
    return {
        **{name: value for name, value in vars(event).items() if name not in apart},
        "_id": event.event_id,
        "kind": event.kind.value,
        "document_date": event.document_date.isoformat(),
        "valid_until": event.valid_until.isoformat() if event.valid_until else None,
    }


def event_of(stored: Mapping[str, Any], attested: Mapping[str, Any] | None) -> FondsEvent:
    """An event from its document and that of its attestation."""
    fields = {name: value for name, value in stored.items() if name != "_id"}
    fields["kind"] = EventKind(fields["kind"])
    fields["document_date"] = date.fromisoformat(fields["document_date"])
    fields["valid_until"] = date.fromisoformat(fields["valid_until"]) if fields["valid_until"] else None
    if attested:
        fields |= {"attested_by": attested["by"], "attested_at": attested["at"]}
    return FondsEvent(event_id=stored["_id"], **fields)


def _scope_of(stored: Mapping[str, Any]) -> ScopeDecision:
    fields = {name: value for name, value in stored.items() if name != "_id"}
    return ScopeDecision(**{**fields, "decided_on": date.fromisoformat(fields["decided_on"])})


def _loan_document(loan: Loan) -> Document:
    return {
        **{name: value for name, value in vars(loan).items() if name != "loan_id"},
        "_id": loan.loan_id,
        "archives": [loan.borrower_id, loan.lender_id],
        "valid_from": loan.valid_from.isoformat(),
        "valid_until": loan.valid_until.isoformat(),
    }


def _loan_of(stored: Mapping[str, Any]) -> Loan:
    fields = {name: value for name, value in stored.items() if name not in ("_id", "archives")}
    for name in ("valid_from", "valid_until"):
        fields[name] = date.fromisoformat(fields[name])
    return Loan(loan_id=stored["_id"], **fields)
