"""Working days around the holidays of 2026, and a year nobody has published yet."""

from datetime import date

import pytest

from services.common.domain.deadlines import CalendarUnknown, Deadline, count_deadline, working_days_left
from services.common.working_calendar import PublishedCalendar

CALENDAR = PublishedCalendar()
RULE = "supply.certified-copy"


def test_an_ordinary_fortnight_skips_two_weekends() -> None:
    deadline = count_deadline(date(2026, 11, 23), 10, CALENDAR, RULE)
    assert deadline == Deadline(date(2026, 12, 7), 10, date(2026, 11, 23), (), (), False, RULE)


def test_spring_festival_2026_names_its_nine_days_and_the_saturdays_that_make_up_for_them() -> None:
    deadline = count_deadline(date(2026, 2, 12), 10, CALENDAR, RULE)
    assert deadline.due_on == date(2026, 3, 4)
    assert deadline.holidays == tuple(date(2026, 2, day) for day in range(15, 24))
    assert deadline.made_up_days == (date(2026, 2, 14), date(2026, 2, 28))
    assert not deadline.provisional


def test_national_day_2026_counts_the_made_up_saturday_as_worked() -> None:
    deadline = count_deadline(date(2026, 9, 30), 3, CALENDAR, RULE)
    assert deadline.holidays == tuple(date(2026, 10, day) for day in range(1, 8))
    assert deadline.made_up_days == (date(2026, 10, 10),)
    assert deadline.due_on == date(2026, 10, 10)


def test_a_span_into_a_year_without_a_table_is_provisional_and_counts_weekends_alone() -> None:
    deadline = count_deadline(date(2026, 12, 28), 10, CALENDAR, RULE)
    assert deadline.provisional
    assert deadline.due_on == date(2027, 1, 11)
    assert deadline.holidays == ()


def test_a_span_that_ends_with_the_last_published_day_is_not_provisional() -> None:
    assert not count_deadline(date(2026, 12, 30), 1, CALENDAR, RULE).provisional


def test_an_unknown_year_is_said_to_be_unknown() -> None:
    with pytest.raises(CalendarUnknown):
        CALENDAR.kind(date(2027, 1, 4))


@pytest.mark.parametrize(
    ("today", "left"),
    [
        (date(2026, 11, 23), 10),
        (date(2026, 12, 4), 1),
        (date(2026, 12, 5), 1),
        (date(2026, 12, 7), 0),
        (date(2026, 12, 8), -1),
        (date(2026, 12, 12), -4),
    ],
)
def test_days_left_reach_zero_on_the_day_itself_and_go_below_afterwards(today: date, left: int) -> None:
    assert working_days_left(date(2026, 12, 7), today, CALENDAR) == left


def test_overdue_on_a_saturday_is_late_though_no_working_day_has_passed() -> None:
    assert working_days_left(date(2026, 12, 4), date(2026, 12, 5), CALENDAR) == -1


def test_a_deadline_survives_storage() -> None:
    deadline = count_deadline(date(2026, 2, 12), 10, CALENDAR, RULE)
    assert Deadline.from_fields(deadline.fields()) == deadline


def test_no_days_are_no_deadline() -> None:
    with pytest.raises(ValueError, match="at least one"):
        count_deadline(date(2026, 2, 12), 0, CALENDAR, RULE)
