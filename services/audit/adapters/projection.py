"""What supervision searches by, written behind the head from the leaves; it can be thrown away and made again."""

import threading

import structlog
from pymongo import WriteConcern
from pymongo.errors import BulkWriteError, PyMongoError

from services.audit.adapters.leaves import Leaves
from services.audit.adapters.log_documents import ENTRIES, PROJECTION, entry_document
from services.audit.adapters.log_store import LogStore
from services.common.domain.errors import Unavailable
from services.common.mongo.database import MongoDatabase

_AT_ONCE = 1_024
_LOOK_AGAIN_S = 1.0
_REST_S = 0.5
"""Once all can be found: what is appended close behind is then written together, for as much as one leaf costs."""
_GIVE_WAY_S = 0.25
_TOO_FAR_BEHIND = 100_000
"""Leaves; up to here the log itself goes first, so that a burst is signed before it can be searched."""
_DUPLICATE = 11000

log = structlog.get_logger()


class Projection:
    """A thread of the process that appends."""

    name = "projection"

    def __init__(self, database: MongoDatabase, store: LogStore) -> None:
        self._leaves = Leaves(database.db)
        # One replica's word is enough: rows and cursor follow one another in the oplog, so neither is lost alone.
        quick = WriteConcern(w=1, j=False)
        self._entries = database.db.get_collection(ENTRIES, write_concern=quick)
        self._cursors = database.db.get_collection(PROJECTION, write_concern=quick)
        self._store = store
        self._behind = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="projection", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._store.appended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=9)

    def check(self) -> None:
        """Raises: Unavailable: the thread died."""
        if not self._thread.is_alive():
            raise Unavailable(self.name)

    def catch_up(self) -> None:
        """Until every leaf below the head can be found."""
        while not self._stop.is_set() and self._next():
            pass

    def _run(self) -> None:
        while not self._stop.is_set():
            self._store.appended.wait(_LOOK_AGAIN_S)
            self._store.appended.clear()
            try:
                while not self._stop.is_set() and self._next():
                    self._give_way()
                self._stop.wait(_REST_S)
            except PyMongoError as problem:
                log.warning("projection-interrupted", problem=type(problem).__name__)
                self._stop.wait(_LOOK_AGAIN_S)

    def _give_way(self) -> None:
        """To a log that is being appended to."""
        if self._store.appended.is_set() and self._behind < _TOO_FAR_BEHIND:
            self._store.appended.clear()
            self._stop.wait(_GIVE_WAY_S)

    def _next(self) -> bool:
        """Writes the next rows; False when there were none."""
        cursor = self._cursors.find_one({"_id": ENTRIES}) or {"size": 0}
        first = int(cursor["size"])
        self._behind = self._store.size() - first
        if self._behind <= 0:
            return False
        found = self._leaves.read(first, min(_AT_ONCE, self._behind))
        rows = [entry_document(leaf.index, leaf.stream, leaf.seq, leaf.content) for leaf in found]
        try:
            self._entries.insert_many(rows, ordered=False)
        except BulkWriteError as clash:
            if any(error["code"] != _DUPLICATE for error in clash.details["writeErrors"]):
                raise
        self._cursors.update_one({"_id": ENTRIES}, {"$max": {"size": found[-1].index + 1}}, upsert=True)
        return True
