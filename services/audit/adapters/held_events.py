"""Events that arrived before one that is missing, and the bytes that a finding of the log speaks of."""

from collections.abc import Iterator

from pymongo import ReturnDocument

from services.audit.adapters.log_documents import EVIDENCE, HELD
from services.audit.domain.streams import Arrived, Place, digest
from services.common.mongo.database import MongoDatabase


class HeldEvents:
    """Kept until the gap closes; never dropped."""

    def __init__(self, database: MongoDatabase) -> None:
        self._held = database.db[HELD]

    def hold(self, arrived: Arrived) -> bool:
        """Keeps the event; False where another leaf is held under its number."""
        stored = self._held.find_one_and_update(
            {"stream": arrived.stream, "seq": arrived.seq},
            {"$setOnInsert": {"leaf": arrived.leaf, "place": arrived.place}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert stored is not None
        return bytes(stored["leaf"]) == arrived.leaf

    def following(self, stream: str, seq: int) -> Iterator[Arrived]:
        """What is held of a stream behind a number, without gap; it stays until `release`."""
        for row in self._held.find({"stream": stream, "seq": {"$gt": seq}}).sort("seq", 1):
            seq += 1
            if row["seq"] != seq:
                return
            yield Arrived(stream, seq, bytes(row["leaf"]), Place(*row["place"]) if row.get("place") else None)

    def streams(self) -> set[str]:
        """Streams of which something is held."""
        return set(self._held.distinct("stream"))

    def count(self, stream: str) -> int:
        """How many events of a stream are held."""
        return self._held.count_documents({"stream": stream})

    def release(self, stream: str, up_to: int) -> None:
        """Forgets what is in the log now."""
        self._held.delete_many({"stream": stream, "seq": {"$lte": up_to}})


class Evidence:
    """Bytes that did not become a leaf as they were. The public log holds their hash, since nobody knows what else is
    in them; the bytes stay here for who has to look."""

    def __init__(self, database: MongoDatabase) -> None:
        self._evidence = database.db[EVIDENCE]

    def keep(self, what: str, arrived: Arrived) -> None:
        """Insert-only; the same bytes are kept once."""
        fields = {"finding": what, "stream": arrived.stream, "place": str(arrived.place), "content": arrived.leaf}
        self._evidence.update_one({"_id": digest(arrived.leaf)}, {"$setOnInsert": fields}, upsert=True)
