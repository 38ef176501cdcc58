"""What a build borrows of this machine: names and the package index, mounted for one step and nowhere kept."""

import os
from pathlib import Path

from deploy.images.mounts import Mount

_PLACE = "/run/machine"
"""Inside the root, so that nothing mounted hides what a package brings."""


def network() -> list[Mount]:
    """Memory for temporary files, and how names are found."""
    return [Mount("/tmp"), Mount("/run"), *(Mount(name, Path(name)) for name in ("/etc/resolv.conf", "/etc/hosts"))]  # noqa: S108


def package_index() -> tuple[dict[str, str], list[Mount]]:
    """pip's configuration as variables, and the files it names, mounted where the variables then say."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    named = [Path(word) for value in settings.values() for word in value.split() if word.startswith("/")]
    mounts = [Mount(f"{_PLACE}{path}", path) for path in dict.fromkeys(named) if path.exists()]
    moved = {name: " ".join(map(_moved, value.split())) for name, value in settings.items()}
    return moved, [*mounts, *(Mount(str(file), file) for file in _CONFIGURATION if file.exists())]


_CONFIGURATION = (Path("/etc/pip.conf"),)


def _moved(word: str) -> str:
    return f"{_PLACE}{word}" if word.startswith("/") and Path(word).exists() else word
