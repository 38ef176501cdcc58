"""Port `Legs` over MongoDB."""

from collections.abc import Sequence

from services.common.domain.messages import Letter
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.letters import COLLECTION as LETTERS
from services.common.mongo.letters import letter_of
from services.requests.adapters.mongo_requests import COLLECTION, request_of
from services.requests.domain.request import RetrievalRequest


class MongoLegs:
    """Reads requests and letters; changes neither."""

    def __init__(self, database: MongoDatabase) -> None:
        self._requests = database.db[COLLECTION]
        self._letters = database.db[LETTERS]

    def of_region(self, region_id: str, size: int, token: str) -> Page[tuple[RetrievalRequest, int]]:
        filter_ = {"record.region_id": region_id}
        query: Document = dict(filter_)
        last = decode_token(filter_, token)
        if last is not None:
            query["leg_id"] = {"$gt": last[0]}
        limit = page_size(size)
        rows = list(self._requests.find(query).sort("leg_id", 1).limit(limit + 1))
        more = encode_token(filter_, [rows[limit - 1]["leg_id"]]) if len(rows) > limit else ""
        confirmed = self._confirmed([row["leg_id"] for row in rows[:limit]])
        return Page([(request_of(row), confirmed.get(row["leg_id"], 0)) for row in rows[:limit]], more)

    def of_leg(self, leg_id: str, region_id: str) -> tuple[RetrievalRequest, int] | None:
        row = self._requests.find_one({"leg_id": leg_id, "record.region_id": region_id})
        return None if row is None else (request_of(row), self._confirmed([leg_id]).get(leg_id, 0))

    def confirmed_letters(self, leg_id: str, region_id: str, after: int) -> Sequence[Letter] | None:
        if self._requests.find_one({"leg_id": leg_id, "record.region_id": region_id}, {"_id": 1}) is None:
            return None
        found = {"conversation": leg_id, "state": "delivered", "number": {"$gt": after}}
        return [letter_of(row) for row in self._letters.find(found).sort("number", 1)]

    def _confirmed(self, leg_ids: Sequence[str]) -> dict[str, int]:
        highest: list[Document] = [
            {"$match": {"conversation": {"$in": list(leg_ids)}, "state": "delivered"}},
            {"$group": {"_id": "$conversation", "number": {"$max": "$number"}}},
        ]
        return {row["_id"]: int(row["number"]) for row in self._letters.aggregate(highest)}
