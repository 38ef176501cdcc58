"""What a database tells Prometheus: the same for whoever asks, and right from the first moment."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.common.domain.clock import Clock
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.migrations import DATA_PLANE
from services.common.observations import observe_backups, observe_leases, observe_letters, observe_outbox

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class _Fixed:
    def now(self) -> datetime:
        return NOW


CLOCK: Clock = _Fixed()


@pytest.fixture(scope="module")
def database(engines: Any) -> Iterator[MongoDatabase]:
    made: MongoDatabase = engines.databases.migrated("observed", DATA_PLANE)
    yield made
    made.close()


def told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"tongdang_{name}", labels)


def test_the_outbox_counts_what_is_not_in_kafka_whoever_relays(database: MongoDatabase) -> None:
    observe_outbox(database, CLOCK).take()

    assert (told("relay_lag_documents"), told("outbox_oldest_age_seconds")) == (0, 0)

    database.db["streams"].insert_many(
        [
            {"_id": "x/1", "incarnation": 1, "seq": 9, "mark": 2},
            {"_id": "x/2", "incarnation": 2, "seq": 5, "mark": 4},
        ]
    )
    database.db["outbox"].insert_many(
        [
            {"_id": "a", "seq": 5, "created_at": NOW - timedelta(seconds=90)},
            {"_id": "b", "pending": True, "created_at": NOW - timedelta(seconds=30)},
        ]
    )
    observe_outbox(database, CLOCK).take()

    assert (told("relay_lag_documents"), told("outbox_oldest_age_seconds")) == (2, 90)


def test_letters_are_told_by_lane(database: MongoDatabase) -> None:
    def letter(number: int, state: str, minutes: int) -> dict[str, object]:
        at = NOW - timedelta(minutes=minutes)
        return {"conversation": "c", "lane": "guizhou", "number": number, "state": state, "created_at": at}

    rows = [letter(1, "delivered", 60), letter(2, "parked", 50), letter(3, "waiting", 5), letter(4, "waiting", 4)]
    database.db["letters"].insert_many(rows)

    observe_letters(database, CLOCK, ["guizhou", "hebei"]).take()

    assert told("letters", lane="guizhou", state="waiting") == 2
    assert told("letters", lane="guizhou", state="parked") == 1
    assert told("letters", lane="hebei", state="parked") == 0
    assert told("letter_oldest_age_seconds", lane="guizhou") == 300
    assert told("letter_oldest_age_seconds", lane="hebei") == 0


def test_leases_of_single_jobs_are_not_told(database: MongoDatabase) -> None:
    for name in ("relay", "import/0198", "relay"):
        assert LeaseHolder(database, name, "me").try_acquire() is not None

    observe_leases(database).take()

    assert told("lease_epoch", lease="relay") == 2
    assert told("lease_expiry_timestamp_seconds", lease="relay") is not None
    assert told("lease_epoch", lease="import/0198") is None
    assert told("lease_epoch", lease="migrations") is None


def test_a_database_never_backed_up_says_so(database: MongoDatabase) -> None:
    observe_backups(database).take()

    assert told("backup_last_success_timestamp_seconds") == 0

    database.db["backups"].insert_many([{"finished_at": NOW - timedelta(days=1)}, {"finished_at": NOW}])
    observe_backups(database).take()

    assert told("backup_last_success_timestamp_seconds") == NOW.timestamp()
