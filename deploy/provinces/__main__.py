"""`python -m deploy.provinces 440000 [--name … --name-en …]`: writes a new province's folder."""

import argparse
import sys
from pathlib import Path

from deploy.kubernetes.province import write as write_for_kubernetes
from deploy.provinces.catalogue import DEFAULT, folder
from deploy.provinces.generate import Refused, generate


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.provinces", description="Writes a new province's folder.")
    parser.add_argument("code", help="GB/T 2260, e.g. 440000")
    parser.add_argument("--name", default="", help="in place of the standard's")
    parser.add_argument("--name-en", default="", help="in place of the standard's")
    options = parser.parse_args()
    try:
        written = generate(options.code, options.name, options.name_en)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    home = folder() / options.code
    print("\n".join(f"wrote {home / file}" for file in written) or f"{home} is there already; nothing changed")
    if home.parent == Path(__file__).parent:  # a trial's folder elsewhere is not the repository's
        print(f"wrote {write_for_kubernetes(options.code)}")
    print(
        f"\nNext: put the real archives, units and fonds into {home / 'province.toml'} (or try the sample as it is),\n"
        f"commit what was written, and start a stack with it: make run PROVINCES={','.join((*DEFAULT, options.code))}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
