"""Where and with what a run was made; no names of hosts."""

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from deploy.local.layout import ROOT

_PACKAGES = ("grpcio", "kafka-python", "pymongo", "tantivy", "protobuf", "cryptography")


def machine() -> str:
    """Processor, cores and memory."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = model[1] if model else platform.machine()
    return f"{name}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB"


def load() -> float:
    """Processes that wanted a core in the last minute: above the cores, others worked here too."""
    return os.getloadavg()[0]


def versions() -> str:
    """Python, libraries and the engines' packages."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"Python {platform.python_version()}, {packages}"


def commit() -> str:
    """The commit that was measured; `+` where files were changed since."""
    git = shutil.which("git")
    if git is None:
        return "unknown"

    def asked(*arguments: str) -> str:
        done = subprocess.run([git, "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = asked("status", "--porcelain", "--untracked-files=no", "--", ":!docs")
    return (asked("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def today() -> str:
    """UTC."""
    return datetime.now(UTC).date().isoformat()
