"""The desk's table of states, and what each step tells the requesting agency."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.catalog.application.fulfil import certificate_code
from services.catalog.domain.cases import (
    DECLINE_REASONS,
    OPEN_STATES,
    STATUS_OF_STATE,
    TABLE,
    Case,
    CaseState,
    Delivery,
    Scan,
    Step,
    received,
)
from services.catalog.domain.desk_errors import CaseMoved
from services.common.domain.deadlines import Deadline
from services.common.domain.errors import InvalidArgument

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
DEADLINE = Deadline(date(2026, 12, 7), 10, date(2026, 11, 23), (), (), False, "supply.certified-copy")
SCAN = Scan("a" * 64, "b" * 64, "image/jpeg", 10, 1, "1.jpg")
DELIVERY = Delivery("c" * 64, "d" * 64, 10, 2, "320000-x", NOW)


def case(state: CaseState = CaseState.RECEIVED) -> Case:
    new = received("l", "q", "n", "320000", "a320581", "r", "A001", "题名", "c" * 32, b"box", DEADLINE, NOW)
    return replace(new, state=state)


def step(name: Step, one: Case) -> Case:
    return {
        Step.ACCEPT: lambda: one.accept("clerk"),
        Step.ATTACH: lambda: one.attach(SCAN),
        Step.DELIVER: lambda: one.deliver(DELIVERY),
        Step.DECLINE: lambda: one.decline("Destroyed", ""),
        Step.CANCEL: one.cancel,
    }[name]()


@pytest.mark.parametrize(("name", "state"), list(itertools.product(Step, CaseState)))
def test_a_step_leads_where_the_table_says_or_nowhere(name: Step, state: CaseState) -> None:
    to = TABLE[name].get(state)
    if to is not None:
        assert step(name, case(state)).state is to
    elif name is Step.CANCEL:
        kept = step(name, case(state))
        assert (kept.state, kept.conversation.sent) == (state, 2)  # too late: an answer goes back all the same
    else:
        with pytest.raises(CaseMoved):
            step(name, case(state))


def test_what_has_ended_never_moves_again() -> None:
    for ended in set(CaseState) - OPEN_STATES:
        assert all(ended not in rows for rows in TABLE.values())


def test_every_state_has_a_status_to_tell() -> None:
    assert set(STATUS_OF_STATE) == set(CaseState)


def test_accept_deliver_and_decline_each_send_one_message_and_attach_none() -> None:
    taken = case().accept("clerk")
    assert taken.conversation.sent == 2
    ready = taken.attach(SCAN)
    assert ready.conversation.sent == 2
    assert ready.deliver(DELIVERY).conversation.sent == 3
    assert ready.decline("Restricted", "").conversation.sent == 3


def test_the_same_scan_twice_is_bound_once() -> None:
    ready = case(CaseState.ACCEPTED).attach(SCAN).attach(SCAN)
    assert ready.scans == (SCAN,)


def test_only_a_listed_reason_declines() -> None:
    for reason in DECLINE_REASONS:
        assert case().decline(reason, "").decline_reason == reason
    with pytest.raises(InvalidArgument):
        case().decline("NoTime", "")


def test_a_certificate_code_carries_its_region_and_128_random_bits() -> None:
    assert certificate_code("320000", lambda count: bytes(count)) == "320000-" + "a" * 26
    assert certificate_code("320000", lambda count: b"\xff" * count) == "320000-" + "7" * 25 + "4"
