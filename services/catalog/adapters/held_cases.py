"""Port `HeldCases` over MongoDB."""

from collections.abc import Sequence

from services.catalog.adapters.desk_documents import CASES, case_of
from services.catalog.application.held_cases import Held
from services.common.domain.messages import Letter
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.letters import COLLECTION as LETTERS
from services.common.mongo.letters import letter_of


class MongoHeldCases:
    """Reads cases and letters; changes neither."""

    def __init__(self, database: MongoDatabase, region_id: str) -> None:
        self._cases = database.db[CASES]
        self._letters = database.db[LETTERS]
        self._region_id = region_id

    def page(self, size: int, token: str) -> Page[Held]:
        filter_ = {"region_id": self._region_id}
        query: Document = dict(filter_)
        last = decode_token(filter_, token)
        if last is not None:
            query["_id"] = {"$gt": last[0]}
        limit = page_size(size)
        rows = list(self._cases.find(query).sort("_id", 1).limit(limit + 1))
        more = encode_token(filter_, [rows[limit - 1]["_id"]]) if len(rows) > limit else ""
        confirmed = self._confirmed([row["_id"] for row in rows[:limit]])
        return Page([Held(case_of(row), confirmed.get(row["_id"], 0)) for row in rows[:limit]], more)

    def confirmed_letters(self, leg_id: str, after: int) -> Sequence[Letter] | None:
        if self._cases.find_one({"_id": leg_id, "region_id": self._region_id}, {"_id": 1}) is None:
            return None
        found = {"conversation": leg_id, "state": "delivered", "number": {"$gt": after}}
        return [letter_of(row) for row in self._letters.find(found).sort("number", 1)]

    def _confirmed(self, leg_ids: Sequence[str]) -> dict[str, int]:
        highest: list[Document] = [
            {"$match": {"conversation": {"$in": list(leg_ids)}, "state": "delivered"}},
            {"$group": {"_id": "$conversation", "number": {"$max": "$number"}}},
        ]
        return {row["_id"]: int(row["number"]) for row in self._letters.aggregate(highest)}
