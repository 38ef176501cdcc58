"""What the outbox needs besides being sent: an end for rows that are done."""

import time
from collections.abc import Mapping

import structlog
from kafka.errors import KafkaError

from services.common.kafka.logged import LoggedReader
from services.common.kafka.streams import COLLECTION as STREAMS
from services.common.mongo.database import MongoDatabase
from services.common.mongo.outbox import COLLECTION as OUTBOX

_SWEEP_EVERY_S = 600.0

log = structlog.get_logger()


class Upkeep:
    """Done by the relay between two sendings."""

    def __init__(self, database: MongoDatabase, logged: LoggedReader) -> None:
        self._database = database
        self._logged = logged
        self._sweep_due = time.monotonic() + _SWEEP_EVERY_S

    def sweep_when_due(self) -> None:
        """Every ten minutes; rows with audit events stay until audit says that it has logged them."""
        if time.monotonic() > self._sweep_due:
            self._sweep_due = time.monotonic() + _SWEEP_EVERY_S
            sweep_outbox(self._database, self._read())

    def _read(self) -> Mapping[str, int]:
        try:
            return self._logged.read()
        except KafkaError as problem:
            log.warning("logged-unknown", problem=type(problem).__name__)
            return {}


def sweep_outbox(database: MongoDatabase, logged: Mapping[str, int]) -> None:
    """Deletes sent rows: below the mark, and those with audit events only where `logged` reaches them.

    `logged`: stream → last audit number in a published checkpoint. A row belongs to the incarnation between whose
    marks its number lies, and its audit numbers are that incarnation's.
    """
    above = 0
    for head in database.db[STREAMS].find().sort("incarnation", 1):
        mark = int(head["mark"])
        end = {"$lte": [{"$add": ["$audit_first", "$count"]}, logged.get(head["_id"], 0) + 1]}
        done = {"$expr": {"$or": [{"$eq": ["$count", 0]}, end]}}
        database.db[OUTBOX].delete_many({"seq": {"$gt": above, "$lte": mark}, **done})
        above = mark
