"""The officers as the realm step last saw them in Keycloak."""

from collections.abc import Sequence

from services.auth.application.names import Officer
from services.common.mongo.database import MongoDatabase

COLLECTION = "officers"


class MongoDirectory:
    """`Directory` over a collection that the realm step keeps; citizens are not in it."""

    def __init__(self, database: MongoDatabase) -> None:
        self._officers = database.db[COLLECTION]

    def officers(self, pseudonyms: Sequence[str]) -> list[Officer]:
        found = self._officers.find({"_id": {"$in": list(pseudonyms)}})
        return [Officer(row["_id"], row["name"], row["role"]) for row in found]

    def keep(self, officers: Sequence[Officer]) -> None:
        """Stores names and roles. A deleted account stays, since its deeds do."""
        for officer in officers:
            change = {"$set": {"name": officer.name, "role": officer.role}}
            self._officers.update_one({"_id": officer.pseudonym}, change, upsert=True)
