"""People's signing keys while the key that wraps them is replaced."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.auth.adapters.migrations import MIGRATIONS
from services.auth.adapters.signing_keys import (
    COLLECTION,
    KeyEncryptionKeyWrong,
    MongoSigningKeys,
    Rewrapped,
    Wrapping,
    rewrap,
)
from services.common.mongo.database import MongoDatabase
from services.common.mongo.transactions import Transactions
from tests.integration.dataplane.ground import CLOCK, IDS, audit_event

pytestmark = pytest.mark.integration

OLD, NEW, FOREIGN = (os.urandom(32) for _ in range(3))
PEOPLE = [letter * 32 for letter in "abc"]


@pytest.fixture
def database(engines: Any) -> Iterator[MongoDatabase]:
    database = engines.databases.migrated("auth", MIGRATIONS)
    yield database
    database.close()


def public_keys(database: MongoDatabase, wrapping: Wrapping) -> list[bytes]:
    """Of everybody, after a signature by each that verifies."""
    keys = MongoSigningKeys(Transactions(database, IDS, CLOCK), wrapping)
    found = []
    for person in PEOPLE:
        signature, public = keys.sign(person, b"root", audit_event())
        Ed25519PublicKey.from_public_bytes(public).verify(signature, b"root")
        found.append(public)
    return found


def stored(database: MongoDatabase) -> dict[str, bytes]:
    return {row["_id"]: bytes(row["wrapped"]) for row in database.db[COLLECTION].find()}


def test_a_replaced_key_encryption_key_keeps_everybodys_key(database: MongoDatabase) -> None:
    before = public_keys(database, Wrapping(OLD))

    assert public_keys(database, Wrapping(NEW, [OLD])) == before, "both are mounted: people go on signing"
    assert rewrap(database, Wrapping(NEW, [OLD])) == Rewrapped(3, 0)
    assert rewrap(database, Wrapping(NEW, [OLD])) == Rewrapped(0, 3), "repeated, it finds nothing to do"
    assert public_keys(database, Wrapping(NEW)) == before
    with pytest.raises(KeyEncryptionKeyWrong):
        public_keys(database, Wrapping(OLD))


def test_a_key_that_opens_under_none_stops_it_before_anything_is_written(database: MongoDatabase) -> None:
    public_keys(database, Wrapping(OLD))
    first = PEOPLE[0]
    database.db[COLLECTION].update_one({"_id": first}, {"$set": {"wrapped": Wrapping(FOREIGN).wrap(first, b"x" * 32)}})
    before = stored(database)

    with pytest.raises(KeyEncryptionKeyWrong):
        rewrap(database, Wrapping(NEW, [OLD]))

    assert stored(database) == before


def test_interrupted_it_goes_on_where_it_was(database: MongoDatabase) -> None:
    before = public_keys(database, Wrapping(OLD))
    first = PEOPLE[0]
    old = stored(database)[first]
    database.db[COLLECTION].update_one(
        {"_id": first}, {"$set": {"wrapped": Wrapping(NEW).wrap(first, Wrapping(OLD).unwrap(first, old))}}
    )

    assert rewrap(database, Wrapping(NEW, [OLD])) == Rewrapped(2, 1)
    assert public_keys(database, Wrapping(NEW)) == before


def test_a_wrapped_key_opens_for_its_owner_alone() -> None:
    wrapped = Wrapping(OLD).wrap(PEOPLE[0], b"k" * 32)

    with pytest.raises(KeyEncryptionKeyWrong):
        Wrapping(OLD).unwrap(PEOPLE[1], wrapped)
