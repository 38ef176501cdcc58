"""One supervisor a folder: a lock that ends with its holder, however that ends."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class Held(RuntimeError):
    """Another process holds the folder."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"a stack runs in this folder already, process {pid}")
        self.pid = pid


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Holds the folder.

    Raises: Held.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Held(int(file.read().strip() or 0)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(folder: Path) -> int | None:
    """Process id of whoever holds the folder."""
    if not folder.exists():
        return None
    try:
        with hold(folder):
            return None
    except Held as held:
        return held.pid
