"""What every store of requests must do; run against the fake and against MongoDB."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.common.domain.deadlines import count_deadline
from services.common.domain.errors import InvalidArgument, InvalidPageToken, NotFound, RequestIdReused
from services.common.domain.ids import RandomIds
from services.common.mongo.migrations import DATA_PLANE
from services.common.mongo.transactions import Transactions
from services.common.working_calendar import PublishedCalendar
from services.requests.adapters.mongo_requests import MIGRATIONS, MongoRequests
from services.requests.adapters.numbers import BlockNumbers
from services.requests.application.ports import Requests, Unit
from services.requests.domain.lifecycle import IsoStatus
from services.requests.domain.request import RetrievalRequest, WantedRecord, submitted
from tests.unit.requests.fakes import FakeRequests, TurnedClock, caller
from tongdang.requests.v1 import requests_pb2 as pb

IDS, CLOCK = RandomIds(), TurnedClock()
ME, OTHER = "c" * 32, "d" * 32
RECORD = WantedRecord("r", "320000", "a320581", "A001", "题名")


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest) -> Iterator[Requests]:
    if request.param == "fake":
        yield FakeRequests()
        return
    database = request.getfixturevalue("engines").databases.migrated("requests", [*DATA_PLANE, *MIGRATIONS])
    yield MongoRequests(database, Transactions(database, IDS, CLOCK))
    database.close()


def new(pseudonym: str = ME, *, minute: int = 0, days: int = 10) -> RetrievalRequest:
    deadline = count_deadline(date(2026, 11, 23), days, PublishedCalendar(), "supply.certified-copy")
    at = CLOCK.now() + timedelta(minutes=minute)
    request_id = IDS.new()
    return submitted(request_id, f"n-{request_id}", pseudonym, "520000", RECORD, IDS.new(), deadline, at)


def add(store: Requests, request: RetrievalRequest) -> RetrievalRequest:
    def work(unit: Unit) -> bytes:
        unit.add(request)
        return b""

    store.run(work)
    return request


def test_a_request_comes_back_as_it_was_kept(store: Requests) -> None:
    told = add(store, new()).told(IsoStatus.UNFILLED, "Destroyed", CLOCK.now())
    told = replace(told, conversation=told.conversation.hear(1, "h", b"answer").send())

    def work(unit: Unit) -> bytes:
        unit.save(told)
        return b""

    store.run(work)
    assert store.own(told.request_id, ME) == told


def test_it_is_found_by_its_leg_and_by_its_owner_alone(store: Requests) -> None:
    kept = add(store, new())

    def work(unit: Unit) -> bytes:
        assert unit.of_leg(kept.leg_id) == unit.own(kept.request_id, ME) == unit.get(kept.request_id) == kept
        with pytest.raises(NotFound):
            unit.own(kept.request_id, OTHER)
        with pytest.raises(NotFound):
            unit.of_leg("none")
        return b""

    store.run(work)
    with pytest.raises(NotFound):
        store.own(kept.request_id, OTHER)


def test_an_id_is_taken_once(store: Requests) -> None:
    kept = add(store, new())
    with pytest.raises(RequestIdReused):
        add(store, replace(new(OTHER), request_id=kept.request_id))
    assert store.own(kept.request_id, ME) == kept


def test_what_fails_leaves_nothing(store: Requests) -> None:
    lost = new()

    def work(unit: Unit) -> bytes:
        unit.add(lost)
        raise NotFound("midway")

    with pytest.raises(NotFound):
        store.run(work)
    with pytest.raises(NotFound):
        store.own(lost.request_id, ME)


@pytest.mark.parametrize("known", [None, b"answer"])
def test_a_repeat_has_no_second_effect_and_the_same_answer(store: Requests, known: bytes | None) -> None:
    by = caller(CLOCK)
    message = pb.SubmitRequestRequest(request_id=IDS.new(), record_id="r")
    ran: list[RetrievalRequest] = []

    def work(unit: Unit) -> bytes:
        ran.append(new())
        unit.add(ran[-1])
        return b"answer"

    assert store.answered(by, message) is None
    assert [store.run_once(by, message, work, known) for _ in range(2)] == [b"answer"] * 2
    assert store.answered(by, message) == b"answer"
    assert len(store.list_own(ME, 10, "").items) == 1
    message.record_id = "another"
    with pytest.raises(RequestIdReused):
        store.run_once(by, message, work, known)
    with pytest.raises(InvalidArgument):
        store.run_once(by, pb.SubmitRequestRequest(request_id="7"), work, known)


def test_pages_are_newest_first_and_hold_each_once(store: Requests) -> None:
    kept = [add(store, new(minute=number // 2)) for number in range(7)]
    add(store, new(OTHER))
    listed: list[RetrievalRequest] = []
    token = ""
    while True:
        page = store.list_own(ME, 3, token)
        listed += page.items
        token = page.next_token
        if not token:
            break
    assert listed == sorted(kept, key=lambda one: (one.submitted_at, one.request_id), reverse=True)
    with pytest.raises(InvalidPageToken):
        store.list_own(OTHER, 3, store.list_own(ME, 3, "").next_token)


def test_only_open_requests_past_their_day_run_out(store: Requests) -> None:
    late = add(store, new(days=1))
    add(store, new(days=2))
    add(store, new(days=1).told(IsoStatus.COPY_COMPLETED, "", CLOCK.now()))
    add(store, new(days=1).show_late())
    assert list(store.running_out(date(2026, 11, 25))) == [late.request_id]
    assert list(store.running_out(date(2026, 11, 24))) == []


@pytest.mark.integration
def test_numbers_of_two_replicas_never_meet(engines: Any) -> None:
    database = engines.databases.migrated("requests", [*DATA_PLANE, *MIGRATIONS])
    replicas = [BlockNumbers(database), BlockNumbers(database)]
    day = date(2026, 11, 23)
    given = [replica.next("520000", day) for _ in range(50) for replica in replicas]
    assert len(set(given)) == 100
    assert given[0] == "520000-20261123-000001"
    assert replicas[0].next("520000", date(2026, 11, 24)) == "520000-20261124-000001"
    database.close()
