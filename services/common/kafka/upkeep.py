"""What the outbox needs besides being sent: an end for rows that are done."""

import time

from services.common.kafka.streams import COLLECTION as STREAMS
from services.common.kafka.streams import Stream
from services.common.mongo.database import MongoDatabase
from services.common.mongo.outbox import COLLECTION as OUTBOX

_SWEEP_EVERY_S = 600.0


class Upkeep:
    """Done by the relay between two sendings."""

    def __init__(self, database: MongoDatabase, stream: Stream) -> None:
        self._database = database
        self._stream = stream
        self._swept_to = 0
        self._sweep_due = time.monotonic() + _SWEEP_EVERY_S

    def sweep_when_due(self) -> None:
        """Every ten minutes; rows with audit events stay until the audit service can say what it has logged."""
        if time.monotonic() > self._sweep_due:
            self._sweep_due = time.monotonic() + _SWEEP_EVERY_S
            self._swept_to = sweep_outbox(self._database, self._stream.id, above=self._swept_to)


def sweep_outbox(database: MongoDatabase, stream_id: str, *, above: int = 0, logged_below: int = 0) -> int:
    """Deletes sent rows: below the mark, and those with audit events only below what the audit service has logged.

    `above`: rows up to this `seq` were swept before. `logged_below`: audit sequence number up to which (exclusive) the
    audit log holds the stream. Returns the mark, up to which it has looked.
    """
    head = database.db[STREAMS].find_one({"_id": stream_id})
    if head is None:
        return above
    mark = int(head["mark"])
    logged = {"$lte": [{"$add": ["$audit_first", "$count"]}, logged_below]}
    done = {"$expr": {"$or": [{"$eq": ["$count", 0]}, logged]}}
    database.db[OUTBOX].delete_many({"seq": {"$gt": above, "$lte": mark}, **done})
    return mark
