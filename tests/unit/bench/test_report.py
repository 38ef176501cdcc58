"""Rows measured now take their places in the document among those that others measured."""

from bench.figures import Figure
from bench.report import DOCUMENT, Outcome, with_rows
from bench.rows import BY_NAME, ROWS

SECTION = "<!-- bench-{0}:start -->\n<!-- bench-{0}:end -->\n"
TEXT = f"Before.\n{SECTION.format('short')}Between.\n{SECTION.format('long')}"


def outcome(row: str, ours: float = 10) -> Outcome:
    figure = Figure("1,000 records", "records/s", 1_000, ours, 20, ours / 20, rounds=5)
    return Outcome(row, "measured", "", [figure], "abc1234", 1.0)


def works(text: str) -> list[str]:
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")][2:]


def test_a_row_replaces_its_own_lines_and_keeps_the_others_in_the_order_of_the_rows() -> None:
    text = with_rows(TEXT, "short", [outcome("index"), outcome("suggest")])
    text = with_rows(text, "short", [outcome("publish"), outcome("index", 15)])
    assert works(text) == [BY_NAME[name].work for name in ("publish", "index", "suggest")]
    assert "| 15 records/s | 20 | 0.75 × |" in text
    assert text.count("abc1234 |") == 3
    assert text.endswith(f"Between.\n{SECTION.format('long')}")


def test_a_row_that_failed_says_why() -> None:
    text = with_rows(TEXT, "long", [Outcome("index", "skipped", "no JDK here", [], "abc1234", 1.0)])
    assert "| skipped: no JDK here |" in text


def test_every_row_is_known_by_its_work() -> None:
    assert len({row.work for row in ROWS}) == len(ROWS)


def test_the_document_holds_rows_that_there_are() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for run in ("short", "long"):
        section = text.partition(f"<!-- bench-{run}:start -->")[2].partition(f"<!-- bench-{run}:end -->")[0]
        assert set(works(section)) <= {row.work for row in ROWS}
