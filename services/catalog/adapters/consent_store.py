"""Consents of the authority on MongoDB. What one covers carries it in the same transaction; a batch, chunk by chunk."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from pymongo.errors import DuplicateKeyError

from services.catalog.adapters.deferral_documents import CHUNK, DEFERRALS
from services.catalog.adapters.series_store import SERIES
from services.catalog.domain.batch_errors import AlreadySettled, LetterSettled
from services.catalog.domain.consents import Consent, ConsentState, Coverage
from services.catalog.domain.series import SeriesState
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import Clock
from services.common.domain.errors import NotFound
from services.common.domain.ids import Ids
from services.common.domain.paging import Page
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.files import BlobStore
from services.common.mongo.newest_first import newest_first
from services.common.mongo.transactions import Transactions, Tx, clash_of_keys

CONSENTS = "consents"
REGISTER_FILES = "register_files"
"""GridFS bucket of scanned consents and frozen reports."""


class MongoConsents:
    """One province's consents."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._files = BlobStore(database, REGISTER_FILES)
        self._transactions = transactions

    def keep_scan(self, scan: bytes) -> str:
        """Stores a scan and answers its SHA-256; unless a consent refers to it, it goes after a day."""
        return self._files.put(scan).sha256

    def scan(self, sha256: str) -> bytes:
        """Raises: NotFound, FixityBroken."""
        return self._files.read(sha256)

    def scans_in_use(self) -> list[str]:
        """What the sweep of the bucket leaves."""
        return [str(one) for one in self._db[CONSENTS].distinct("sha256")]

    def get(self, consent_id: str) -> Consent:
        """Raises: NotFound."""
        stored = self._db[CONSENTS].find_one({"_id": consent_id})
        if stored is None:
            raise NotFound("consent")
        return consent_of(stored)

    def list(self, archive_id: str, *, size: int, token: str) -> Page[Consent]:
        """Newest first."""
        bound: Document = {"archive_id": archive_id}
        found: Document = {"archive_id": archive_id}
        return newest_first(self._db[CONSENTS], found, consent_of, bound=bound, size=size, token=token)

    def add(self, consent: Consent, event: AuditEvent) -> None:
        """A consent that another person is to check.

        Raises: CountDiffers.
        """

        def work(tx: Tx) -> None:
            consent.require_covering(_waiting(tx, consent))
            tx.db[CONSENTS].insert_one(_document(consent), session=tx.session)
            tx.record(event)

        self._transactions.run(work)

    def settle(self, checked: Consent, event: AuditEvent) -> Consent:
        """Keeps what the second person found. Confirmed, what it covers carries it.

        Raises: LetterSettled: somebody else did; CountDiffers; AlreadySettled: the batch has its consent.
        """

        def work(tx: Tx) -> Consent:
            confirmed = checked.state is ConsentState.CONFIRMED
            if confirmed:
                checked.require_covering(_waiting(tx, checked))
            applied = _apply_at_once(tx, checked) if confirmed and not checked.coverage.batch_id else 0
            document = {**_document(checked), "applied": applied}
            document["finished"] = not confirmed or applied == checked.covers
            entered = {"_id": checked.consent_id, "state": ConsentState.ENTERED.value}
            if tx.db[CONSENTS].replace_one(entered, document, session=tx.session).matched_count != 1:
                raise LetterSettled(checked.consent_id)
            tx.record(event)
            return consent_of(document)

        try:
            return self._transactions.run(work)
        except DuplicateKeyError as clash:
            if clash_of_keys(clash):
                raise
            raise AlreadySettled("the batch has its consent") from clash


class ConsentApplication:
    """A timer's work: deferrals of a batch whose consent two have checked come to carry it, a chunk a transaction.

    It only rolls forward, so that a kill costs nothing; two replicas at once do the same work once.
    """

    def __init__(self, database: MongoDatabase, transactions: Transactions, principal: str, clock: Clock, ids: Ids):
        self._db = database.db
        self._transactions = transactions
        self._principal = principal
        self._clock = clock
        self._ids = ids

    def __call__(self) -> None:
        """Goes on with whatever is not finished."""
        for row in list(self._db[CONSENTS].find({"finished": False, "state": ConsentState.CONFIRMED.value})):
            while self._transactions.run(partial(self._some, consent_id=row["_id"])):
                pass

    def _some(self, tx: Tx, consent_id: str) -> bool:
        row = tx.db[CONSENTS].find_one({"_id": consent_id, "finished": False}, session=tx.session)
        if row is None:
            return False
        batch = {"batch_id": row["coverage"]["batch_id"], "consent_id": ""}
        waiting = tx.db[DEFERRALS].find(batch, {"_id": 1}, session=tx.session).limit(CHUNK)
        ids = [one["_id"] for one in waiting]
        if ids:
            these = {"_id": {"$in": ids}}
            tx.db[DEFERRALS].update_many(these, {"$set": {"consent_id": consent_id}}, session=tx.session)
        change = {"$inc": {"applied": len(ids)}, "$set": {"finished": not ids}}
        tx.db[CONSENTS].update_one({"_id": consent_id}, change, session=tx.session)
        by = Caller(Actor.service(self._principal), Role.SERVICE, "consent.apply", "", "", self._clock, self._ids)
        object_ = ObjectRef("consent", consent_id, row["region_id"], row["archive_id"])
        tx.record(by.granted(object_, correlation_id=consent_id, facts={"applied": len(ids)}))
        return bool(ids)


def _covered(consent: Consent) -> tuple[str, Document]:
    """Collection and filter of what waits for it."""
    coverage, own = consent.coverage, {"archive_id": consent.archive_id, "consent_id": ""}
    if coverage.series_id:
        return SERIES, {"_id": coverage.series_id, "state": SeriesState.STANDING.value, **own}
    if coverage.batch_id:
        return DEFERRALS, {"batch_id": coverage.batch_id, **own}
    return DEFERRALS, {"_id": {"$in": list(coverage.record_ids)}, **own}


def _waiting(tx: Tx, consent: Consent) -> int:
    collection, found = _covered(consent)
    return tx.db[collection].count_documents(found, session=tx.session)


def _apply_at_once(tx: Tx, consent: Consent) -> int:
    collection, found = _covered(consent)
    change: Document = {"$set": {"consent_id": consent.consent_id}}
    if consent.coverage.series_id:
        change["$inc"] = {"version": 1}
    return tx.db[collection].update_many(found, change, session=tx.session).modified_count


def _document(consent: Consent) -> Document:
    return {
        **{name: value for name, value in vars(consent).items() if name != "consent_id"},
        "_id": consent.consent_id,
        "given_on": consent.given_on.isoformat(),
        "coverage": {**vars(consent.coverage), "record_ids": list(consent.coverage.record_ids)},
        "state": consent.state.value,
        "finished": False,
    }


def consent_of(stored: Mapping[str, Any]) -> Consent:
    """Of its document."""
    fields = {name: value for name, value in stored.items() if name not in ("_id", "finished")}
    fields["given_on"] = date.fromisoformat(fields["given_on"])
    fields["state"] = ConsentState(fields["state"])
    covered = fields["coverage"]
    fields["coverage"] = Coverage(covered["batch_id"], covered["series_id"], tuple(covered["record_ids"]))
    return Consent(consent_id=stored["_id"], **fields)
