"""A chunk is made before it is applied; whatever happens to its records in between, nothing unsigned leaves."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.documents import RECORDS, REVIEWABLE_INDEX
from services.catalog.adapters.gathering import to_gather
from services.catalog.adapters.migrations import MIGRATIONS
from services.catalog.adapters.publication_chunk import ChunkOutdated, PublicationChunk, read_chunk
from services.catalog.adapters.publication_documents import commitments_of
from services.catalog.domain.batches import Batch
from services.catalog.domain.work_list import State
from services.common.mongo.outbox import COLLECTION as OUTBOX
from services.common.mongo.transactions import Transactions
from tests.integration.catalog.import_ground import ARCHIVE, CLOCK, IDS, Ground, catalogue_file

pytestmark = pytest.mark.integration

NOW = CLOCK.now()
BATCH = Batch(
    batch_id="b1",
    region_id="320000",
    archive_id=ARCHIVE.archive_id,
    unit_id="u320581-mz",
    state=State.PUBLISHING,
    created_at=NOW,
    created_by="1" * 32,
    rule_version="1",
    limit=1000,
    published_at=NOW,
    published_by="3" * 32,
)


@pytest.fixture
def ground(engines: Any) -> Iterator[Ground]:
    """Twenty records under signatures, in one batch that is being published."""
    database = engines.databases.migrated("chunk", MIGRATIONS)
    ground = Ground(database)
    ground.upload(catalogue_file(20))
    ground.work()
    due = {"access_status": "unreviewed", "eligible_on": "1990-01-01", "security_classification": "", "batch_id": "b1"}
    ground.db[RECORDS].update_many({}, {"$set": due})
    lines = [
        {
            "_id": f"b1/{number:06d}",
            "batch_id": "b1",
            "ordinal": number,
            "record_id": record["_id"],
            "record_version": record["version"],
            "content_hash": record["content_hash"],
            "decision": "open",
            "rule": "O1",
            "reason": "",
            "salt": bytes([number]) * 32,
        }
        for number, record in enumerate(ground.db[RECORDS].find().sort("_id", 1))
    ]
    ground.db[ENTRIES].insert_many(lines)
    yield ground
    database.close()


def made(ground: Ground) -> PublicationChunk:
    return read_chunk(ground.database, BATCH, 0, sample=True, now=NOW, years=3)


def applied(ground: Ground, chunk: PublicationChunk) -> None:
    Transactions(ground.database, IDS, CLOCK).run(chunk.apply)


def opened(ground: Ground) -> set[str]:
    return {row["_id"] for row in ground.db[RECORDS].find({"access_status": "open"})}


def committed(ground: Ground) -> list[int]:
    """Lines whose commitments are kept."""
    ordinals, commitments = commitments_of(ground.db, "b1")
    assert len(ordinals) == len(set(commitments))
    return ordinals


def left(ground: Ground) -> list[str]:
    """Keys of what is on its way to Kafka."""
    return [message["key"] for row in ground.db[OUTBOX].find() for message in row["messages"]]


def test_a_chunk_opens_and_sends_each_record_once(ground: Ground) -> None:
    chunk = made(ground)
    applied(ground, chunk)
    assert len(opened(ground)) == len(left(ground)) == 20
    assert opened(ground) == set(left(ground))
    assert {row["version"] for row in ground.db[RECORDS].find()} == {2}
    assert committed(ground) == list(range(20))

    with pytest.raises(ChunkOutdated):
        applied(ground, chunk)
    again = made(ground)
    assert (again.changed, len(again.skipped)) == (0, 20), "made anew it finds nothing to open"
    assert len(left(ground)) == 20


@pytest.mark.parametrize(
    "change",
    [
        {"$inc": {"version": 1}},
        {"$set": {"access_status": "deferred"}},
        {"$set": {"batch_id": None}},
        {"$set": {"batch_id": "b2"}},
    ],
)
def test_a_record_that_changes_in_between_stops_the_chunk_and_is_left_out_of_the_next(
    ground: Ground, change: dict[str, Any]
) -> None:
    chunk = made(ground)
    victim = chunk.messages[7].key
    ground.db[RECORDS].update_one({"_id": victim}, change)

    with pytest.raises(ChunkOutdated):
        applied(ground, chunk)
    assert opened(ground) == set() and left(ground) == [] and committed(ground) == []

    anew = made(ground)
    assert anew.skipped == [victim]
    applied(ground, anew)
    assert opened(ground) == set(left(ground))
    assert len(left(ground)) == 19 and victim not in left(ground)
    assert len(committed(ground)) == 19


def test_a_record_that_is_gone_stops_the_chunk_too(ground: Ground) -> None:
    chunk = made(ground)
    ground.db[RECORDS].delete_one({"_id": chunk.messages[0].key})
    with pytest.raises(ChunkOutdated):
        applied(ground, chunk)
    assert left(ground) == []


def test_what_may_be_put_on_a_list_is_found_by_its_own_index(ground: Ground) -> None:
    """Of a province's million records a list takes the next five hundred, not all to sort them."""
    ground.db[RECORDS].update_many({}, {"$set": {"batch_id": None}})
    found = to_gather(replace(BATCH, fonds=tuple(one.code for one in ARCHIVE.fonds)))[0]
    plan = ground.db[RECORDS].find(found).sort([("eligible_on", 1), ("_id", 1)]).limit(5).explain()
    stages = str(plan["queryPlanner"]["winningPlan"])
    assert f"'indexName': '{REVIEWABLE_INDEX}'" in stages
    assert "'stage': 'SORT'" not in stages, "the index is merged fonds by fonds, not sorted"
    assert plan["executionStats"]["totalDocsExamined"] == 5
