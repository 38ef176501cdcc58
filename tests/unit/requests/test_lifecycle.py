"""The table of states holds what the law and ISO 18626 ask of it."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.common.domain.conversation import Conversation
from services.common.domain.deadlines import Deadline
from services.requests.domain.errors import MessageUnknown, RequestClosed
from services.requests.domain.lifecycle import (
    STATE_OF_STATUS,
    TABLE,
    AtDeadline,
    IsoStatus,
    RequestState,
    Responsible,
    after,
)
from services.requests.domain.request import RetrievalRequest, WantedRecord, submitted

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
DEADLINE = Deadline(date(2026, 12, 7), 10, date(2026, 11, 23), (), (), False, "supply.certified-copy")
RECORD = WantedRecord("r", "320000", "a320581", "A001", "题名")


def request(state: RequestState = RequestState.SUBMITTED) -> RetrievalRequest:
    new = submitted("q", "520000-20261123-000001", "c" * 32, "520000", RECORD, "leg", DEADLINE, NOW)
    return replace(new, state=state)


def test_every_state_stands_in_the_table() -> None:
    assert set(TABLE) == set(RequestState)


def test_whoever_waits_has_an_owner_a_clock_and_an_action_for_when_it_runs_out() -> None:
    for row in TABLE.values():
        if not row.is_final:
            assert row.responsible in {Responsible.PLATFORM, Responsible.ARCHIVE}
            assert row.clock_runs
            assert row.at_deadline is AtDeadline.SHOW_LATE


def test_no_message_ever_leads_back() -> None:
    for state, status in itertools.product(RequestState, STATE_OF_STATUS):
        then = after(state, status)
        assert then is state or then in TABLE[state].next
        assert state not in TABLE[then].next


@pytest.mark.parametrize("final", [state for state, row in TABLE.items() if row.is_final])
@pytest.mark.parametrize("status", list(STATE_OF_STATUS))
def test_a_final_answer_stays(final: RequestState, status: IsoStatus) -> None:
    assert request(final).told(status, "", NOW) == request(final)


def test_a_status_without_a_row_is_unknown() -> None:
    with pytest.raises(MessageUnknown):
        request().told(IsoStatus.RETRY_POSSIBLE, "", NOW)


def test_an_answer_that_overtook_its_receipt_still_counts() -> None:
    assert request().told(IsoStatus.COPY_COMPLETED, "", NOW).state is RequestState.COMPLETED


def test_each_change_is_told_with_who_made_it() -> None:
    told = request().told(IsoStatus.REQUEST_RECEIVED, "", NOW).told(IsoStatus.UNFILLED, "Destroyed", NOW)
    assert [(one.state, one.reason, one.by) for one in told.history] == [
        (RequestState.SUBMITTED, "", "citizen"),
        (RequestState.RECEIVED, "", "a320581"),
        (RequestState.UNFILLED, "Destroyed", "a320581"),
    ]
    assert told.version == 3


def test_a_request_is_late_from_the_day_after_until_it_is_answered() -> None:
    assert not request().late_on(date(2026, 12, 7))
    assert request().late_on(date(2026, 12, 8))
    late = request().show_late()
    assert not late.late_on(date(2026, 12, 8))
    assert late.told(IsoStatus.EXPECT_TO_SUPPLY, "", NOW).overdue
    assert not late.told(IsoStatus.COPY_COMPLETED, "", NOW).overdue
    assert not request(RequestState.UNFILLED).late_on(date(2027, 1, 1))


def test_withdrawing_twice_asks_once_and_too_late_is_said() -> None:
    asked = request().ask_cancel(NOW)
    assert asked.conversation == Conversation(sent=2)
    assert asked.ask_cancel(NOW) is asked
    again = asked.cancel_declined(NOW).ask_cancel(NOW)
    assert again.conversation.sent == 3
    with pytest.raises(RequestClosed):
        request(RequestState.COMPLETED).ask_cancel(NOW)
