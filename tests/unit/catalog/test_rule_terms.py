"""Days that rules count: boundaries of O1, D4, D5, T1."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain.record import AccessStatus
from services.catalog.domain.record_dates import parse_record_date
from services.catalog.domain.rules import NotReviewable, UnderTerm, require_due, require_reviewable
from services.catalog.domain.rules.terms import (
    consent_required,
    disclosure_is_producers,
    re_evaluate_on,
    transfer_due_on,
    years_after,
)
from services.common.domain.clock import legal_day

DAYS = st.dates(date(1000, 1, 1), date(2900, 12, 31))
LEAP_DAYS = st.sampled_from([year for year in range(1604, 2400) if date(year, 3, 1) - date(year, 2, 28) > timedelta(1)])


def openable(eligible_on: str | None, on: date, **changes: str) -> str:
    usual = {"access_status": AccessStatus.UNREVIEWED.value, "security_classification": ""}
    require_reviewable(**(usual | changes))
    require_due(eligible_on, on)
    return "O1"


@pytest.mark.parametrize(
    ("cell", "first_day"),
    [
        ("19980615", date(2023, 6, 16)),
        ("20000228", date(2025, 3, 1)),
        ("20000229", date(2025, 3, 1)),
        ("20000301", date(2025, 3, 2)),
        ("19991231", date(2025, 1, 1)),
        ("19960200", date(2021, 3, 1)),
        ("19950200", date(2020, 2, 29)),
        ("19981200", date(2024, 1, 1)),
        ("19980000", date(2024, 1, 1)),
        ("1998", date(2024, 1, 1)),
        ("199806-199902", date(2024, 2, 29)),
        ("19980615-19980616", date(2023, 6, 17)),
        ("[19980615]", date(2023, 6, 16)),
        ("民国元年", date(1938, 1, 1)),
    ],
)
def test_a_record_opens_on_its_first_day_and_not_the_day_before(cell: str, first_day: date) -> None:
    eligible = str(parse_record_date(cell).eligible_on())
    assert openable(eligible, first_day) == openable(eligible, first_day + timedelta(days=1)) == "O1"
    with pytest.raises(UnderTerm):
        openable(eligible, first_day - timedelta(days=1))


def test_a_record_without_a_day_or_with_a_marking_or_decision_never_opens_by_itself() -> None:
    with pytest.raises(UnderTerm):
        openable(None, date.max)
    for changes in (
        {"security_classification": "内部"},
        {"access_status": "controlled"},
        {"access_status": "deferred"},
    ):
        with pytest.raises(NotReviewable):
            openable("1990-01-01", date.max, **changes)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (datetime(2023, 6, 15, 15, 59, 59, 999_000, tzinfo=UTC), False),
        (datetime(2023, 6, 15, 16, 0, tzinfo=UTC), True),
    ],
)
def test_the_day_changes_at_midnight_in_shanghai(moment: datetime, opens: bool) -> None:
    if opens:
        assert openable("2023-06-16", legal_day(moment)) == "O1"
    else:
        with pytest.raises(UnderTerm):
            openable("2023-06-16", legal_day(moment))


@given(DAYS, DAYS)
def test_an_earlier_record_never_opens_later(one: date, other: date) -> None:
    first, second = (parse_record_date(f"{day:%Y%m%d}").eligible_on() for day in sorted([one, other]))
    assert first is not None and second is not None and first <= second


@given(DAYS, st.integers(1, 25))
def test_years_end_on_the_corresponding_day_or_the_months_last(day: date, years: int) -> None:
    end = years_after(day, years)
    assert (end.year, end.month) == (day.year + years, day.month)
    assert end.day == day.day or (end + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("decided", "years", "again"),
    [
        (date(2024, 2, 29), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2026, 11, 27), 3, date(2029, 11, 27)),
        (date(2025, 12, 31), 1, date(2026, 12, 31)),
    ],
)
def test_a_deferral_is_looked_at_again_on_the_corresponding_day(decided: date, years: int, again: date) -> None:
    assert re_evaluate_on(decided, years) == again


@pytest.mark.parametrize("years", [0, -1])
def test_a_deferral_is_never_looked_at_again_before_it_is_decided(years: int) -> None:
    with pytest.raises(ValueError):
        re_evaluate_on(date(2026, 1, 1), years)


@given(LEAP_DAYS, st.integers(1, 100))
def test_a_leap_day_ends_on_a_leap_day_or_on_28_february(year: int, years: int) -> None:
    end = re_evaluate_on(date(year, 2, 29), years)
    assert (end + timedelta(days=1)) == date(year + years, 3, 1)


@pytest.mark.parametrize(
    ("until", "required"),
    [(date(2023, 6, 15), False), (date(2023, 6, 16), False), (date(2023, 6, 17), True), (None, True)],
)
def test_consent_is_needed_from_the_day_after_the_first_possible_one(until: date | None, required: bool) -> None:
    assert consent_required(date(2023, 6, 16), until) is required


def test_a_record_of_unknown_age_is_not_deferred_without_consent() -> None:
    assert consent_required(None, date(2000, 1, 1))


@pytest.mark.parametrize(
    ("formed", "years", "due"),
    [
        (date(2016, 2, 29), 10, date(2026, 3, 1)),
        (date(2016, 11, 26), 10, date(2026, 11, 27)),
        (date(2004, 2, 29), 20, date(2024, 3, 1)),
    ],
)
def test_requests_for_disclosure_go_to_the_producer_until_the_day_of_transfer(
    formed: date, years: int, due: date
) -> None:
    assert transfer_due_on(formed, years) == due
    assert disclosure_is_producers(due, due - timedelta(days=1))
    assert not disclosure_is_producers(due, due)
