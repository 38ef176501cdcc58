"""The audit recorder on a real replica set."""

import threading
from collections.abc import Iterator

import pytest

from services.common.audit.recorded import recording, was_recorded
from services.common.audit.recorder import Recorder
from services.common.domain.errors import InvalidArgument
from services.common.mongo.database import MongoDatabase
from tests.integration.dataplane.ground import CLOCK, IDS, audit_event, until

pytestmark = pytest.mark.integration


@pytest.fixture
def recorder(database: MongoDatabase) -> Iterator[Recorder]:
    recorder = Recorder(database, IDS, CLOCK)
    recorder.start()
    yield recorder
    recorder.stop()


def leaves(database: MongoDatabase) -> list[bytes]:
    return [leaf for document in database.db["outbox"].find() for leaf in document["leaves"]]


def test_an_event_is_on_disk_when_record_returns(database: MongoDatabase, recorder: Recorder) -> None:
    event = audit_event()
    with recording():
        recorder.record(event)
        assert was_recorded()
    assert leaves(database) == [event.leaf()]


def test_many_callers_share_commits(database: MongoDatabase, recorder: Recorder) -> None:
    events = [[audit_event(caller=caller, turn=turn) for turn in range(20)] for caller in range(32)]

    def caller(own: int) -> None:
        for event in events[own]:
            recorder.record(event)

    threads = [threading.Thread(target=caller, args=(own,)) for own in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(leaves(database)) == sorted(event.leaf() for own in events for event in own)
    assert database.db["outbox"].count_documents({}) < 640 / 4


def test_a_bad_event_fails_its_own_caller_only(database: MongoDatabase, recorder: Recorder) -> None:
    def good() -> None:
        recorder.record(audit_event())

    threads = [threading.Thread(target=good) for _ in range(8)]
    for thread in threads:
        thread.start()
    with pytest.raises(InvalidArgument):
        recorder.record(audit_event(note="x" * 70_000))
    with pytest.raises(InvalidArgument):
        recorder.record_open(audit_event(size=2**60))
    for thread in threads:
        thread.join()
    assert len(leaves(database)) == 8


def test_an_open_event_becomes_durable_without_anybody_waiting(database: MongoDatabase, recorder: Recorder) -> None:
    recorder.record_open(audit_event("search"))
    assert leaves(database) == []
    until(lambda: len(leaves(database)) == 1, seconds=2)


def test_stopping_writes_what_is_queued(database: MongoDatabase, recorder: Recorder) -> None:
    for _ in range(1_200):
        recorder.record_open(audit_event("search"))
    recorder.stop()
    assert len(leaves(database)) == 1_200
