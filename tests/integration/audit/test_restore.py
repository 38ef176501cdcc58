"""The log after its database was lost: what was published stays true, and the log goes on."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.audit.adapters.log_documents import MIGRATIONS
from services.audit.adapters.order_topic import OrderTopic
from services.audit.adapters.published_log import PublishedLog
from services.audit.domain.errors import LogDiverged
from services.audit.domain.notes import open_checkpoint
from services.audit.domain.order import OrderedBatch, Run
from services.audit.domain.streams import Arrived, digest
from services.common.domain.errors import Unavailable
from services.common.mongo.lease import LeaseLost
from services.common.mongo.migrations import migrate
from tests.integration.audit.ground import AuditGround, leaves
from tests.integration.dataplane.ground import CLOCK

pytestmark = pytest.mark.integration

Rows = dict[str, list[dict[str, Any]]]


def copied(ground: AuditGround) -> Rows:
    """Every document of the database, as a backup holds them."""
    db = ground.database.db
    return {name: list(db[name].find()) for name in db.list_collection_names()}


def destroyed(ground: AuditGround, restored: Rows | None = None) -> None:
    """The database is gone; what a backup held is put back."""
    ground.database.client.drop_database(ground.database.name)
    migrate(ground.database, MIGRATIONS, "test")
    for name, rows in (restored or {}).items():
        ground.database.db[name].delete_many({})
        if rows:
            ground.database.db[name].insert_many(rows)


def verified(ground: AuditGround, state: Path) -> str:
    """tongdang-verify's answer, which must be a yes."""
    done = ground.verify(state)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def interleaved(ground: AuditGround, first: int, last: int, seed: int) -> None:
    """Leaves of both producers under the same numbers, in pieces of random length."""
    random_ = random.Random(seed)
    waiting = {f"{name}/1": leaves(first, last) for name in ground.producers}
    while waiting:
        stream = random_.choice(list(waiting))
        size = random_.randint(1, 400)
        ground.send(*waiting[stream][:size], stream=stream)
        waiting[stream] = waiting[stream][size:]
        if not waiting[stream]:
            del waiting[stream]


def roots(ground: AuditGround) -> dict[int, bytes]:
    """Root by size of everything that was ever signed of a log with leaves."""
    notes = [row["note"] for row in ground.database.db["checkpoints"].find({"_id": {"$gt": 0}})]
    return {one.size: one.root for one in (open_checkpoint(note, ground.verifier_key) for note in notes)}


def test_a_backup_grows_into_the_log_that_was_published_and_on(ground: AuditGround, tmp_path: Path) -> None:
    lost, last = f"{ground.producers[0]}/2", f"{ground.producers[1]}/2"
    with ground.audit():
        interleaved(ground, 1, 1_000, seed=1)
        ground.send((2, b"held over the backup"), stream=lost)
        ground.until_signed(2_001)
        backup = copied(ground)
        interleaved(ground, 1_001, 2_500, seed=2)
        ground.send((1, b"sets one free"), (1, b"a lie"), stream=lost)
        ground.send((2, b"held since the backup"), (2, b"another lie"), stream=last)
        ground.send_bytes(f"audit.{ground.producers[0]}.events.v1", b"\xff unreadable")
        ground.until_signed(2 * 2_500 + 2 + 5)
        verified(ground, tmp_path / "state")
        published, before = ground.size(), ground.published.checkpoint().note
    was_signed, found = roots(ground), ground.findings()
    destroyed(ground, backup)
    with ground.audit():
        ground.until_signed(published)
        assert ground.published.checkpoint().note == before
        assert f"consistent with the last visit's {published}" in verified(ground, tmp_path / "state")
        ground.send((1, b"sets the other free"), stream=last)
        interleaved(ground, 2_501, 2_600, seed=3)
        ground.until_signed(published + 2 + 2 * 100)
    verified(ground, tmp_path / "state")
    assert ground.findings() == found
    assert roots(ground).items() >= was_signed.items()
    assert (ground.numbers(lost), ground.numbers(last)) == ([1, 2], [1, 2])
    assert ground.numbers() == list(range(1, 2_601))
    kept = {row["_id"] for row in ground.database.db["evidence"].find()}
    assert {digest(b"a lie"), digest(b"another lie"), digest(b"\xff unreadable")} <= kept


