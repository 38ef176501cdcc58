"""Migrations: the only place that creates collections and indexes; numbered, under a lease, expand then contract."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.common.domain.errors import TongdangError, Unavailable
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder

COLLECTION = "schema"


class SchemaMismatch(TongdangError):
    """The database is newer or older than this program."""

    code = "SCHEMA_MISMATCH"


@dataclass(frozen=True)
class Migration:
    """One step. `number` is unique within a database; data-plane steps are below 100.

    `apply` may run again after a kill, so each of its effects is harmless when it is there already.
    """

    number: int
    name: str
    apply: Callable[[Database[Document]], None]


def create_collections(db: Database[Document], *names: str) -> None:
    """Creates those that do not exist; a transaction must never be the first to write to a collection."""
    there = set(db.list_collection_names())
    for name in names:
        if name not in there:
            db.create_collection(name)


def _data_plane(db: Database[Document]) -> None:
    create_collections(db, "outbox", "streams", "leases", "idempotency", "letters", "letter_numbers")
    db["outbox"].create_indexes(
        [
            IndexModel([("pending", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"pending": True}),
            IndexModel([("seq", ASCENDING)], unique=True, partialFilterExpression={"seq": {"$gt": 0}}),
        ]
    )
    db["idempotency"].create_index("expires_at", expireAfterSeconds=0)
    db["letters"].create_indexes(
        [
            IndexModel([("lane", ASCENDING), ("not_before", ASCENDING)], partialFilterExpression={"state": "waiting"}),
            IndexModel([("conversation", ASCENDING), ("lane", ASCENDING), ("number", ASCENDING)], unique=True),
        ]
    )


def _backups(db: Database[Document]) -> None:
    create_collections(db, "backups", "restores")


def _parked_letters(db: Database[Document]) -> None:
    """Counted every few seconds, among all letters ever delivered."""
    db["letters"].create_index("lane", name="parked", partialFilterExpression={"state": "parked"})


DATA_PLANE: tuple[Migration, ...] = (
    Migration(1, "outbox, streams, leases, idempotency, letters", _data_plane),
    Migration(2, "backups, restores", _backups),
    Migration(3, "parked letters", _parked_letters),
)


def migrate(database: MongoDatabase, migrations: Sequence[Migration], holder: str) -> None:
    """Applies what is missing, in order of number, each once.

    Raises: SchemaMismatch: the database holds a step this program does not know. Unavailable: somebody else migrates.
    """
    if _missing(database, migrations) == []:
        return
    lease = LeaseHolder(database, "migrations", holder, term_s=60)
    give_up = time.monotonic() + 90
    while lease.try_acquire() is None:
        if time.monotonic() > give_up:
            raise Unavailable("another process has been migrating for 90 s")
        time.sleep(0.2)
    try:
        for migration in _missing(database, migrations):
            migration.apply(database.db)
            database.db[COLLECTION].insert_one({"_id": migration.number, "name": migration.name})
            lease.renew()
    finally:
        lease.release()


def check_schema(database: MongoDatabase, migrations: Sequence[Migration]) -> None:
    """Raises: SchemaMismatch: run `migrate` first, or a newer program has been here."""
    missing = _missing(database, migrations)
    if missing:
        raise SchemaMismatch(f"{database.name} lacks step {missing[0].number}: run `migrate`")


def _missing(database: MongoDatabase, migrations: Sequence[Migration]) -> list[Migration]:
    applied = {int(row["_id"]) for row in database.db[COLLECTION].find({}, {"_id": 1})}
    known = {migration.number for migration in migrations}
    if applied - known:
        raise SchemaMismatch(f"{database.name} has step {max(applied - known)}, newer than this program")
    return [step for step in sorted(migrations, key=lambda step: step.number) if step.number not in applied]
