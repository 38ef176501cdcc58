"""Deadlines in working days of the Chinese calendar, made-up days 调休 included, that print their own arithmetic.

The State Council publishes each year's table of holidays the autumn before (DOMAIN §6); a day of a year without one
counts by weekday alone, and the deadline says that it is provisional.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol


class DayKind(StrEnum):
    """What a calendar day is."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    """A public holiday, its weekend days included."""
    MADE_UP = "made-up"
    """调休: a weekend day that is worked."""


_WORKED = frozenset({DayKind.WORKDAY, DayKind.MADE_UP})


class CalendarUnknown(Exception):
    """No table of holidays has been published for the year."""


class WorkingCalendar(Protocol):
    """The published tables."""

    def kind(self, day: date) -> DayKind:
        """Raises: CalendarUnknown."""
        ...


@dataclass(frozen=True)
class Deadline:
    """A day by which someone must act; the duty ends with that day in Asia/Shanghai.

    `counted_from`: the day the clock started, itself not counted. `holidays`, `made_up_days`: those in the span.
    `rule`: configuration key that the number of days comes from.
    """

    due_on: date
    working_days: int
    counted_from: date
    holidays: tuple[date, ...]
    made_up_days: tuple[date, ...]
    provisional: bool
    rule: str

    def is_overdue(self, today: date) -> bool:
        """Whether the day has passed."""
        return today > self.due_on

    def fields(self) -> dict[str, Any]:
        """As plain values with ISO 8601 days, named as in `tongdang.common.v1.Deadline`."""
        return {
            "due_on": self.due_on.isoformat(),
            "working_days": self.working_days,
            "counted_from": self.counted_from.isoformat(),
            "holidays": [day.isoformat() for day in self.holidays],
            "made_up_days": [day.isoformat() for day in self.made_up_days],
            "provisional": self.provisional,
            "rule": self.rule,
        }

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> "Deadline":
        """Back from `fields`. Raises: ValueError: a day that is none."""
        return cls(
            due_on=date.fromisoformat(fields["due_on"]),
            working_days=int(fields["working_days"]),
            counted_from=date.fromisoformat(fields["counted_from"]),
            holidays=tuple(date.fromisoformat(day) for day in fields["holidays"]),
            made_up_days=tuple(date.fromisoformat(day) for day in fields["made_up_days"]),
            provisional=bool(fields["provisional"]),
            rule=str(fields["rule"]),
        )


def count_deadline(counted_from: date, working_days: int, calendar: WorkingCalendar, rule: str) -> Deadline:
    """The last of so many working days after a day.

    Raises: ValueError: not at least one day.
    """
    if working_days < 1:
        raise ValueError("a deadline grants at least one working day")
    left, day = working_days, counted_from
    holidays: list[date] = []
    made_up: list[date] = []
    provisional = False
    while left:
        day += timedelta(days=1)
        kind, known = _kind(day, calendar)
        provisional |= not known
        if kind is DayKind.HOLIDAY:
            holidays.append(day)
        elif kind is DayKind.MADE_UP:
            made_up.append(day)
        left -= kind in _WORKED
    return Deadline(day, working_days, counted_from, tuple(holidays), tuple(made_up), provisional, rule)


def working_days_left(due_on: date, today: date, calendar: WorkingCalendar) -> int:
    """Working days after today up to the day due, included; negative by those that passed since."""
    if today <= due_on:
        return sum(1 for day in _days(today, due_on) if _kind(day, calendar)[0] in _WORKED)
    return -max(1, sum(1 for day in _days(due_on, today) if _kind(day, calendar)[0] in _WORKED))


def _days(after: date, until: date) -> Iterator[date]:
    for number in range(1, (until - after).days + 1):
        yield after + timedelta(days=number)


def _kind(day: date, calendar: WorkingCalendar) -> tuple[DayKind, bool]:
    try:
        return calendar.kind(day), True
    except CalendarUnknown:
        return (DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY), False
