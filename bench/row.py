"""`python -m bench.row NAME ROUNDS BUDGET_S SIZE…`: one row in a process of its own, one JSON line a figure."""

import importlib
import json
import sys
import tempfile
from pathlib import Path

from bench.figures import Skipped
from bench.rows import BY_NAME
from bench.setting import Setting
from deploy.local.layout import Layout

SKIPPED = 3
"""Exit code of a row that cannot run here; the reason is its last line."""


def main() -> int:
    """Exit code."""
    name, rounds, budget_s, *sizes = sys.argv[1:]
    layout = Layout.from_environment()
    layout.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=layout.folder) as scratch:
        setting = Setting(layout, tuple(map(int, sizes)), int(rounds), float(budget_s), Path(scratch))
        try:
            for figure in importlib.import_module(BY_NAME[name].module).measure(setting):
                print(json.dumps(figure.as_json()), flush=True)
        except Skipped as missing:
            print(f"skipped: {missing}", file=sys.stderr, flush=True)
            return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
