"""Alert rules: valid, tried by promtool, explained in both languages, and each with its line in the runbook."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.layout import DEFAULT_BASE_PORT, ROOT, Layout
from deploy.local.scraping import write_targets
from deploy.monitoring.catalogue import series

FOLDER = ROOT / "deploy" / "monitoring"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
RUNBOOK = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def promtool(*arguments: str) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not here: apt-get install prometheus")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules_and_the_configuration() -> None:
    promtool("check", "rules", str(FOLDER / "alerts.yaml"))
    promtool("check", "config", str(FOLDER / "prometheus.yaml"))


def test_each_rule_is_silent_and_fires_when_it_should() -> None:
    promtool("test", "rules", str(FOLDER / "alerts_test.yaml"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_is_tried_explained_and_in_the_runbook(rule: dict[str, Any]) -> None:
    name, notes = rule["alert"], rule["annotations"]
    severity = rule["labels"]["severity"]

    assert f'alertname="{name}"' in (FOLDER / "alerts_test.yaml").read_text(encoding="utf-8")
    assert severity in ("critical", "warning")
    for note in ("summary", "description"):
        assert not CHINESE.search(notes[note])
        assert CHINESE.search(notes[f"{note}_zh"])
    file, _, anchor = notes["runbook_url"].partition("#")
    assert (ROOT / file).is_file()
    assert f'| <a id="{anchor}"></a>{name} | {severity} | ' in RUNBOOK


def test_the_runbook_speaks_of_no_alert_that_is_gone() -> None:
    assert re.findall(r'^\| <a id="\w+"></a>(\w+) \|', RUNBOOK, re.M) == [rule["alert"] for rule in RULES]


@pytest.mark.parametrize(
    "file",
    [FOLDER / "alerts.yaml", FOLDER / "alerts_test.yaml", ROOT / "docs" / "alerts.md"],
    ids=lambda file: file.name,
)
def test_every_metric_that_is_named_exists(file: Path) -> None:
    named = set(re.findall(r"tongdang_[a-z_]+[a-z]\b", file.read_text(encoding="utf-8")))

    assert named <= set(series())


def test_labels_in_a_rule_are_those_of_its_metric() -> None:
    """A misspelt label selects nothing, without a word. Prometheus adds service, region, instance, job and le."""
    added = {"service", "region", "instance", "job", "le"}
    for rule in RULES:
        for name, selector in re.findall(r"(tongdang_[a-z_]+)\{([^}]*)\}", rule["expr"]):
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
            assert labels <= {*series()[name], *added}, (rule["alert"], labels)


def test_every_service_of_the_local_stack_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TONGDANG_LOCAL_DIR", raising=False)
    usual = Layout.from_environment()
    layout = replace(usual, folder=tmp_path)
    write_targets(layout)
    jobs = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))["scrape_configs"]

    read: dict[str, str] = {}
    for job in jobs:
        [file] = job["file_sd_configs"][0]["files"]
        place = (FOLDER / file).resolve().relative_to(usual.folder)
        read |= {one["labels"]["service"]: one["targets"][0] for one in json.loads((tmp_path / place).read_text())}

    assert read.pop("keycloak") == f"127.0.0.1:{layout.port('keycloak-management')}"
    assert read == {name: f"127.0.0.1:{layout.metrics_port(name)}" for name in layout.processes}


def test_a_provinces_figures_bear_its_region(tmp_path: Path) -> None:
    write_targets(Layout(DEFAULT_BASE_PORT, tmp_path, Path()))

    told = [one["labels"] for one in json.loads((tmp_path / "etc" / "prometheus" / "tongdang.json").read_text())]

    assert {"service": "catalog-320000", "region": "320000"} in told
    assert {"service": "requests"} in told
