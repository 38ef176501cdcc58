"""The metrics' names, and the page about them."""

import re

from deploy.monitoring import document
from deploy.monitoring.catalogue import catalogue


def test_the_page_is_what_the_module_says() -> None:
    assert document.FILE.read_text(encoding="utf-8") == document.text(), "run python -m deploy.monitoring.document"


def test_names_follow_the_conventions_of_prometheus() -> None:
    for row in catalogue():
        assert re.fullmatch(r"tongdang(_[a-z]+)+", row.name), row.name
        if row.kind == "histogram":
            assert row.name.endswith("_duration_seconds")
        for unit in ("timestamp", "age"):
            assert f"_{unit}" not in row.name or row.name.endswith(f"_{unit}_seconds"), row.name


def test_no_label_can_hold_a_person_a_path_or_a_query() -> None:
    """A new label is added here after the question how many values it takes, and whose they are."""
    few = {
        "method", "code", "route", "status", "action", "command", "worker", "problem", "consumer", "lane", "state",
        "lease", "certificate", "observation", "finding", "call",
        "witness", "outcome",
    }  # fmt: skip

    assert {label for row in catalogue() for label in row.labels} <= few
