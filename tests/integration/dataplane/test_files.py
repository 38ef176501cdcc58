"""The content-addressed store on a real GridFS."""

import os
import threading
from datetime import timedelta

import pytest
from bson import ObjectId

from services.common.domain.errors import NotFound
from services.common.mongo.database import MongoDatabase
from services.common.mongo.files import BlobStore, FixityBroken, create_bucket
from tests.integration.dataplane.ground import CLOCK

pytestmark = pytest.mark.integration

SM3_OF_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
"""GB/T 32905-2016, annex A.1."""


@pytest.fixture
def store(database: MongoDatabase) -> BlobStore:
    create_bucket(database.db, "vault")
    return BlobStore(database)


def test_a_file_is_found_under_its_digest_and_its_sm3_is_the_standards(store: BlobStore) -> None:
    stored = store.put(b"abc")
    assert stored.sm3 == SM3_OF_ABC
    assert stored.size == store.size(stored.sha256) == 3
    assert store.read(stored.sha256) == b"abc"
    with pytest.raises(NotFound):
        store.read("0" * 64)


def test_a_range_crosses_chunks_and_ends_with_the_file(store: BlobStore) -> None:
    content = os.urandom(700_000)
    stored = store.put(content)
    assert store.read_range(stored.sha256, 255_000, 300_000) == content[255_000:555_000]
    assert store.read_range(stored.sha256, 699_990, 100) == content[-10:]
    assert store.read_range(stored.sha256, 800_000, 100) == b""


def test_the_same_bytes_put_by_many_at_once_stay_whole(store: BlobStore) -> None:
    content = os.urandom(900_000)
    gate = threading.Barrier(6)

    def put() -> None:
        gate.wait()
        store.put(content)

    threads = [threading.Thread(target=put) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read(store.put(content).sha256) == content


def test_a_changed_byte_is_not_delivered(store: BlobStore, database: MongoDatabase) -> None:
    stored = store.put(b"a deed")
    database.db["vault.chunks"].update_one({}, {"$set": {"data": b"a dead"}})
    with pytest.raises(FixityBroken):
        store.read(stored.sha256)


def test_every_file_is_read_anew_and_the_damaged_and_the_truncated_are_named(
    store: BlobStore, database: MongoDatabase
) -> None:
    whole, changed, cut = (store.put(content).sha256 for content in (b"whole", b"changed", os.urandom(300_000)))
    ids = {row["filename"]: row["_id"] for row in database.db["vault.files"].find()}
    database.db["vault.chunks"].update_one({"files_id": ids[changed]}, {"$set": {"data": b"charged"}})
    database.db["vault.chunks"].delete_one({"files_id": ids[cut], "n": 1})

    assert dict(store.verified()) == {whole: True, changed: False, cut: False}


def test_what_nobody_refers_to_goes_after_a_day(store: BlobStore, database: MongoDatabase) -> None:
    kept, gone = store.put(b"kept"), store.put(b"gone")
    database.db["vault.chunks"].insert_one({"files_id": ObjectId(), "n": 0, "data": b"of a killed upload"})
    assert store.sweep([], CLOCK.now()) == 0
    assert store.sweep([kept.sha256], CLOCK.now() + timedelta(hours=25)) == 1
    assert store.read(kept.sha256) == b"kept"
    with pytest.raises(NotFound):
        store.read(gone.sha256)
    assert database.db["vault.chunks"].count_documents({}) == 1


def test_bytes_put_again_are_safe_for_another_day(store: BlobStore, database: MongoDatabase) -> None:
    stored = store.put(b"old")
    database.db["vault.files"].update_one({}, {"$set": {"uploadDate": CLOCK.now() - timedelta(days=3)}})
    store.put(b"old")
    assert store.sweep([], CLOCK.now()) == 0
    assert store.sweep([], CLOCK.now() + timedelta(days=2)) == 1
    with pytest.raises(NotFound):
        store.read(stored.sha256)
