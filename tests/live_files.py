"""Reading files that running engines and services make, rename and delete at the same time."""

import os
from collections.abc import Iterator
from pathlib import Path


def files_below(folder: Path) -> Iterator[Path]:
    """Every file; a folder that vanishes meanwhile has none."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)


def bytes_of(path: Path) -> bytes:
    """Its bytes, none when it has vanished; what was renamed is met, or was met, under its other name."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""
