"""The recorder in front of a store that fails: refused rather than lost, and nothing written twice."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, DuplicateKeyError

from services.common.audit import recorder as module
from services.common.audit.recorder import Recorder
from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome
from services.common.domain.clock import SystemClock
from services.common.domain.errors import AuditUnavailable
from services.common.domain.ids import RandomIds

CLOCK, IDS = SystemClock(), RandomIds()


class Store:
    """A collection that keeps documents by id, and can be down, or lose its answers."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.down = False
        self.answers_lost = 0
        self.gate = threading.Event()
        self.gate.set()

    @property
    def db(self) -> "Store":
        return self

    @property
    def database(self) -> "Store":
        return self

    def get_collection(self, name: str, **_: Any) -> "Store":
        return self

    def command(self, name: str) -> None:
        if self.down:
            raise AutoReconnect("down")

    def insert_one(self, document: Any) -> None:
        self.gate.wait(20)
        if self.down:
            raise AutoReconnect("down")
        if document["_id"] in self.documents:
            raise DuplicateKeyError("there already")
        self.documents[document["_id"]] = document
        if self.answers_lost:
            self.answers_lost -= 1
            raise AutoReconnect("after the write")

    def leaves(self) -> list[bytes]:
        return [leaf for document in self.documents.values() for leaf in document["leaves"]]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def recorder(store: Store) -> Iterator[Recorder]:
    recorder = Recorder(store, IDS, CLOCK)  # type: ignore[arg-type]
    recorder.start()
    yield recorder
    store.down = False
    store.gate.set()
    recorder.stop()


def event() -> AuditEvent:
    return AuditEvent(
        IDS.new(), CLOCK.now(), "record.read", Outcome.GRANTED, Actor.service("a"), "service", ObjectRef("record", "1")
    )


def until(happened: Callable[[], Any]) -> None:
    give_up = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)


def ready(recorder: Recorder) -> bool:
    try:
        recorder.check()
    except AuditUnavailable:
        return False
    return True


def test_a_store_that_is_down_refuses_and_the_service_is_not_ready(recorder: Recorder, store: Store) -> None:
    store.down = True
    with pytest.raises(AuditUnavailable):
        recorder.record(event())
    assert not ready(recorder)
    with pytest.raises(AuditUnavailable):
        recorder.record_open(event())


def test_it_comes_back_by_itself_although_nobody_asks(recorder: Recorder, store: Store) -> None:
    store.down = True
    with pytest.raises(AuditUnavailable):
        recorder.record(event())
    store.down = False
    until(lambda: ready(recorder))
    recorder.record_open(event())


def test_an_open_event_whose_answer_was_lost_is_not_written_twice(recorder: Recorder, store: Store) -> None:
    store.answers_lost = 1
    recorder.record_open(event())
    until(lambda: store.documents and ready(recorder) and not recorder._unsent)
    recorder.record(event())
    assert len(store.leaves()) == 2


def test_open_events_queued_before_the_store_failed_are_written_once_it_is_back(
    recorder: Recorder, store: Store
) -> None:
    store.down = True
    for _ in range(3):
        recorder.record_open(event())
    until(lambda: not ready(recorder))
    store.down = False
    until(lambda: len(store.leaves()) == 3)


def test_a_store_that_hangs_means_refused_after_two_seconds(
    recorder: Recorder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TIMEOUT_S", 0.2)
    store.gate.clear()
    first, second = event(), event()
    with pytest.raises(AuditUnavailable):
        recorder.record(first)
    with pytest.raises(AuditUnavailable):
        recorder.record(second)
    store.gate.set()
    recorder.record(event())
    assert second.leaf() not in store.leaves()  # nobody waited for it any more


def test_a_full_queue_refuses(recorder: Recorder, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OPEN_QUEUE", 5)
    store.gate.clear()
    with pytest.raises(AuditUnavailable):
        for _ in range(12):
            recorder.record_open(event())


def test_after_stop_nothing_is_accepted(recorder: Recorder) -> None:
    recorder.stop()
    with pytest.raises(AuditUnavailable):
        recorder.record(event())
