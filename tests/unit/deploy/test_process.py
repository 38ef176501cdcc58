"""Children end with their parent, however that ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.layout import ROOT
from deploy.local.process import Process

_PARENT = """
import sys, time
from pathlib import Path
from deploy.local.process import Process
child = Process("child", ["sleep", "60"], {}, Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()

    assert _ends(child)


def test_what_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    deaf = Process("deaf", ["bash", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"], {}, tmp_path / "log")
    deaf.start()
    _until(lambda: "up" in deaf.tail())

    deaf.stop(patience_s=0.3)

    assert not deaf.running
    assert deaf.returncode == -signal.SIGKILL


def test_a_paused_child_can_be_stopped(tmp_path: Path) -> None:
    child = Process("child", ["sleep", "60"], {}, tmp_path / "log")
    child.start()
    child.signal(signal.SIGSTOP)

    child.stop()

    assert child.returncode == -signal.SIGTERM


def test_another_stacks_settings_are_not_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGDANG_TEST__LEAK", "1")
    child = Process("child", ["env"], {"TONGDANG_TEST__OWN": "1"}, tmp_path / "log")
    child.start()
    assert child.wait(10)

    assert "TONGDANG_TEST__OWN=1" in child.tail(lines=1000)
    assert "LEAK" not in child.tail(lines=1000)


def _ends(pid: int) -> bool:
    def gone() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
        except FileNotFoundError:
            return True

    return _until(gone)


def _until(condition: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + 10
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True
