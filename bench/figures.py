"""A measured line: our rounds and the limit's, their medians, their ratio, and what they have to reach."""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


class Skipped(Exception):
    """A row cannot run here; the text says what is missing."""


@dataclass(frozen=True)
class Bound:
    """What a figure has to reach: every limit that is given. Ratios are ours / limit's, as the row defines them."""

    least_ratio: float | None = None
    most_ratio: float | None = None
    least: float | None = None
    most: float | None = None

    def held_by(self, figure: "Figure") -> bool:
        """Whether the figure reaches it; a missing ratio reaches none."""
        ratio = figure.ratio if figure.ratio is not None else math.nan
        return (
            (self.least_ratio is None or ratio >= self.least_ratio)
            and (self.most_ratio is None or ratio <= self.most_ratio)
            and (self.least is None or figure.ours >= self.least)
            and (self.most is None or figure.ours <= self.most)
        )

    def __str__(self) -> str:
        parts = [
            f"≥ {self.least_ratio} ×" if self.least_ratio is not None else "",
            f"≤ {self.most_ratio} ×" if self.most_ratio is not None else "",
            f"≥ {self.least:,.0f}" if self.least is not None else "",
            f"≤ {self.most:,.0f}" if self.most is not None else "",
        ]
        return ", ".join(part for part in parts if part)


NO_BOUND = Bound()


@dataclass(frozen=True)
class Figure:
    """One case of a row. `ours` and `limit` are medians in `unit`; `ratio` is 0 … ∞, None without a limit.

    `size` is what the cost may grow with (records, leaves, rows), 0 where nothing does. `spread` is the
    interquartile range of our rounds over their median.
    """

    case: str
    unit: str
    size: int
    ours: float
    limit: float | None = None
    ratio: float | None = None
    rounds: int = 1
    spread: float = 0.0
    floor: Bound = NO_BOUND
    aim: Bound = NO_BOUND
    note: str = ""

    @property
    def verdict(self) -> str:
        """`aim`, `floor` or `under`; empty where nothing is asked."""
        if self.floor == NO_BOUND and self.aim == NO_BOUND:
            return ""
        if self.aim != NO_BOUND and self.aim.held_by(self):
            return "aim"
        return "floor" if self.floor.held_by(self) else "under"

    def as_json(self) -> dict[str, Any]:
        """For the runner, which reads it in another process."""
        return asdict(self)


def figure_of(fields: dict[str, Any]) -> Figure:
    """What `as_json` gave."""
    bounds = {name: Bound(**fields[name]) for name in ("floor", "aim")}
    return Figure(**{**fields, **bounds})


def alternating(
    ours: Callable[[], float], limit: Callable[[], float], rounds: int, budget_s: float
) -> tuple[Sequence[float], Sequence[float]]:
    """Both sides in turn, the other one first each time, so that neither has the warmer machine.

    No round begins after `budget_s`: on a slow machine there are fewer, and the table tells how many.
    """
    mine: list[float] = []
    theirs: list[float] = []
    began = time.monotonic()
    for number in range(rounds):
        if number and time.monotonic() > began + budget_s:
            break
        for work, results in ((ours, mine), (limit, theirs))[:: 1 if number % 2 == 0 else -1]:
            results.append(work())
    return mine, theirs


def figure(
    case: str,
    unit: str,
    size: int,
    ours: Sequence[float],
    limit: Sequence[float] = (),
    *,
    floor: Bound = NO_BOUND,
    aim: Bound = NO_BOUND,
    cost: bool = False,
    note: str = "",
) -> Figure:
    """Medians of the rounds. `cost`: the ratio is limit / ours, how many times the limit's cost ours is."""
    median = statistics.median(ours)
    base = statistics.median(limit) if limit else None
    ratio = (base / median if cost else median / base) if base else None
    quarters = statistics.quantiles(ours, n=4) if len(ours) > 1 else [median, median, median]
    spread = (quarters[2] - quarters[0]) / median if median else 0.0
    return Figure(case, unit, size, median, base, ratio, len(ours), spread, floor, aim, note)


def growth(small: Figure, large: Figure) -> float:
    """Exponent e of cost ~ size^e between two cases of one row: 1 is a constant cost an item, 0 a constant cost."""
    steps = math.log(large.size / small.size)
    change = math.log(large.ours / small.ours) / steps
    return 1 - change if "/s" in small.unit else change
