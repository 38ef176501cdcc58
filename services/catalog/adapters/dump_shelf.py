"""The dumps a province offers: a document each, whose files were written before it.

Retracting an entry takes every document away in its own transaction, so that no dump outlives an entry it holds. The
one document of `dump_state` counts retractions: both a retraction and an offer write it, so of two at once one sees
the other.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

from bson import ObjectId
from pymongo import DESCENDING, IndexModel
from pymongo.database import Database

from services.catalog.adapters.dump_files import BUCKET, DumpFiles, PackedFile
from services.catalog.domain.dumps import CatalogueMoved, Dump, DumpGone
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.canonical import sha256_hex
from services.common.domain.open_dump import JSON_LINES, DataFile
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.files import create_bucket
from services.common.mongo.migrations import create_collections
from services.common.mongo.transactions import Transactions, Tx

DUMPS, STATE = "dumps", "dump_state"
_STATE_ID = "retractions"


def create_dump_collections(db: Database[Document]) -> None:
    """Collections and indexes; for the migrations only. Idempotent."""
    create_collections(db, DUMPS, STATE)
    db[DUMPS].create_indexes([IndexModel([("made_at", DESCENDING)], name="newest")])
    create_bucket(db, BUCKET)
    db[STATE].update_one({"_id": _STATE_ID}, {"$setOnInsert": {"count": 0}}, upsert=True)


def withdraw_dumps(tx: Tx) -> None:
    """From the commit on nothing is offered that holds a retracted entry; the worker writes a new one."""
    tx.db[STATE].update_one({"_id": _STATE_ID}, {"$inc": {"count": 1}}, session=tx.session)
    tx.db[DUMPS].delete_many({}, session=tx.session)


class DumpState:
    """What the worker looks at besides the dumps themselves."""

    def __init__(self, database: MongoDatabase) -> None:
        self._state = database.db[STATE]

    def retractions(self) -> int:
        """How many there were, to see whether one more was since."""
        return int(self._read()["count"])

    def want(self, at: datetime) -> None:
        """Somebody wants a dump at once."""
        self._state.update_one({"_id": _STATE_ID}, {"$set": {"wanted_at": at}})

    def wanted_at(self) -> datetime | None:
        """When somebody wanted one last."""
        wanted: datetime | None = self._read().get("wanted_at")
        return wanted

    def _read(self) -> Document:
        return self._state.find_one({"_id": _STATE_ID}) or {"count": 0}


class MongoShelf:
    """`Shelf` of one dump that is being written after `retractions` retractions; `fence` fails once the lease is lost.

    `keep`: dumps offered at a time.
    """

    def __init__(
        self,
        database: MongoDatabase,
        transactions: Transactions,
        keep: int,
        retractions: int = 0,
        fence: Callable[[Tx], None] = lambda _: None,
    ) -> None:
        self._dumps = database.db[DUMPS]
        self._transactions = transactions
        self._keep = keep
        self._retractions = retractions
        self._fence = fence
        self._files = DumpFiles(database)

    def writing(self, dump_id: str, name: str) -> AbstractContextManager[PackedFile]:
        return self._files.writing(dump_id, name)

    def offer(self, dump: Dump, *, by: Caller) -> None:
        facts: dict[str, str | int | bool] = {
            "entries": next(one.rows for one in dump.files if one.name == JSON_LINES),
            "manifest_sha256": sha256_hex(dump.manifest),
        }

        def work(tx: Tx) -> None:
            self._fence(tx)
            same = {"_id": _STATE_ID, "count": self._retractions}
            if tx.db[STATE].update_one(same, {"$inc": {"offers": 1}}, session=tx.session).matched_count != 1:
                raise CatalogueMoved(dump.dump_id)
            tx.db[DUMPS].insert_one(_document(dump), session=tx.session)
            newest = tx.db[DUMPS].find({}, {"_id": 1}, session=tx.session).sort("made_at", -1).limit(self._keep)
            tx.db[DUMPS].delete_many({"_id": {"$nin": [row["_id"] for row in newest]}}, session=tx.session)
            tx.record(by.granted(ObjectRef("dump", dump.dump_id), facts=facts))

        self._transactions.run(work)

    def offered(self) -> Sequence[Dump]:
        return [_dump(row) for row in self._dumps.find().sort("made_at", -1)]

    def get(self, dump_id: str) -> Dump | None:
        row = self._dumps.find_one({"_id": dump_id})
        return _dump(row) if row else None

    def read(self, dump_id: str, name: str, offset: int, length: int) -> bytes:
        content = self._files.read(dump_id, name, offset, length)
        if self._dumps.find_one({"_id": dump_id}, {"_id": 1}) is None:
            raise DumpGone(dump_id)
        return content

    def sweep(self) -> None:
        """Deletes files of dumps that are not offered.

        Each under the fence: a former holder would else take away what its successor is writing. Raises: LeaseLost.
        """
        for file_id in self._files.surplus(set(self._dumps.distinct("_id"))):
            self._transactions.run(partial(self._delete, file_id))

    def _delete(self, file_id: ObjectId, tx: Tx) -> None:
        self._fence(tx)
        self._files.delete(tx, file_id)


def _document(dump: Dump) -> Document:
    return {
        "_id": dump.dump_id,
        "made_at": dump.made_at,
        "manifest": dump.manifest,
        "signature": dump.signature,
        "files": [vars(one) for one in dump.files],
    }


def _dump(row: Document) -> Dump:
    files = [DataFile(**one) for one in row["files"]]
    return Dump(row["_id"], row["made_at"], bytes(row["manifest"]), bytes(row["signature"]), files)
