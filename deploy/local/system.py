"""What only the machine's owner can install: a Java runtime, Maven, Pango, a CJK font."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Need:
    """Something the stack cannot do without, how to see that it is here, and the Debian packages that bring it."""

    what: str
    here: Callable[[], bool]
    packages: tuple[str, ...]


def require(say: Callable[[str], None], *, fetching: bool, tests: bool) -> None:
    """Installs what is missing where we may, else prints the exact command.

    Args: fetching: whether engines are still to be fetched, which alone needs Maven.
    Raises: SystemExit: something is missing.
    """
    missing = [need for need in needs(fetching=fetching, tests=tests) if not need.here()]
    if not missing:
        return
    named = ", ".join(need.what for need in missing)
    command = install_command(missing)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"installing {named}: {command}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(["bash", "-c", command], env=quiet, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        say((done.stdout + done.stderr)[-2000:])
    sys.exit(f"missing: {named}. On Debian or Ubuntu install with:\n  sudo bash -c '{command}'")


def needs(*, fetching: bool, tests: bool) -> list[Need]:
    """The table."""
    return [
        Need("a Java runtime, 17 or later", lambda: _java_version() >= 17, ("openjdk-17-jre-headless",)),
        *([Need("Maven", lambda: shutil.which("mvn") is not None, ("maven",))] if fetching else []),
        Need(
            "Pango (lays out certificates)",
            lambda: all(map(_library, ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"))),
            ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
        ),
        Need("a CJK font", _cjk_font, ("fontconfig", "fonts-noto-cjk")),
        *(
            [
                Need("Chromium", lambda: browser() is not None, ("chromium-headless-shell",)),
                Need("faketime (a clock that jumps)", lambda: shutil.which("faketime") is not None, ("faketime",)),
            ]
            if tests
            else []
        ),
    ]


def install_command(missing: list[Need]) -> str:
    """One line that installs them all."""
    packages = " ".join(package for need in missing for package in need.packages)
    return f"apt-get update && apt-get install -y --no-install-recommends {packages}"


def browser() -> str | None:
    """The Chromium for tests: the one without windows, if it is there; the other draws a tool bar for each page."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def java() -> str:
    """The Java program: JAVA_HOME's, else the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        return str(Path(home) / "bin" / "java")
    return shutil.which("java") or "java"


def parse_java_version(text: str) -> int:
    """Feature release in the output of `java -version`; 0 when it tells none. `1.8.0` counts as 8."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else 0


def _java_version() -> int:
    try:
        told = subprocess.run([java(), "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    return parse_java_version(told.stderr + told.stdout)


def _library(name: str) -> bool:
    folders = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")
    return any((Path(folder) / name).exists() for folder in folders)


def _cjk_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())
