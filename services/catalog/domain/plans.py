"""A plan of the opening review: what is reviewed in a year, who answers for it, and by when (Measures 13)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.catalog.domain.gathering import GatherFilter
from services.common.domain.errors import InvalidArgument, VersionConflict

MAX_ROWS = 200
MAX_PLAN_TITLE = 200


@dataclass(frozen=True)
class PlanRow:
    """Fonds and years of formation, the day by which they are to be published, the reviewer's pseudonym."""

    filter: GatherFilter
    target_day: date
    reviewer: str


@dataclass(frozen=True)
class RowProgress:
    """`waiting`: reviewable and on no list yet; the others: on lists of the plan."""

    waiting: int = 0
    listed: int = 0
    decided: int = 0
    published: int = 0


@dataclass(frozen=True)
class Plan:
    """One year's plan of one archive; batches name it and the row."""

    plan_id: str
    archive_id: str
    year: int
    title: str
    rows: tuple[PlanRow, ...]
    created_by: str
    created_at: datetime
    version: int = 1

    def require_sound(self) -> None:
        """Raises: InvalidArgument."""
        if not 2000 <= self.year <= 2999:
            raise InvalidArgument("year", "the year of the plan, e.g. 2027")
        if not 0 < len(self.title) <= MAX_PLAN_TITLE:
            raise InvalidArgument("title", f"1 to {MAX_PLAN_TITLE} characters")
        if not 0 < len(self.rows) <= MAX_ROWS:
            raise InvalidArgument("rows", f"1 to {MAX_ROWS}")
        for number, row in enumerate(self.rows):
            row.filter.require_sound()
            if len(row.reviewer) != 32:
                raise InvalidArgument(f"rows[{number}].reviewer", "a pseudonym")

    def changed(self, *, version: int, title: str, rows: Sequence[PlanRow], used: frozenset[int]) -> "Plan":
        """With other rows. `used`: numbers of rows that have batches, which stay as they are.

        Raises: VersionConflict, InvalidArgument.
        """
        if version != self.version:
            raise VersionConflict(f"version {self.version}", metadata={"version": str(self.version)})
        for number in used:
            if number >= len(rows) or rows[number].filter != self.rows[number].filter:
                raise InvalidArgument(f"rows[{number}]", "has batches: fonds and years stay")
        after = replace(self, title=title, rows=tuple(rows), version=self.version + 1)
        after.require_sound()
        return after

    def row(self, number: int) -> PlanRow:
        """Raises: InvalidArgument."""
        if not 0 <= number < len(self.rows):
            raise InvalidArgument("plan_row", f"0 to {len(self.rows) - 1}")
        return self.rows[number]
