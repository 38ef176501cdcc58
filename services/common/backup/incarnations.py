"""Which incarnation of its stream a database stands in, and whether a restore has been finished."""

from enum import StrEnum

from services.common.domain.errors import TongdangError
from services.common.kafka.streams import COLLECTION as STREAMS
from services.common.mongo.database import MongoDatabase

RESTORES = "restores"


class RestoreState(StrEnum):
    """How far a restore has come."""

    LOADING = "loading"
    LOADED = "loaded"
    """All documents are back; what others still have is to be brought back before the service may start."""
    DONE = "done"


class RestoreUnfinished(TongdangError):
    """The database came from a backup and is not reconciled yet."""

    code = "RESTORE_UNFINISHED"


def incarnation_of(database: MongoDatabase) -> int:
    """1, and one more after each restore: the stream then opens anew (DESIGN §7)."""
    newest = [
        database.db[name].find_one({"incarnation": {"$gt": 0}}, sort=[("incarnation", -1)])
        for name in (STREAMS, RESTORES)
    ]
    return max(int(row["incarnation"]) if row else 1 for row in newest)


def require_restored(database: MongoDatabase) -> None:
    """Raises: RestoreUnfinished: run `restore` or `reconcile` to its end first."""
    unfinished = database.db[RESTORES].find_one({"state": {"$ne": RestoreState.DONE}})
    if unfinished is not None:
        raise RestoreUnfinished(f"{database.name}: {unfinished['state']}")
