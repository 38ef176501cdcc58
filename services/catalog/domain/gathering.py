"""What a batch gathers: fonds, years, matter."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.common.domain.errors import InvalidArgument

MAX_FONDS = 200
TERM_YEARS = 25
"""Archives Law 27."""


class Matter(StrEnum):
    """What is decided about the records of a batch: each decision has signatures and a basis of its own.

    `text`: publishing the texts of open records (rule P1). `correction`: open entries that are to say something else.
    """

    OPENING = "opening"
    TEXT = "text"
    REREVIEW = "rereview"
    CORRECTION = "correction"
    SERIES = "series"
    """A personal series as a whole: no list is gathered for it, its two signatures stand on its description."""


@dataclass(frozen=True)
class GatherFilter:
    """`fonds`: empty for all. Years of formation, inclusive, 0 for no bound.

    `early`: records still under their term. `disclosed`: only those marked 主动公开, which proposes opening them
    early (rule O3).
    """

    fonds: tuple[str, ...] = ()
    year_from: int = 0
    year_to: int = 0
    early: bool = False
    disclosed: bool = False

    def require_sound(self) -> None:
        """Raises: InvalidArgument."""
        if len(self.fonds) > MAX_FONDS or len(set(self.fonds)) != len(self.fonds) or "" in self.fonds:
            raise InvalidArgument("fonds", f"at most {MAX_FONDS}, each once")
        for name, year in (("year_from", self.year_from), ("year_to", self.year_to)):
            if year and not 1000 <= year <= 2999:
                raise InvalidArgument(name, "a year, e.g. 1985")
        if self.year_to and self.year_to < self.year_from:
            raise InvalidArgument("year_to", "not before year_from")
        if self.early and not (self.fonds or self.year_from or self.disclosed):
            raise InvalidArgument("early", "with fonds, years or disclosed")

    def eligible_between(self, on: date) -> tuple[str, str]:
        """First and last eligible day, ISO 8601, both inclusive, of the records meant, on a legal day.

        A record is eligible 25 years and a day after its last day (DOMAIN §2), so years of formation are spans of
        eligible days.
        """
        first = f"{self.year_from + TERM_YEARS:04d}-01-02" if self.year_from else "0000-00-00"
        last = f"{self.year_to + TERM_YEARS + 1:04d}-01-01" if self.year_to else "9999-99-99"
        if self.early:
            return max(first, (on + timedelta(days=1)).isoformat()), last
        return first, min(last, on.isoformat())


EVERYTHING = GatherFilter()
