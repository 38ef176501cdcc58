"""Alert rules: valid, tried by promtool, explained in both languages, and each with its line in the runbook."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.layout import DEFAULT_BASE_PORT, PROCESSES, ROOT, Layout
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


def test_every_service_of_the_local_stack_is_read() -> None:
    layout = Layout(DEFAULT_BASE_PORT, Path(), Path())
    job, keycloak = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))["scrape_configs"]

    read = {one["labels"]["service"]: one["targets"] for one in job["static_configs"]}

    assert read == {name: [f"127.0.0.1:{layout.metrics_port(name)}"] for name in PROCESSES}
    assert keycloak["static_configs"][0]["targets"] == [f"127.0.0.1:{layout.port('keycloak-management')}"]