def test_without_any_backup_kafka_alone_gives_the_log_back(ground: AuditGround, tmp_path: Path) -> None:
    with ground.audit():
        interleaved(ground, 1, 700, seed=4)
        ground.until_signed(1_400)
        verified(ground, tmp_path / "state")
    was_signed = roots(ground)
    destroyed(ground)
    with ground.audit():
        ground.until_signed(1_400)
        assert "consistent with the last visit's 1400" in verified(ground, tmp_path / "state")
        ground.send(*leaves(701, 710))
        ground.until_signed(1_410)
    verified(ground, tmp_path / "state")
    assert roots(ground).items() >= was_signed.items()


def test_an_older_log_shows_no_checkpoint_until_it_is_whole(ground: AuditGround) -> None:
    with ground.audit():
        ground.send(*leaves(1, 50))
        ground.until_signed(50)
        backup = copied(ground)
        ground.send(*leaves(51, 90))
        ground.until_signed(90)
    destroyed(ground, backup)
    first, standby = ground.store(), ground.store("standby")
    shown = [PublishedLog(ground.database, store.whole) for store in (first, standby)]
    for log in shown:
        with pytest.raises(Unavailable):
            log.checkpoint()
    first.writable_head()
    standby.settle()
    assert [log.checkpoint().size for log in shown] == [90, 90]
    with pytest.raises(LeaseLost):
        standby.writable_head()


def wrong_peak(ground: AuditGround) -> None:
    """The tree is another one."""
    ground.database.db["log_head"].update_one({}, {"$set": {"peaks.0": bytes(32)}})


def beyond_the_order(ground: AuditGround) -> None:
    """Kafka lost what it had acknowledged."""
    ground.database.db["log_head"].update_one({}, {"$inc": {"order": 100}})


def signed_beyond(ground: AuditGround) -> None:
    """Something was published that the order does not lead to."""
    ground.database.db["checkpoints"].insert_one({"_id": 999, "note": "", "signed_at": CLOCK.now()})


def other_root(ground: AuditGround) -> None:
    """Something else was published for the same size."""
    ground.database.db["checkpoints"].update_one({"_id": 90}, {"$set": {"note": "another"}})


@pytest.mark.parametrize("damage", [wrong_peak, beyond_the_order, signed_beyond, other_root])
def test_a_log_that_would_fork_stops_and_signs_nothing(
    ground: AuditGround, damage: Callable[[AuditGround], None]
) -> None:
    with ground.audit():
        ground.send(*leaves(1, 90))
        ground.until_signed(90)
    damage(ground)
    before = copied(ground)["checkpoints"]
    store = ground.store()
    with pytest.raises(LogDiverged):
        store.writable_head()
    with pytest.raises(Unavailable):
        store.check()
    assert [row["note"] for row in copied(ground)["checkpoints"]] == [row["note"] for row in before]
    assert not store.whole()


def test_of_two_orders_that_follow_the_same_only_the_first_counts(ground: AuditGround) -> None:
    def batch(after: int, seq: int) -> OrderedBatch:
        return OrderedBatch(after, 0, 1, bytes(32), (Arrived("s/1", seq, b"x"), Run("t", 0, seq, 9)), {("t", 0): 9})

    old, new, reader = (OrderTopic(ground.connection, ground.order) for _ in range(3))
    assert list(old.following(-1)) == list(new.following(-1)) == []
    assert new.write(batch(-1, 1)) == 0
    with pytest.raises(LeaseLost):
        old.write(batch(-1, 2))
    with pytest.raises(LeaseLost):
        new.write(batch(0, 3))  # it cannot know what the other one's record says
    assert list(reader.following(-1)) == [(0, batch(-1, 1)), (2, batch(0, 3))]
    assert list(reader.following(0)) == [(0, batch(-1, 1)), (2, batch(0, 3))]
    assert reader.write(batch(2, 4)) == 3
    for one in (old, new, reader):
        one.close()
