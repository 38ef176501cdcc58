"""A search as the index understands it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.common.domain.errors import InvalidArgument
from services.discovery.domain.text import pinyin_syllables, runs, simplified

MAX_QUERY_CHARACTERS = 200
MAX_WINDOW = 1_000
"""A result list is followed this far; beyond, a reader narrows the query. Counts are exact up to it."""


@dataclass(frozen=True)
class Filters:
    """What narrows a search; empty fields do not. Years are inclusive."""

    region_id: str = ""
    archive_id: str = ""
    year_from: int = 0
    year_to: int = 0

    def each_dropped(self) -> Iterator[tuple[str, "Filters"]]:
        """For each filter in use its name, and the filters without it."""
        fewer = {
            "region_id": replace(self, region_id=""),
            "archive_id": replace(self, archive_id=""),
            "year_from": replace(self, year_from=0),
            "year_to": replace(self, year_to=0),
        }
        yield from ((field, filters) for field, filters in fewer.items() if filters != self)


@dataclass(frozen=True)
class Query:
    """Runs that must all occur, or syllables that must follow one another in the title's reading.

    A query in Latin letters is both: `WTO` is a word of a title, `jiehun` a reading.
    """

    text: str
    runs: tuple[str, ...]
    syllables: tuple[str, ...]
    filters: Filters

    @property
    def forms(self) -> list[str]:
        """The forms tried beside the words as typed."""
        forms = [form for form in (simplified(self.text),) if form != self.text]
        return forms + ([" ".join(self.syllables)] if self.syllables else [])


def parse_query(text: str, filters: Filters) -> Query:
    """Reads what a person typed.

    Raises: InvalidArgument: too long, or years the wrong way round.
    """
    text = text.strip()
    if len(text) > MAX_QUERY_CHARACTERS:
        raise InvalidArgument("query", f"at most {MAX_QUERY_CHARACTERS} characters")
    if filters.year_from and filters.year_to and filters.year_from > filters.year_to:
        raise InvalidArgument("year_from", "not after year_to")
    return Query(text, tuple(runs(text)), tuple(pinyin_syllables(text) or ()), filters)
