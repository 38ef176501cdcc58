"""The newest checkpoint that a quorum of witnesses cosigned."""

from dataclasses import dataclass
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from services.audit.adapters.log_documents import COSIGNED
from services.common.mongo.database import MongoDatabase

_ID = "newest"


@dataclass(frozen=True)
class CosignedCheckpoint:
    """The note with its witnesses' lines, the size it speaks of, and when the log signed it."""

    note: str
    size: int
    signed_at: datetime


class CosignedLog:
    """One document, which never goes back to a smaller size."""

    def __init__(self, database: MongoDatabase) -> None:
        self._documents = database.db[COSIGNED]

    def newest(self) -> CosignedCheckpoint | None:
        """None before the first."""
        row = self._documents.find_one({"_id": _ID})
        return CosignedCheckpoint(row["note"], int(row["size"]), row["signed_at"]) if row else None

    def keep(self, one: CosignedCheckpoint) -> None:
        """Durable when it returns; a smaller one than what stands there is left out."""
        changed = {"note": one.note, "size": one.size, "signed_at": one.signed_at}
        try:
            self._documents.update_one({"_id": _ID, "size": {"$lte": one.size}}, {"$set": changed}, upsert=True)
        except DuplicateKeyError:
            return  # a larger one stands there, so the filter found nothing and the insert did
