"""Dashboards: written from the code, shaped as Grafana takes them, and asking for what exists."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.monitoring.boards import DASHBOARDS, FOLDER, written
from deploy.monitoring.catalogue import series
from deploy.monitoring.panels import Dashboard

ADDED = {"service", "region", "instance", "job", "le", "status", "area"}
"""Labels that Prometheus adds."""
KEYCLOAK = {
    "http_server_requests_seconds_count", "http_server_requests_seconds_sum", "jvm_memory_used_bytes",
    "agroal_active_count", "agroal_awaiting_count",
}  # fmt: skip
OTHERS = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"} | KEYCLOAK
each = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.uid)


def panels(dashboard: Dashboard) -> list[dict[str, Any]]:
    return [panel for panel in dashboard.json()["panels"] if panel["type"] != "row"]


def expressions(dashboard: Dashboard) -> list[str]:
    return [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]


@each
def test_the_file_is_what_the_code_says(dashboard: Dashboard) -> None:
    text = (FOLDER / f"{dashboard.uid}.json").read_text(encoding="utf-8")

    assert text == written(dashboard), "run python -m deploy.monitoring.boards"


@each
def test_grafana_finds_what_it_needs(dashboard: Dashboard) -> None:
    page = json.loads(written(dashboard))
    cells = [
        (x, y)
        for panel in page["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert {"uid", "title", "panels", "schemaVersion", "templating", "time"} <= page.keys()
    assert len({panel["id"] for panel in page["panels"]}) == len(page["panels"])
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    for panel in panels(dashboard):
        assert panel["targets"] and panel["title"] and panel["fieldConfig"]["defaults"]["unit"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@each
def test_every_series_and_label_exists(dashboard: Dashboard) -> None:
    for expr in expressions(dashboard):
        names = set(re.findall(r"\b(?:tongdang|process|http_server|jvm|agroal)_[a-z_]+\b|\bup\b", expr))
        assert names and names <= {*series(), *OTHERS}, expr
        known = {label for name in names for label in series().get(name, ())} | ADDED
        used = {label for by in re.findall(r"by \(([^)]*)\)", expr) for label in by.split(", ")}
        used |= {
            label
            for braces in re.findall(r"\{([^}]*)\}", expr)
            for label in re.findall(r'(\w+)(?:=~|!~|!=|=)"', braces)
        }
        assert used <= known, (expr, used - known)


@each
def test_a_line_is_named_by_labels_its_query_keeps(dashboard: Dashboard) -> None:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            kept = {label for by in re.findall(r"by \(([^)]*)\)", target["expr"]) for label in by.split(", ")}
            named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert named <= kept or not kept, target


def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not here: apt-get install prometheus")
    queries = [expr.replace("$__rate_interval", "5m") for one in DASHBOARDS for expr in expressions(one)]
    rules = [{"record": f"dashboard:query:{number}", "expr": expr} for number, expr in enumerate(queries)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))

    done = subprocess.run([program, "check", "rules", str(file)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
