"""Regular publication (Archives Law 28): an archive's issue days, and a confirmation that waits for one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice, product

from services.common.domain.actor import Actor, Role
from services.common.domain.errors import InvalidArgument, Kind, TongdangError

EVERY_MONTHS = (1, 2, 3, 6, 12)
LAST_DAY = 28
"""Every month has it."""
FURTHEST_ISSUES = 4
"""So many issues ahead a list can be confirmed for: what stands longer is better looked at again."""


class NotYetDue(TongdangError):
    """The legal day a publication was confirmed for has not come."""

    code = "NOT_YET_DUE"
    kind = Kind.PRECONDITION


@dataclass(frozen=True)
class Rhythm:
    """When an archive publishes: every so many months from `first_month` of each year, on `day` (Asia/Shanghai).

    `version`: 0 while the configuration's stands and no director set another.
    """

    every_months: int = 3
    first_month: int = 1
    day: int = 15
    version: int = 0

    def require_sound(self) -> None:
        """Raises: InvalidArgument."""
        if self.every_months not in EVERY_MONTHS:
            raise InvalidArgument("every_months", " | ".join(map(str, EVERY_MONTHS)))
        if not 1 <= self.first_month <= self.every_months:
            raise InvalidArgument("first_month", f"1 to {self.every_months}")
        if not 1 <= self.day <= LAST_DAY:
            raise InvalidArgument("day", f"1 to {LAST_DAY}")

    def after(self, today: date, count: int = FURTHEST_ISSUES) -> list[date]:
        """The next issue days, none of them today."""
        return list(islice((day for day in self._from(today.year) if day > today), count))

    def require_ahead(self, day: date, today: date) -> None:
        """Whether a list may be confirmed today for an issue on `day`.

        Raises: InvalidArgument.
        """
        ahead = self.after(today)
        if day not in ahead:
            raise InvalidArgument("publish_on", " | ".join(map(str, ahead)))

    def _from(self, year: int) -> Iterator[date]:
        months = range(self.first_month, 13, self.every_months)
        return (date(one, month, self.day) for one, month in product(range(year, date.max.year + 1), months))


@dataclass(frozen=True)
class Schedule:
    """A confirmation that takes effect on a day to come. `publish_on`: ISO 8601, a legal day.

    `archive_id`: the confirmer's own, another one's where the confirmer is borrowed.
    """

    publish_on: str
    confirmed_by: str
    confirmed_at: datetime
    region_id: str
    archive_id: str
    acr: str

    @classmethod
    def of(cls, day: date, by: Actor, at: datetime) -> "Schedule":
        """By whoever confirms now."""
        return cls(day.isoformat(), by.pseudonym, at, by.region_id, by.archive_id, by.acr)

    @property
    def confirmer(self) -> Actor:
        """Who confirmed, as they stood then."""
        roles = frozenset({Role.DIRECTOR})
        return Actor(self.confirmed_by, roles, "", self.region_id, self.archive_id, acr=self.acr)

    def require_due(self, on: date) -> None:
        """Raises: NotYetDue."""
        if on.isoformat() < self.publish_on:
            raise NotYetDue(self.publish_on)


@dataclass(frozen=True)
class Returned:
    """A list that no longer held on its day: the stable code of why, for which issue, and when that was found."""

    code: str
    publish_on: str
    at: datetime


@dataclass(frozen=True)
class Waiting:
    """`due_again`: deferrals whose re-evaluation is due, since `oldest_due` (ISO day, empty for none).

    `disclosed`: records under their term that are marked 主动公开.
    """

    due_again: int = 0
    oldest_due: str = ""
    disclosed: int = 0

    def __add__(self, other: "Waiting") -> "Waiting":
        oldest = min(filter(None, (self.oldest_due, other.oldest_due)), default="")
        return Waiting(self.due_again + other.due_again, oldest, self.disclosed + other.disclosed)
