"""`rule_versions` and `sensitive_words`: two collections that are only ever added to.

Each document has the next number of its line as its key, so that of two changes at once one sees the other.
"""

from collections.abc import Callable

from bson import Binary
from pymongo import DESCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.catalog.application.rules import UsedTable
from services.catalog.domain.rules.versions import RuleTable
from services.catalog.domain.word_list import WordChange, WordList
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.migrations import create_collections
from services.common.mongo.transactions import Transactions, Tx

RULE_VERSIONS = "rule_versions"
SENSITIVE_WORDS = "sensitive_words"


def create_rule_collections(db: Database[Document]) -> None:
    """For the migrations only; keys are all the indexes they need. Idempotent."""
    create_collections(db, RULE_VERSIONS, SENSITIVE_WORDS)


class MongoRuleVersions:
    """The tables a province has used: `_id` 1, 2, …"""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._versions = database.db[RULE_VERSIONS]
        self._transactions = transactions

    def list(self, *, size: int, token: str) -> Page[UsedTable]:
        before = decode_token({}, token)
        found: Document = {"_id": {"$lt": before[0]}} if before else {}
        limit = page_size(size)
        rows = list(self._versions.find(found).sort("_id", DESCENDING).limit(limit + 1))
        latest = self._latest()
        token = encode_token({}, [rows[limit - 1]["_id"]]) if len(rows) > limit else ""
        return Page([_used(row, latest) for row in rows[:limit]], token)

    def current(self) -> UsedTable:
        latest = self._latest()
        if latest is None:
            raise NotFound("no rule table is in use yet")
        return _used(latest, latest)

    def find(self, version: str) -> UsedTable | None:
        row = self._versions.find_one({"version": version}, sort=[("_id", DESCENDING)])
        return _used(row, self._latest()) if row else None

    def put_in_use(self, table: RuleTable, event: Callable[[str], AuditEvent]) -> bool:
        def work(tx: Tx) -> bool:
            last = self._latest(tx.session)
            former = last["version"] if last else ""
            if former == table.version:
                return False
            made = event(former)
            row = {
                "_id": (last["_id"] if last else 0) + 1,
                "version": table.version,
                "name": table.name,
                "canonical": Binary(table.canonical),
                "since": made.time,
            }
            tx.db[RULE_VERSIONS].insert_one(row, session=tx.session)
            tx.record(made)
            return True

        return self._transactions.run(work)

    def _latest(self, session: ClientSession | None = None) -> Document | None:
        return self._versions.find_one(sort=[("_id", DESCENDING)], session=session)


class MongoWords:
    """The changes of each archive to its words: `_id` {archive_id, number}."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._transactions = transactions

    def get(self, archive_id: str) -> WordList:
        return WordList.of(map(_change, self._rows(archive_id, None)))

    def change(
        self, archive_id: str, work: Callable[[WordList], WordChange], event: Callable[[str, WordList], AuditEvent]
    ) -> WordList:
        def apply(tx: Tx) -> WordList:
            rows = self._rows(archive_id, tx.session)
            changes = [_change(row) for row in rows]
            change = work(WordList.of(changes))
            number = len(rows) + 1
            row = {"_id": {"archive_id": archive_id, "number": number}, **vars(change)}
            tx.db[SENSITIVE_WORDS].insert_one(row, session=tx.session)
            after = WordList.of([*changes, change])
            tx.record(event(f"{archive_id}/{number}", after))
            return after

        return self._transactions.run(apply)

    def _rows(self, archive_id: str, session: ClientSession | None) -> list[Document]:
        """In the order of the changes, by the key's own index."""
        bounds = {"$gte": {"archive_id": archive_id, "number": 0}, "$lt": {"archive_id": archive_id, "number": 2**53}}
        return list(self._db[SENSITIVE_WORDS].find({"_id": bounds}, session=session).sort("_id", 1))


def _used(row: Document, latest: Document | None) -> UsedTable:
    in_use = latest is not None and row["_id"] == latest["_id"]
    return UsedTable(RuleTable(row["name"], bytes(row["canonical"])), row["since"], in_use)


def _change(row: Document) -> WordChange:
    return WordChange(**{name: value for name, value in row.items() if name != "_id"})
