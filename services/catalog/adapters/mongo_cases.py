"""Cases, certificates and tickets in MongoDB."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from services.catalog.adapters.desk_documents import (
    CASES,
    CERTIFICATES,
    TICKETS,
    case_document,
    case_of,
    certificate_document,
    certificate_of,
    ticket_document,
    ticket_of,
)
from services.catalog.adapters.documents import RECORDS
from services.catalog.application.desk_ports import Certificate, MutatingRequest, Ticket, Unit
from services.catalog.domain.cases import Case
from services.common.domain.audit_event import AuditEvent
from services.common.domain.caller import Caller
from services.common.domain.errors import NotFound, VersionConflict
from services.common.domain.messages import Letter
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.idempotency import IdempotencyKey, idempotency_key
from services.common.mongo.transactions import Transactions, Tx


class MongoCases:
    """Port `Cases`."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._transactions = transactions

    def run(self, work: Callable[[Unit], bytes]) -> bytes:
        return self._transactions.run(lambda tx: work(MongoUnit(tx)))

    def answered(self, by: Caller, message: MutatingRequest, content_sha256: str = "") -> bytes | None:
        return self._transactions.answered(_key(by, message, content_sha256))

    def run_once(
        self, by: Caller, message: MutatingRequest, work: Callable[[Unit], bytes], content_sha256: str = ""
    ) -> bytes:
        return self._transactions.run_once(_key(by, message, content_sha256), lambda tx: work(MongoUnit(tx)))

    def case(self, case_id: str) -> Case:
        return _found(self._db[CASES].find_one({"_id": case_id}))

    def queue(self, archive_id: str, include_closed: bool, size: int, token: str) -> Page[Case]:
        filter_: Document = {"archive_id": archive_id}
        if not include_closed:
            filter_["open"] = True
        last = decode_token(filter_, token)
        query = dict(filter_)
        if last is not None:
            due_on, case_id = last
            query["$or"] = [
                {"deadline.due_on": {"$gt": due_on}},
                {"deadline.due_on": due_on, "_id": {"$gt": case_id}},
            ]
        limit = page_size(size)
        rows = list(self._db[CASES].find(query).sort([("deadline.due_on", 1), ("_id", 1)]).limit(limit + 1))
        more = ""
        if len(rows) > limit:
            end = rows[limit - 1]
            more = encode_token(filter_, [end["deadline"]["due_on"], end["_id"]])
        return Page([case_of(row) for row in rows[:limit]], more)

    def certificate(self, code: str) -> Certificate | None:
        row = self._db[CERTIFICATES].find_one({"_id": code})
        return certificate_of(row) if row else None

    def ticket(self, token_sha256: str) -> Ticket | None:
        row = self._db[TICKETS].find_one({"_id": token_sha256})
        return ticket_of(row) if row else None

    def scans_in_use(self) -> Sequence[str]:
        return [str(one) for one in self._db[CASES].distinct("scans.sha256")]

    def copies_in_use(self) -> Sequence[str]:
        return [str(one) for one in self._db[CASES].distinct("delivery.sha256", {"delivery": {"$ne": None}})]


class MongoUnit:
    """Port `Unit`, over one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._cases = tx.db[CASES]

    def case(self, case_id: str) -> Case:
        return _found(self._cases.find_one({"_id": case_id}, session=self._tx.session))

    def find(self, case_id: str) -> Case | None:
        row = self._cases.find_one({"_id": case_id}, session=self._tx.session)
        return case_of(row) if row else None

    def of_request(self, request_id: str, applicant: str) -> Case:
        filter_ = {"request_id": request_id, "applicant": applicant}
        return _found(self._cases.find_one(filter_, session=self._tx.session))

    def add(self, case: Case) -> None:
        self._cases.insert_one(case_document(case), session=self._tx.session)

    def save(self, case: Case) -> None:
        done = self._cases.replace_one({"_id": case.case_id}, case_document(case), session=self._tx.session)
        if done.matched_count != 1:
            raise VersionConflict(case.case_id)

    def issue(self, certificate: Certificate) -> None:
        self._tx.db[CERTIFICATES].insert_one(certificate_document(certificate), session=self._tx.session)

    def admit(self, ticket: Ticket) -> None:
        self._tx.db[TICKETS].insert_one(ticket_document(ticket), session=self._tx.session)

    def record(self, event: AuditEvent) -> None:
        self._tx.record(event)

    def post(self, letter: Letter) -> None:
        self._tx.post(letter)


class MongoHoldings:
    """Port `Holdings`."""

    def __init__(self, database: MongoDatabase) -> None:
        self._records = database.db[RECORDS]

    def record(self, record_id: str) -> dict[str, Any]:
        row = self._records.find_one({"_id": record_id})
        if row is None:
            raise NotFound("record")
        return row


def _found(row: Document | None) -> Case:
    if row is None:
        raise NotFound("case")
    return case_of(row)


def _key(by: Caller, message: MutatingRequest, content_sha256: str) -> IdempotencyKey:
    key = idempotency_key(by, message)
    if not content_sha256:
        return key
    return replace(key, request_hash=hashlib.sha256(f"{key.request_hash}{content_sha256}".encode()).hexdigest())
