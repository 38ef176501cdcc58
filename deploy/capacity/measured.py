"""The measured costs: rows of the tables in docs/benchmarks.md, found by their work and case."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.local.layout import ROOT

FILE = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Wanted:
    """One figure: the beginnings of its work and case, and its unit."""

    name: str
    work: str
    case: str
    unit: str


WANTED: Sequence[Wanted] = (
    Wanted("publish", "publish reviewed records", "50,000 records", "records/s"),
    Wanted("index", "build the union index from Kafka", "1,000,000 entries", "entries/s"),
    Wanted("index_bytes", "search over gRPC", "10,000,000 entries, on disk", "B"),
    Wanted("search", "search over gRPC", "10,000,000 entries, p50", "ms"),
    Wanted("place", "place a request", "32 callers", "/s"),
    Wanted("import", "import CSV", "1,000,000 rows", "rows/s"),
    Wanted("audit", "audit, Kafka to signed checkpoint", "1,000,000 leaves", "leaves/s"),
)


LEAST_GROWTH = 0.7
"""As on a day of even speed (2026-11-24); where the smaller index met the slower hour, it comes out too low."""


class NotMeasured(ValueError):
    """The tables hold no such row, or its figure has another unit."""


def read(text: str) -> Mapping[str, float]:
    """Name → figure; where several rows fit, the lowest rate or the highest cost, so that nothing is planned too small.

    Raises: NotMeasured.
    """
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {wanted.name: _figure(wanted, rows) for wanted in WANTED}


def growth(text: str) -> float:
    """The exponent by which a search's time grows with the entries, at the largest size; at least `LEAST_GROWTH`."""
    rows = [line for line in text.splitlines() if "search over gRPC" in line and "10,000,000 entries, p50" in line]
    found = re.search(r"n\^(-?\d+\.\d+)", rows[-1]) if rows else None
    if found is None:
        raise NotMeasured("the growth of a search at 10,000,000 entries")
    return max(LEAST_GROWTH, float(found[1]))


def _figure(wanted: Wanted, rows: Sequence[Sequence[str]]) -> float:
    texts = [row[2] for row in rows if row[0].startswith(wanted.work) and row[1].startswith(wanted.case)]
    found = [re.fullmatch(rf"([\d,.]+) ?{re.escape(wanted.unit)}", text) for text in texts]
    figures = [float(one[1].replace(",", "")) for one in found if one]
    if not figures:
        raise NotMeasured(f"{wanted.work} …, {wanted.case} … in {wanted.unit}")
    return min(figures) if wanted.unit.endswith("/s") else max(figures)
