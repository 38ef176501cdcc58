"""`python -m bench [--long] [--rounds N] [--seconds N] [--sizes N…] [--write] [ROW…]`.

Without rows: all of them, and the table goes to docs/benchmarks.md.

Starts MongoDB and Kafka of a stack of its own (`TONGDANG_BENCH_BASE_PORT`, 28080 unless told) on an empty folder.
Each row runs in a process of its own, so that one that fails loses no other.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from rich.console import Console

from bench import report
from bench.figures import figure_of
from bench.machine import commit, load
from bench.report import Outcome
from bench.row import SKIPPED
from bench.rows import BY_NAME, ROWS, Row
from deploy.local.layout import ROOT, Layout
from deploy.local.provision import provision
from deploy.local.stack import Stack

_BUDGET_S = {"short": 60, "long": 300}
"""In which a case may begin rounds; on two quiet cores `make bench` ends within ten minutes, `bench-long` within an
hour and a half. The table tells how many rounds there were."""


def main() -> int:
    """Exit code: 1 where a row failed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Ours against its limit, row by row.")
    parser.add_argument("rows", nargs="*", choices=[[], *BY_NAME], metavar="ROW", help=", ".join(BY_NAME))
    parser.add_argument("--long", action="store_true", help="the large sizes, and the whole stack")
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds (5)")
    parser.add_argument("--seconds", type=int, help="a case begins no round later than this")
    parser.add_argument("--sizes", type=int, nargs="+", help="instead of the row's own")
    parser.add_argument("--write", action="store_true", help="single rows too go among those of docs/benchmarks.md")
    options = parser.parse_args()
    run = "long" if options.long else "short"
    chosen = [BY_NAME[name] for name in options.rows] or [row for row in ROWS if getattr(row, run)]
    sizes = {row.name: tuple(options.sizes or getattr(row, run)) for row in chosen}
    began = time.monotonic()
    outcomes = []
    for outcome in _run(chosen, sizes, options.rounds, options.seconds or _BUDGET_S[run]):
        outcomes.append(outcome)
        if options.write or not options.rows:
            report.write(run, [outcome])  # at once: who ends an hours' run keeps what was measured
    Console(width=160).print(report.table(outcomes))
    print(f"{time.monotonic() - began:.0f} s in all")
    return 1 if any(outcome.state == "failed" for outcome in outcomes) else 0


def _run(rows: Sequence[Row], sizes: dict[str, tuple[int, ...]], rounds: int, budget_s: int) -> Iterator[Outcome]:
    base_port = int(os.environ.get("TONGDANG_BENCH_BASE_PORT", "28080"))
    layout = Layout(base_port, ROOT / ".local" / f"bench-{base_port}", ROOT / ".local" / "engines")
    provision(layout.engines, print)
    stack = Stack(layout)
    if taken := stack.taken_ports():
        sys.exit(f"ports are taken: {taken}; TONGDANG_BENCH_BASE_PORT chooses others")
    shutil.rmtree(layout.folder, ignore_errors=True)
    stack.prepare()
    try:
        if any(row.engines for row in rows):
            stack.start_engines(("mongo", "kafka"))
        for row in rows:
            yield _measured(row, sizes[row.name], rounds, budget_s, layout)
    finally:
        stack.close()


def _measured(row: Row, sizes: tuple[int, ...], rounds: int, budget_s: int, layout: Layout) -> Outcome:
    """Runs it; what it printed before it failed is kept."""
    print(f"{row.name}: {', '.join(f'{size:,}' for size in sizes)}, {rounds} rounds", flush=True)
    environment = {**os.environ, **layout.as_environment(), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "bench.row", row.name, str(rounds), str(budget_s), *map(str, sizes)]
    busy, began = load(), time.monotonic()
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        told, complained = child.communicate(timeout=row.patience_s)
    except subprocess.TimeoutExpired:
        child.kill()
        told, complained = child.communicate()
        complained += f"\nended after {row.patience_s} s"
    figures = [figure_of(json.loads(line)) for line in told.splitlines() if line.startswith("{")]
    state = {0: "measured", SKIPPED: "skipped"}.get(child.returncode, "failed")
    words = complained.strip().splitlines()[-1:] or [""]
    if state != "measured":
        print(complained if state == "failed" else words[0], file=sys.stderr, flush=True)
    for figure in figures:
        print(f"  {report.line(figure)}", flush=True)
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    return Outcome(row.name, state, "" if state == "measured" else words[0], figures, commit(), round(busy, 1))


if __name__ == "__main__":
    sys.exit(main())
