"""Tessera's POSIX driver: the peer of the audit log."""

import json
import shutil
import subprocess
from pathlib import Path

from bench.peers import built


def program() -> Path:
    """Raises: Skipped: no Go, or no way to its modules."""
    go = shutil.which("go") or "/usr/local/go/bin/go"
    return built("tessera", "tessera", [go, "build", "-o", "{out}/tessera", "."], ["Go"])


def leaves_per_second(program_: Path, leaves: int, leaf_bytes: int, folder: Path) -> float:
    """From the first leaf handed over to the published checkpoint that covers all; `folder` is emptied afterwards."""
    command = [str(program_), "-leaves", str(leaves), "-leaf-bytes", str(leaf_bytes), "-dir", str(folder)]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return float(json.loads(done.stdout)["leaves_per_second"])
