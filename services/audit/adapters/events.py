"""`Events` on MongoDB."""

from collections.abc import Sequence
from dataclasses import replace

from services.audit.adapters.leaves import Leaves
from services.audit.adapters.log_documents import ENTRIES, LOOKS, entry_document, logged_of
from services.audit.application.supervise import EventFilter, Look
from services.audit.domain.trail import Logged
from services.common.domain.errors import InvalidPageToken
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase

_EQUAL = ("action", "outcome", "actor", "region_id", "archive_id", "object_id")


class MongoEvents:
    """Reads what the log wrote; writes only why somebody looked."""

    def __init__(self, database: MongoDatabase) -> None:
        self._entries = database.db[ENTRIES]
        self._leaves = Leaves(database.db)
        self._looks = database.db[LOOKS]

    def search(self, filter_: EventFilter, *, size: int, token: str) -> Page[Logged]:
        found: Document = {name: value for name in _EQUAL if (value := getattr(filter_, name))}
        if filter_.after or filter_.before:
            found["time"] = {
                **({"$gte": filter_.after} if filter_.after else {}),
                **({"$lt": filter_.before} if filter_.before else {}),
            }
        if filter_.regions is not None and "region_id" not in found:
            found["region_id"] = {"$in": list(filter_.regions)}
        bound = {key: str(value) for key, value in vars(filter_).items()}
        after = decode_token(bound, token)
        if after is not None:
            if len(after) != 1 or not isinstance(after[0], int):
                raise InvalidPageToken
            found["_id"] = {"$lt": after[0]}
        limit = page_size(size)
        rows = list(self._entries.find(found).sort("_id", -1).limit(limit + 1))
        items = self._with_leaves([logged_of(row) for row in rows[:limit]])
        return Page(items, encode_token(bound, [items[-1].leaf_index]) if len(rows) > limit else "")

    def correlated(self, correlation: str, regions: tuple[str, ...] | None, limit: int) -> list[Logged]:
        named = self._entries.find_one({"request_number": correlation}, {"correlation_id": 1})
        found: Document = {"correlation_id": named["correlation_id"] if named else correlation}
        if regions is not None:
            found["region_id"] = {"$in": list(regions)}
        rows = self._entries.find(found).sort("_id", 1).limit(limit)
        return [logged_of(row) for row in rows]

    def one(self, leaf_index: int) -> Logged | None:
        found = self._leaves.read(leaf_index, 1)
        if not found:
            return None
        [leaf] = found
        return logged_of({**entry_document(leaf.index, leaf.stream, leaf.seq, leaf.content), "leaf": leaf.content})

    def leaves(self, indexes: Sequence[int]) -> dict[int, bytes]:
        return {index: leaf.content for index, leaf in self._leaves.some(indexes).items()}

    def _with_leaves(self, events: list[Logged]) -> list[Logged]:
        leaves = self.leaves([event.leaf_index for event in events])
        return [replace(event, leaf=leaves[event.leaf_index]) for event in events]

    def keep(self, look: Look) -> None:
        self._looks.insert_one({"_id": look.event_id, "salt": look.salt, "purpose": look.purpose, "at": look.at})
