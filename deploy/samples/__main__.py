"""`python -m deploy.samples --archive a320581 --rows 10000 --seed 7 > catalogue.csv`."""

import argparse
import sys

from deploy.samples.archives import sample_archives
from deploy.samples.generator import csv_file


def main() -> None:
    """Writes a generated catalogue to standard output, in UTF-8."""
    archives = sample_archives()
    options = argparse.ArgumentParser(prog="python -m deploy.samples", description=main.__doc__)
    options.add_argument("--archive", choices=sorted(archives), default="a320581")
    options.add_argument("--rows", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    csv_file(archives[chosen.archive], chosen.rows, chosen.seed, sys.stdout)


if __name__ == "__main__":
    main()
