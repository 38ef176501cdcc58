"""`make run` with everything cached, to its final message, and the memory of the whole stack when nothing happens.

The limit of the start is the processor time that MongoDB, Kafka and Keycloak take to start alone. Memory is the
proportional set size, which counts what processes share once.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.figures import Bound, Figure, alternating, figure
from bench.setting import Setting
from deploy.local.layout import ROOT, Layout
from deploy.local.stack import ENGINES, Stack

START_FLOOR, START_AIM = Bound(most=30), Bound(most=20)
MEMORY = Bound(most=3_000)
_PORTS_AWAY = 200
_FINAL = "runs at"
_IDLE_S = 20


def measure(setting: Setting) -> Iterator[Figure]:
    """Seconds to the final message, and megabytes at rest."""
    memory: list[float] = []

    def ours() -> float:
        began = time.monotonic()
        with running(layout) as supervisor:
            took = time.monotonic() - began
            time.sleep(_IDLE_S)
            memory.append(_megabytes(supervisor))
        return took

    with stack_beside(setting) as layout:
        ours()  # the first time makes keys, databases and samples
        memory.clear()
        mine, theirs = alternating(ours, lambda: _engines_alone(layout), setting.rounds, setting.budget_s)
    yield figure("to the final message", "s", 0, mine, theirs, floor=START_FLOOR, aim=START_AIM)
    yield figure("three provinces at rest", "MB", 0, memory, floor=MEMORY, aim=MEMORY)


@contextmanager
def stack_beside(setting: Setting) -> Iterator[Layout]:
    """An empty folder and ports of its own, beside those of the bench; deleted at the end."""
    here = setting.layout
    layout = Layout(here.base_port + _PORTS_AWAY, here.folder.with_name(f"{here.folder.name}-whole"), here.engines)
    shutil.rmtree(layout.folder, ignore_errors=True)
    try:
        yield layout
    finally:
        shutil.rmtree(layout.folder, ignore_errors=True)


@contextmanager
def running(layout: Layout) -> Iterator[psutil.Process]:
    """`make run` until the end of the block.

    Raises: RuntimeError: it ended before its final message; with the last it said.
    """
    environment = {**os.environ, **layout.as_environment()}
    command = [sys.executable, "-m", "deploy.local", "run"]
    supervisor = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert supervisor.stdout is not None
        told = []
        for line in supervisor.stdout:
            told.append(line)
            if _FINAL in line:
                break
        else:
            raise RuntimeError("".join(told[-5:]))
        yield psutil.Process(supervisor.pid)
    finally:
        supervisor.terminate()
        supervisor.wait(60)


def _engines_alone(layout: Layout) -> float:
    """Seconds of processor time until all three are initialised."""
    stack = Stack(layout)
    stack.prepare()
    try:
        stack.start_engines()
        return sum(_processor_seconds(stack.process(name).pid) for name in ENGINES)
    finally:
        stack.close()


def _processor_seconds(pid: int) -> float:
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _megabytes(supervisor: psutil.Process) -> float:
    """Of every process that the supervisor started, and itself."""
    processes = [supervisor, *supervisor.children(recursive=True)]
    return sum(_proportional_kb(process.pid) for process in processes) / 1000


def _proportional_kb(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])
