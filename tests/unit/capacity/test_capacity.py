"""The page on capacity: what the committed figures lead to, each number with its arithmetic."""

import re

import pytest

from deploy.capacity import measured, page, sizes
from deploy.capacity.assumptions import values
from deploy.capacity.plan import LINES, Scale, figure, partitions, work_out
from services.common.kafka.topics import topics

BENCHMARKS = measured.FILE.read_text(encoding="utf-8")
GIVEN = {
    "search": 10.0, "growth": 0.5, "index_bytes": 200, "index": 10_000, "place": 500, "audit": 10_000,
    "import_": 10_000, "publish": 5_000, "record_in_mongo": 1_000, "record_in_kafka": 400,
    "event_in_kafka": 500, "event_in_log": 1_000, **values(),
}  # fmt: skip


def results(scale: Scale) -> dict[str, float]:
    return {line.what: value for line, _, value in work_out(scale, GIVEN)}


def test_the_page_is_what_the_committed_figures_lead_to() -> None:
    assert page.FILE.read_text(encoding="utf-8") == page.text(BENCHMARKS), "run make capacity"


def test_every_figure_is_found_and_the_careful_one_of_several_is_taken() -> None:
    row = "| place a request, durable, audited | 32 callers (p50 1 ms) | {} /s | 2,047 |\n"
    found = measured.read(BENCHMARKS + row.format(5))

    assert found["place"] == 5
    assert measured.read(BENCHMARKS + row.format("9,999"))["place"] < 1_000


def test_a_figure_that_is_gone_or_has_another_unit_is_an_error() -> None:
    with pytest.raises(measured.NotMeasured, match="publish"):
        measured.read(BENCHMARKS.replace("| publish reviewed", "| publishes"))
    with pytest.raises(measured.NotMeasured, match="rows/s"):
        measured.read(BENCHMARKS.replace(" rows/s", " lines/s"))
    with pytest.raises(measured.NotMeasured, match="growth"):
        measured.growth("")


def test_a_search_is_not_planned_to_grow_less_than_on_a_day_of_even_speed() -> None:
    row = "| search over gRPC through all interceptors | 10,000,000 entries, p50 | 11 ms | 9 | n^{} |"

    assert measured.growth(row.format("0.37")) == measured.LEAST_GROWTH
    assert measured.growth(row.format("0.91")) == 0.91


def test_the_arithmetic_written_out_gives_the_number_beside_it() -> None:
    for line, numbers, value in work_out(Scale("nation", 1, 31), GIVEN):
        code = numbers.replace(",", "").replace("×", "*").replace("÷", "/").replace("^", "**")
        if "max(" in code:
            continue  # its own comma is gone with the others
        again = eval(code, {"__builtins__": {}, "ceil": lambda number: -(-number // 1)})
        assert again == pytest.approx(value, rel=0.02), (line.what, numbers)


def test_a_hundred_times_as_much_needs_a_hundred_times_the_disks() -> None:
    one, hundred = results(Scale("a", 1, 31)), results(Scale("b", 100, 31))

    for what in ("disk of the requests, one member", "disk of the logs, one member", "disk of Kafka, all copies"):
        assert hundred[what] == pytest.approx(100 * one[what])
    assert (
        hundred["shards: indexes the entries are divided among"] > one["shards: indexes the entries are divided among"]
    )


def test_there_are_never_fewer_than_three_brokers_and_two_replicas() -> None:
    small = results(Scale("a village", 1e-6, 1))

    assert small["brokers: three, or what the disks ask"] == 3
    assert small["replicas of each shard: two, or what the cores ask"] == 2


def test_partitions_are_those_of_the_table_of_topics() -> None:
    assert partitions(3) == sum(topic.partitions for topic in topics(["1", "2", "3"]))


def test_every_assumption_and_cost_is_used_and_none_is_missing() -> None:
    used = {name for line in LINES for name in re.findall(r"[A-Za-z_]\w*", line.formula)}

    assert set(values()) - {"share"} <= used
    assert {*sizes.read()} <= used


def test_numbers_are_written_as_people_read_them() -> None:
    assert [figure(one) for one in (176_590_000, 9.5687, 0.05, 3.0)] == ["176,590,000", "9.57", "0.05", "3"]
