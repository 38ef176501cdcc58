"""The table of a run: on the console, and between its markers in docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from bench.figures import Figure, growth
from bench.machine import machine, today, versions
from bench.rows import BY_NAME, ROWS
from deploy.local.layout import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"
_COLUMNS = ("work", "case", "ours", "limit", "ratio", "floor", "aim", "reached", "± rounds", "growth", "load", "made")


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
        lines.append((work, f"{outcome.state}: {outcome.why}", *[""] * 9, _made(outcome)))
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
        _made(outcome),
    )


def _made(outcome: Outcome) -> str:
    """On which day, from which commit: rows of one table differ in both."""
    return f"{today()} {outcome.commit}"


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


def write(run: str, outcomes: Sequence[Outcome]) -> None:
    """Replaces the rows measured now in the document and keeps its others, whoever measured them."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_rows(text, run, outcomes), encoding="utf-8")


def with_rows(text: str, run: str, outcomes: Sequence[Outcome]) -> str:
    """The document with these rows in the section of a run; the other run's is left alone."""
    before, rest = text.split(_start(run))
    section, after = rest.split(_end(run))
    lines = _lines(section) | {
        BY_NAME[outcome.row].work: [_markdown(values) for values in cells(outcome)] for outcome in outcomes
    }
    return f"{before}{_start(run)}\n{_section(lines)}{_end(run)}{after}"


def _lines(section: str) -> dict[str, list[str]]:
    """Work → its lines as they stand in a table."""
    found: dict[str, list[str]] = {}
    for line in section.splitlines():
        if line.startswith("|"):
            found.setdefault(line.split("|")[1].strip(), []).append(line)
    return found


def _section(lines: Mapping[str, Sequence[str]]) -> str:
    """In the order of the rows; a work that is no row any more is gone."""
    measured = [row for row in ROWS if row.work in lines]
    head = [f"{machine()}. {versions()}.", "", _markdown(_COLUMNS), _markdown(["---"] * len(_COLUMNS))]
    limits = [f"- {row.work}: {row.limit}" for row in measured if row.limit]
    table = [line for row in measured for line in lines[row.work]]
    return "\n".join([*head, *table, "", "Limits and peers, measured in the same run:", "", *limits, ""])


def _markdown(values: Sequence[str]) -> str:
    return f"| {' | '.join(value.replace('|', '/') for value in values)} |"


def _start(run: str) -> str:
    return f"<!-- bench-{run}:start -->"


def _end(run: str) -> str:
    return f"<!-- bench-{run}:end -->"
