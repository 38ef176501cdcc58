"""Files that are whole or as they were before, whenever the writer is killed."""

import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """A file only its owner may read."""
    _replace(path, content, 0o600)


def write_public(path: Path, text: str) -> None:
    """A file of UTF-8 that everybody may read."""
    _replace(path, text.encode(), 0o644)


def _replace(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    fresh.replace(path)
