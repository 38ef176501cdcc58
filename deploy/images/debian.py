"""Debian's own tools in place of a pulled base image: the packages come from where this machine gets its own."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.images.containerfile import Unknown


@dataclass(frozen=True)
class Source:
    """An archive and one of its suites, e.g. `bookworm-security`."""

    uri: str
    suite: str


def sources(release: str) -> list[Source]:
    """Those of this machine that carry a release and its updates.

    Raises: RuntimeError: there are none.
    """
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = parse_sources(listed, release)
    if not any(source.suite == release for source in found):
        raise RuntimeError(f"none of this machine's package sources carries Debian {release}")
    return found


def parse_sources(listed: str, release: str) -> list[Source]:
    """Lines of address and code name; each pair once, in order."""
    rows = [Source(*line.split()) for line in listed.splitlines() if len(line.split()) == 2]
    return list(dict.fromkeys(row for row in rows if row.suite.split("-")[0] == release))


def release_of(image: str) -> str:
    """`debian:bookworm-20251229-slim` → `bookworm`.

    Raises: Unknown: not a Debian image.
    """
    name, _, tag = image.partition(":")
    if name.rpartition("/")[2] != "debian" or not tag:
        raise Unknown(f"{image}: only Debian's own image can be put together from its packages")
    return tag.split("-")[0]


def base(image: str, folder: Path, say: Callable[[str], None]) -> Path:
    """A root with the packages that Debian's slim image has; made once.

    Raises: RuntimeError, Unknown.
    """
    release = release_of(image)
    root = folder / f"debian-{release}"
    if root.exists():
        return root
    if shutil.which("debootstrap") is None:
        _run(["apt-get", "install", "-y", "--no-install-recommends", "debootstrap"])
    say(f"debootstrap {release} …")
    part = root.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    [uri, *_] = [source.uri for source in sources(release) if source.suite == release]
    _run(["debootstrap", "--variant=minbase", release, str(part), uri])
    (part / "etc" / "apt" / "sources.list").write_text("")  # the address stays out; builds mount the machine's
    part.rename(root)
    return root


def sources_list(rows: Sequence[Source]) -> str:
    """As apt reads it."""
    return "".join(f"deb {row.uri} {row.suite} main\n" for row in rows)


def _run(command: list[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")
