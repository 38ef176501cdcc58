"""Units' letters and the register of disagreements on MongoDB."""

from collections.abc import Sequence

from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.opinion_documents import (
    DISAGREEMENTS,
    LETTER_SCANS,
    LETTERS,
    disagreement_of,
    letter_of,
    outcome_document,
)
from services.catalog.adapters.subjects import NOT_LISTED, SOURCES, matter_of
from services.catalog.application.review_ports import RecordFields
from services.catalog.domain.batch_errors import AlreadySettled
from services.catalog.domain.opinions import Disagreement, UnitLetter
from services.catalog.domain.record import AccessStatus
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound
from services.common.domain.paging import Page
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.files import BlobStore
from services.common.mongo.newest_first import newest_first
from services.common.mongo.transactions import Transactions, Tx

_RE_REVIEWED: Document = {"access_status": AccessStatus.DEFERRED.value, "reevaluate_on": None}
"""A deferred record that a list of re-reviews took; whoever frees it says when it is due again (rule D5)."""


class MongoOpinions:
    """One province's letters and disagreements; letters are written within a batch's transaction."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._scans = BlobStore(database, LETTER_SCANS)
        self._transactions = transactions

    def keep_scan(self, scan: bytes) -> str:
        """Stores a scan and answers its SHA-256; unless a letter refers to it, it goes after a day."""
        return self._scans.put(scan).sha256

    def scan(self, sha256: str) -> bytes:
        """Raises: NotFound, FixityBroken."""
        return self._scans.read(sha256)

    def scans_in_use(self) -> list[str]:
        """What the sweep of the bucket leaves."""
        return [str(one) for one in self._db[LETTERS].distinct("sha256")]

    def letter(self, letter_id: str) -> UnitLetter:
        """Raises: NotFound."""
        stored = self._db[LETTERS].find_one({"_id": letter_id})
        if stored is None:
            raise NotFound("letter")
        return letter_of(stored)

    def letters(self, batch_id: str) -> list[UnitLetter]:
        """Newest first."""
        return [letter_of(row) for row in self._db[LETTERS].find({"batch_id": batch_id}).sort("_id", -1)]

    def disagreement(self, disagreement_id: str) -> tuple[Disagreement, RecordFields]:
        """With its record.

        Raises: NotFound.
        """
        stored = self._db[DISAGREEMENTS].find_one({"_id": disagreement_id})
        if stored is None:
            raise NotFound("disagreement")
        return self._with_records([stored])[0]

    def disagreements(
        self, archive_id: str, unit_id: str | None, open_only: bool, *, size: int, token: str
    ) -> Page[tuple[Disagreement, RecordFields]]:
        """Newest first; `unit_id` None for all."""
        bound: Document = {"archive_id": archive_id, "unit_id": unit_id, "open_only": open_only}
        found: Document = {"archive_id": archive_id}
        if unit_id is not None:
            found["unit_id"] = unit_id
        if open_only:
            found["outcome"] = None
        page = newest_first(self._db[DISAGREEMENTS], found, dict, bound=bound, size=size, token=token)
        return Page(self._with_records(page.items), page.next_token)

    def settle(self, settled: Disagreement, event: AuditEvent) -> None:
        """Keeps the outcome; its record may come on a later list, where it follows the outcome.

        Raises: AlreadySettled.
        """
        assert settled.outcome is not None
        outcome = outcome_document(settled.outcome)

        def work(tx: Tx) -> None:
            open_ = {"_id": settled.disagreement_id, "outcome": None}
            change = {"$set": {"outcome": outcome}}
            if tx.db[DISAGREEMENTS].update_one(open_, change, session=tx.session).matched_count != 1:
                raise AlreadySettled(settled.disagreement_id)
            held = {"_id": settled.record_id, "batch_id": settled.batch_id}
            matter = matter_of(tx.db, settled.batch_id, tx.session)
            source = tx.db[SOURCES[matter]]
            due = {"$set": {"reevaluate_on": outcome["decided_on"]}}
            source.update_one({**held, **_RE_REVIEWED}, due, session=tx.session)
            free = {"$set": {"batch_id": NOT_LISTED[matter], "mechanism": outcome["decision"]}}
            source.update_one(held, free, session=tx.session)
            tx.record(event)

        self._transactions.run(work)

    def _with_records(self, rows: Sequence[Document]) -> list[tuple[Disagreement, RecordFields]]:
        wanted = {"_id": {"$in": [row["record_id"] for row in rows]}}
        records = {one["_id"]: one for one in self._db[RECORDS].find(wanted)}
        return [(disagreement_of(row), records[row["record_id"]]) for row in rows if row["record_id"] in records]
