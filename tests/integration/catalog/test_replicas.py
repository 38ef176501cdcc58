"""Replicas of a province's service: each work has one hand at a time, and a replica that stops hands it on at once."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.catalog.adapters.batch_worker import BatchWorker, WorkerTerms
from services.catalog.adapters.rule_store import MongoWords
from services.catalog.domain.rules import RULE_VERSION, RuleSettings
from services.catalog.review import suggesting
from services.common.mongo.lease import COLLECTION as LEASES
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.transactions import Transactions
from services.common.mongo.wakeups import Wakeup
from tests.integration.catalog.import_ground import CLOCK, IDS, REGION, REGISTRY, Ground, catalogue_file, make_ground
from tests.integration.dataplane.ground import until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def ground(engines: Any) -> Iterator[Ground]:
    ground = make_ground(engines)
    yield ground
    ground.database.close()


def test_an_import_is_in_the_hands_of_one_replica(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.upload(catalogue_file(1))
    mine = ground.queue.claim()
    assert mine is not None
    monkeypatch.setattr(socket, "gethostname", lambda: "another-pod")

    assert ground.queue.claim() is None
    mine.release()
    theirs = ground.queue.claim()

    assert theirs is not None
    theirs.release()


def test_a_batch_worker_that_stops_lets_the_next_replica_begin_at_once(ground: Ground) -> None:
    lease = LeaseHolder(ground.database, "batches", "one-pod", term_s=600)
    transactions = Transactions(ground.database, IDS, CLOCK)
    key = Ed25519PrivateKey.generate()
    terms = WorkerTerms(suggesting(MongoWords(ground.database, transactions), RuleSettings()), RULE_VERSION, 3)
    worker = BatchWorker(
        ground.database, transactions, lease, REGISTRY, key, REGION.principal, CLOCK, IDS, Wakeup(), terms
    )
    worker.start()
    until(lambda: ground.db[LEASES].find_one({"_id": "batches", "holder": "one-pod"}))
    other = LeaseHolder(ground.database, "batches", "another-pod")
    assert other.try_acquire() is None

    worker.stop()

    assert other.try_acquire() is not None
