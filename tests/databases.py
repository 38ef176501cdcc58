"""Databases of a test's own on the real MongoDB. Those of a service are migrated once and handed on, emptied.

A migration makes some sixty collections and twice as many indexes, each a file that is synced: seconds, and for every
checkpoint after it a burden. Emptying takes a fraction of one second.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.migrations import Migration, migrate

_EMPTIED_WITHIN_S = 10
_ABANDONED_US = 2_000_000
"""Transactions of a service last milliseconds; one that has stood still for so long is that of a killed process."""


Indexes = dict[str, set[str]]
"""Names of the indexes, by collection."""


@dataclass
class _Kind:
    """Databases with the same migrations. `seeded`: documents that the migrations leave in them, by collection."""

    free: list[str] = field(default_factory=list)
    seeded: dict[str, list[Any]] = field(default_factory=dict)
    indexes: Indexes = field(default_factory=dict)


class _Lent(MongoDatabase):
    """Is free again once it is closed."""

    def __init__(self, uri: str, name: str, kind: _Kind) -> None:
        super().__init__(uri, name)
        self._kind = kind

    def close(self) -> None:
        super().close()
        self._kind.free.append(self.name)


class TestDatabases:
    """Of one server, as its administrator."""

    __test__ = False

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._numbers = itertools.count(1)
        self._kinds: dict[tuple[tuple[int, str], ...], _Kind] = {}

    def fresh(self, name: str) -> MongoDatabase:
        """One that nobody used before, without anything in it."""
        return MongoDatabase(self._uri, self._name(name))

    def migrated(self, name: str, migrations: Sequence[Migration]) -> MongoDatabase:
        """As a service begins with it. Closing it lets another test have it."""
        kind = self._kinds.setdefault(tuple((step.number, step.name) for step in migrations), _Kind())
        while kind.free:
            database = _Lent(self._uri, kind.free.pop(), kind)
            try:
                with pymongo.timeout(_EMPTIED_WITHIN_S):
                    if _emptied(database, kind):
                        return database
            except PyMongoError:
                pass  # somebody who was killed still holds something of it
            database.client.close()
        database = _Lent(self._uri, self._name(name), kind)
        migrate(database, migrations, "test")
        kind.indexes = _indexes(database)
        kind.seeded = {one: list(database.db[one].find()) for one in kind.indexes}
        return database

    def _name(self, name: str) -> str:
        return f"test_{name}_{next(self._numbers)}"


def _emptied(database: MongoDatabase, kind: _Kind) -> bool:
    """Whether it is as its migrations left it; one that a test took apart is not."""
    _end_abandoned(database)
    found = _indexes(database)
    for name in found.keys() - kind.indexes.keys():
        database.db.drop_collection(name)
    if any(found.get(name) != indexes for name, indexes in kind.indexes.items()):
        return False
    for name in _filled(database, list(kind.indexes)):
        database.db[name].delete_many({})
    for name, documents in kind.seeded.items():
        if documents:
            database.db[name].insert_many(documents)
    return True


def _indexes(database: MongoDatabase) -> Indexes:
    """Of all collections by one command; one a collection would be most of the time of a short test."""
    stages: list[Document] = [{"$listCatalog": {}}, {"$match": {"db": database.name, "type": "collection"}}]
    catalogue = database.client.admin.aggregate(stages)
    return {one["name"]: {index["spec"]["name"] for index in one["md"]["indexes"]} for one in catalogue}


def _filled(database: MongoDatabase, names: Sequence[str]) -> list[str]:
    """Collections with anything in them."""

    def first(name: str) -> list[Document]:
        return [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}]

    others = [{"$unionWith": {"coll": name, "pipeline": first(name)}} for name in names[1:]]
    return [one["name"] for one in database.db[names[0]].aggregate([*first(names[0]), *others])]


def _end_abandoned(database: MongoDatabase) -> None:
    """As the server does by itself after a minute."""
    admin = database.client.admin
    standing = {"active": False, "transaction.timeOpenMicros": {"$gt": _ABANDONED_US}}
    found = admin.aggregate([{"$currentOp": {"allUsers": True, "idleSessions": True}}, {"$match": standing}])
    sessions = [{"id": one["lsid"]["id"]} for one in found]
    if sessions:
        admin.command("killSessions", sessions)
