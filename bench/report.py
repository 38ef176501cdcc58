"""The table of a run: on the console, and between its markers in docs/benchmarks.md."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from bench.figures import Figure, figure_of, growth
from bench.machine import machine, today, versions
from bench.rows import BY_NAME, ROWS
from deploy.local.layout import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"
_COLUMNS = ("work", "case", "ours", "limit", "ratio", "floor", "aim", "reached", "± rounds", "growth", "load", "commit")


@dataclass(frozen=True)
class Outcome:
    """What became of a row. `state`: measured, skipped or failed, with `why`. `load`: the machine's, before."""

    row: str
    state: str
    why: str
    figures: Sequence[Figure]
    commit: str
    load: float


def number(value: float | None) -> str:
    """Three or four significant digits, thousands parted."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def line(figure: Figure) -> str:
    """For the console while it runs."""
    limit = f", limit {number(figure.limit)}, ratio {number(figure.ratio)}" if figure.limit is not None else ""
    return f"{figure.case}: {number(figure.ours)} {figure.unit}{limit} {figure.verdict} {figure.note}".rstrip()


def cells(outcome: Outcome) -> list[tuple[str, ...]]:
    """One tuple of `_COLUMNS` a figure; a row that told none says why."""
    work = BY_NAME[outcome.row].work
    lines = [_cells(work, outcome, figure) for figure in outcome.figures]
    if outcome.state != "measured":
        lines.append((work, f"{outcome.state}: {outcome.why}", *[""] * 9, outcome.commit))
    return lines


def _cells(work: str, outcome: Outcome, figure: Figure) -> tuple[str, ...]:
    return (
        work,
        f"{figure.case}{f' ({figure.note})' if figure.note else ''}",
        f"{number(figure.ours)} {figure.unit}",
        number(figure.limit),
        f"{number(figure.ratio)} ×" if figure.ratio is not None else "",
        str(figure.floor),
        str(figure.aim),
        figure.verdict,
        f"{figure.rounds}, {figure.spread:.0%}",
        _growth(outcome, figure),
        f"{outcome.load:.1f}",
        outcome.commit,
    )


def _growth(outcome: Outcome, figure: Figure) -> str:
    """Against the next smaller size of the same measure."""
    smaller = [
        other
        for other in outcome.figures
        if 0 < other.size < figure.size and other.unit == figure.unit and _kind(other) == _kind(figure)
    ]
    return f"n^{growth(max(smaller, key=lambda other: other.size), figure):.2f}" if smaller else ""


def _kind(figure: Figure) -> str:
    """The case without its size."""
    return figure.case.replace(f"{figure.size:,}", "")


def table(outcomes: Sequence[Outcome]) -> Table:
    """For the console."""
    shown = Table(*_COLUMNS)
    for outcome in outcomes:
        for values in cells(outcome):
            shown.add_row(*values)
    return shown


def knows_the_rows_of(run: str) -> bool:
    """Whether a table was made on this copy: single rows can only be put among rows that are known."""
    return _store(run).exists()


def write(run: str, outcomes: Sequence[Outcome]) -> None:
    """Replaces the rows measured now, keeps the others; the section of the other run is left alone."""
    kept = {**_stored(run), **{outcome.row: outcome for outcome in outcomes}}
    ordered = [kept[row.name] for row in ROWS if row.name in kept]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(_start(run))[0], text.split(_end(run))[1]
    DOCUMENT.write_text(f"{before}{_start(run)}\n{_section(ordered)}{_end(run)}{after}", encoding="utf-8")
    _store(run).parent.mkdir(parents=True, exist_ok=True)
    _store(run).write_text(json.dumps([asdict(one) for one in ordered], ensure_ascii=False), encoding="utf-8")


def _section(outcomes: Sequence[Outcome]) -> str:
    lines = [f"{today()}, {machine()}. {versions()}.", "", _markdown(_COLUMNS), _markdown(["---"] * len(_COLUMNS))]
    lines += [_markdown(values) for outcome in outcomes for values in cells(outcome)]
    limits = [f"- {row.work}: {row.limit}" for row in (BY_NAME[one.row] for one in outcomes) if row.limit]
    return "\n".join([*lines, "", "Limits and peers, measured in the same run:", "", *limits, ""])


def _markdown(values: Sequence[str]) -> str:
    return f"| {' | '.join(value.replace('|', '/') for value in values)} |"


def _stored(run: str) -> dict[str, Outcome]:
    """Rows of earlier runs on this machine."""
    if not _store(run).exists():
        return {}
    rows = json.loads(_store(run).read_text(encoding="utf-8"))
    read = [Outcome(**{**row, "figures": [figure_of(one) for one in row["figures"]]}) for row in rows]
    return {outcome.row: outcome for outcome in read if outcome.row in BY_NAME}


def _store(run: str) -> Path:
    return ROOT / ".local" / f"bench-{run}.json"


def _start(run: str) -> str:
    return f"<!-- bench-{run}:start -->"


def _end(run: str) -> str:
    return f"<!-- bench-{run}:end -->"
