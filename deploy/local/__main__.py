"""`python -m deploy.local provision | run | stop | reset`."""

import argparse
import os
import shutil
import signal
import sys
import time
from dataclasses import replace

from deploy.local.layout import Layout
from deploy.local.lock import holder
from deploy.local.members import chosen_for
from deploy.local.provision import provision
from deploy.local.supervisor import Supervisor
from deploy.provinces.catalogue import chosen, load_all


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="The local stack.")
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("provision", help="fetch the engines")
    fetch.add_argument("--test", action="store_true", help="and what the tests need besides")
    commands.add_parser("run", help="start everything, stop on Ctrl-C; SAMPLES=0: no samples; PROVINCES=…")
    commands.add_parser("stop", help="stop a running stack")
    reset = commands.add_parser("reset", help="delete all data, keys and certificates of the stack")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args()
    layout = Layout.from_environment()
    match options.command:
        case "provision":
            provision(layout.engines, print, tests=options.test)
            return 0
        case "run":
            return _run(layout)
        case "stop":
            return _stop(layout)
        case _:
            return _reset(layout, sure=options.yes)


def _run(layout: Layout) -> int:
    """With the provinces that `PROVINCES` names, or those of the last run."""
    try:
        if os.environ.get("PROVINCES"):
            layout = replace(layout, members=chosen_for(layout.folder, chosen(os.environ)))
        load_all(layout.regions)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    return Supervisor(layout, samples=os.environ.get("SAMPLES", "1") != "0").run()


def _stop(layout: Layout, patience_s: float = 45) -> int:
    pid = holder(layout.folder)
    if pid is None:
        print("nothing runs")
        return 0
    os.kill(pid, signal.SIGTERM)
    give_up = time.monotonic() + patience_s
    while holder(layout.folder) == pid:
        if time.monotonic() > give_up:
            print(f"process {pid} has not ended after {patience_s:.0f} s", file=sys.stderr)
            return 1
        time.sleep(0.2)
    print("stopped")
    return 0


def _reset(layout: Layout, *, sure: bool) -> int:
    if (pid := holder(layout.folder)) is not None:
        print(f"the stack runs, process {pid}; `make stop` first", file=sys.stderr)
        return 1
    if not layout.folder.exists():
        print("nothing to delete")
        return 0
    if not sure and input(f"Delete {layout.folder} with all data and keys? [y/N] ").strip().lower() != "y":
        return 1
    shutil.rmtree(layout.folder)
    print(f"deleted {layout.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
