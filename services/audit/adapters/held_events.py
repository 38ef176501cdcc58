"""Events that arrived before one that is missing."""

from services.audit.adapters.log_documents import HELD
from services.audit.domain.streams import Arrived
from services.common.metrics import LOG_HELD
from services.common.mongo.database import MongoDatabase


class HeldEvents:
    """Kept until the gap closes; never dropped."""

    def __init__(self, database: MongoDatabase) -> None:
        self._held = database.db[HELD]

    def hold(self, arrived: Arrived) -> bool:
        """Whether it is the first one held of its stream."""
        first = self._held.find_one({"stream": arrived.stream}) is None
        key = {"stream": arrived.stream, "seq": arrived.seq}
        self._held.update_one(key, {"$setOnInsert": {"leaf": arrived.leaf}}, upsert=True)
        LOG_HELD.set(self._held.estimated_document_count())
        return first

    def take(self, stream: str, seq: int) -> Arrived | None:
        """The held event with this number, if any; it stays until `release`."""
        found = self._held.find_one({"stream": stream, "seq": seq})
        return Arrived(stream, seq, bytes(found["leaf"])) if found else None

    def any(self, stream: str) -> bool:
        """Whether something of a stream is held."""
        return self._held.find_one({"stream": stream}, {"_id": 1}) is not None

    def release(self, stream: str, up_to: int) -> None:
        """Forgets what is in the log now."""
        self._held.delete_many({"stream": stream, "seq": {"$lte": up_to}})
        LOG_HELD.set(self._held.estimated_document_count())
