"""`python -m deploy.compose write`, and the jobs that containers run: `keys | mongo | kafka | samples | password`."""

import argparse
import os
import sys

from deploy.compose.document import FILE, text
from deploy.compose.jobs import JOBS
from deploy.compose.layout import ComposeLayout
from deploy.provinces.catalogue import UnknownProvince, chosen


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.compose", description="The product as containers.")
    parser.add_argument("command", choices=("write", *JOBS))
    command = parser.parse_args().command
    try:
        layout = ComposeLayout.of(chosen(os.environ))
    except UnknownProvince as problem:
        print(problem, file=sys.stderr)
        return 1
    if command == "write":
        FILE.write_text(text(layout), encoding="utf-8")
    else:
        JOBS[command](layout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
