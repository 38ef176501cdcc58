"""Leases and migrations on a real replica set."""

import threading
from typing import Any

import pytest
from pymongo.database import Database

from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder, LeaseLost
from services.common.mongo.migrations import (
    DATA_PLANE,
    Migration,
    SchemaMismatch,
    check_schema,
    create_collections,
    migrate,
)
from services.common.mongo.transactions import Transactions, Tx
from tests.integration.dataplane.ground import CLOCK, IDS, until

pytestmark = pytest.mark.integration


def lease(database: MongoDatabase, holder: str, term_s: float = 30) -> LeaseHolder:
    return LeaseHolder(database, "work", holder, term_s)


def test_one_holder_at_a_time_and_each_term_under_a_higher_epoch(database: MongoDatabase) -> None:
    first, second = lease(database, "a"), lease(database, "b")
    assert first.try_acquire() == 1
    assert second.try_acquire() is None
    first.release()
    assert second.try_acquire() == 2
    assert first.try_acquire() is None


def test_an_expired_term_goes_to_whoever_asks(database: MongoDatabase) -> None:
    first, second = lease(database, "a", term_s=0.5), lease(database, "b")
    first.try_acquire()
    assert until(second.try_acquire, 5) == 2
    with pytest.raises(LeaseLost):
        first.renew()


def test_of_many_who_ask_at_once_one_gets_it(database: MongoDatabase) -> None:
    gate = threading.Barrier(8)
    epochs: list[int | None] = []

    def ask(name: str) -> None:
        gate.wait()
        epochs.append(lease(database, name).try_acquire())

    threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(epoch or 0 for epoch in epochs) == [0] * 7 + [1]


def test_a_restarted_process_takes_its_own_lease_back_at_once_and_fences_what_it_was(database: MongoDatabase) -> None:
    before, after = lease(database, "a"), lease(database, "a")
    assert before.try_acquire() == 1
    assert after.try_acquire() == 2
    assert before.try_acquire() is None
    with pytest.raises(LeaseLost):
        before.renew()


def test_a_holder_stops_at_half_its_term_and_may_take_the_rest_under_a_new_epoch(database: MongoDatabase) -> None:
    holder = lease(database, "a", term_s=1.0)
    assert holder.try_acquire() == 1
    until(lambda: not holder.still_held(), 2)
    with pytest.raises(LeaseLost):
        holder.keep()
    assert holder.try_acquire() == 2


def test_a_transaction_of_an_old_epoch_changes_nothing(database: MongoDatabase) -> None:
    database.db.create_collection("things")
    old, new = lease(database, "a", term_s=0.2), lease(database, "b")
    old.try_acquire()
    until(new.try_acquire, 5)

    def work(tx: Tx) -> None:
        tx.db["things"].insert_one({"_id": 1}, session=tx.session)
        old.fence(tx)

    with pytest.raises(LeaseLost):
        Transactions(database, IDS, CLOCK).run(work)
    assert database.db["things"].find_one() is None


def test_a_take_over_between_fence_and_commit_waits_for_the_commit(database: MongoDatabase) -> None:
    database.db.create_collection("things")
    old = lease(database, "a", term_s=0.5)
    old.try_acquire()
    taken: list[int] = []
    successor = threading.Thread(target=lambda: taken.append(until(lease(database, "b").try_acquire)))

    def work(tx: Tx) -> None:
        old.fence(tx)
        if not successor.is_alive() and not taken:
            successor.start()
        until(lambda: database.db["leases"].find_one({"$expr": {"$lt": ["$expires_at", "$$NOW"]}}), 5)
        assert not taken
        tx.db["things"].insert_one({"_id": 1, "epoch": old.epoch}, session=tx.session)

    Transactions(database, IDS, CLOCK).run(work)
    successor.join(20)
    # the successor's epoch can only begin after the commit, so it sees what was written
    assert taken == [2]
    assert database.db["things"].find_one({"_id": 1, "epoch": 1})


class Steps:
    """Migrations that count how often they ran."""

    def __init__(self) -> None:
        self.ran: list[int] = []

    def step(self, number: int, *, fails: bool = False) -> Migration:
        def apply(db: Database[Document]) -> None:
            create_collections(db, f"collection_{number}")
            self.ran.append(number)
            if fails and self.ran.count(number) == 1:
                raise KeyboardInterrupt

        return Migration(number, f"step {number}", apply)


def test_migrations_run_in_order_and_once(database: MongoDatabase) -> None:
    steps = Steps()
    all_ = [*DATA_PLANE, steps.step(102), steps.step(101)]
    migrate(database, all_, "a")
    migrate(database, all_, "b")
    check_schema(database, all_)
    assert steps.ran == [101, 102]


def test_a_migration_that_was_killed_runs_again(database: MongoDatabase) -> None:
    steps = Steps()
    all_: list[Any] = [*DATA_PLANE, steps.step(101, fails=True)]
    with pytest.raises(KeyboardInterrupt):
        migrate(database, all_, "a")
    migrate(database, all_, "a")
    check_schema(database, all_)
    assert steps.ran == [101, 101]


def test_two_that_migrate_at_once_do_it_once(engines: Any) -> None:
    database = engines.databases.fresh("dataplane")
    steps = Steps()
    all_ = [*DATA_PLANE, steps.step(101)]
    threads = [threading.Thread(target=migrate, args=(database, all_, name)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check_schema(database, all_)
    assert steps.ran == [101]
    database.close()


def test_a_service_refuses_a_newer_and_an_older_schema(database: MongoDatabase) -> None:
    newer = [*DATA_PLANE, Steps().step(101)]
    with pytest.raises(SchemaMismatch):
        check_schema(database, newer)
    migrate(database, newer, "a")
    with pytest.raises(SchemaMismatch):
        check_schema(database, DATA_PLANE)
    with pytest.raises(SchemaMismatch):
        migrate(database, DATA_PLANE, "a")
