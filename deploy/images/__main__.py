"""`python -m deploy.images check | sbom`."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from deploy.images.assemble import Builder
from deploy.images.check import Failed, check, check_setup
from deploy.images.containerfile import SETUP, TARGET, containerfile
from deploy.images.context import Context
from deploy.images.mounts import own_namespace
from deploy.images.sbom import write
from deploy.local.layout import ROOT, Layout
from deploy.local.provision import provision
from deploy.local.waiting import ProcessEnded

FOLDER = ROOT / ".local" / "image"
_DEFAULT_PORT = 25_280


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.images", description="The image of all services.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "check", help="assemble its root file system with Debian's tools and start every service from it"
    )
    bill = commands.add_parser("sbom", help="write the bill of materials (CycloneDX JSON)")
    bill.add_argument("file", type=Path)
    options = parser.parse_args()
    if options.command == "sbom":
        print(write(options.file, FOLDER / TARGET))
        return 0
    return _check()


def _check() -> int:
    if os.geteuid() != 0:
        print("image-check changes roots and mounts: run it as root", file=sys.stderr)
        return 1
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {text}", flush=True)

    base = int(os.environ.get("TONGDANG_IMAGE_BASE_PORT", _DEFAULT_PORT))
    layout = Layout(base, FOLDER / "stack", ROOT / ".local" / "engines")
    provision(layout.engines, say)
    try:
        own_namespace()
        builder = Builder(FOLDER, Context.of_repository(), say)
        image, setup = (builder.build(containerfile(), target) for target in (TARGET, SETUP))
        say(f"root file system: {_size_mb(image.root):,.0f} MB")
        check_setup(setup, say)
        check(image, layout, say)
    except (Failed, RuntimeError, TimeoutError, ProcessEnded, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    say("every service starts from the image, and stops when asked")
    return 0


def _size_mb(root: Path) -> float:
    told = subprocess.run(["du", "-smx", str(root)], capture_output=True, text=True, check=True)
    return float(told.stdout.split()[0])


if __name__ == "__main__":
    sys.exit(main())
