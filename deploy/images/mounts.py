"""A mount namespace of our own, and what is mounted in it: gone when the process ends, however that ends."""

import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Mount:
    """`source` onto `target`, a path inside the root; without a source an empty folder in memory."""

    target: str
    source: Path | None = None
    writable: bool = False


KERNEL = (Mount("/dev", Path("/dev"), writable=True), Mount("/proc", Path("/proc"), writable=True))
"""What programs expect of any root."""


def own_namespace() -> None:
    """Whatever this process and its children mount from now on, nobody else sees.

    Raises: OSError: not root, or the kernel does not allow it.
    """
    if _libc.unshare(_CLONE_NEWNS) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"a mount namespace: {os.strerror(number)}")
    _run("--make-rprivate", "/")


@contextmanager
def mounted(root: Path, mounts: Sequence[Mount], *, read_only: bool = False) -> Iterator[None]:
    """A root with mounts on it; what was made to mount on is taken away again."""
    with ExitStack() as undo:
        if read_only:
            for mount in mounts:
                undo.enter_context(_place(root, mount))
            _bind(root, root, writable=False)
            undo.callback(_unmount, root)
        for mount in mounts:
            undo.enter_context(_place(root, mount))
            target = root / mount.target.lstrip("/")
            if mount.source is None:
                _run("-t", "tmpfs", "-o", "mode=1777", "tmpfs", str(target))
            else:
                _bind(mount.source, target, writable=mount.writable)
            undo.callback(_unmount, target)
        yield


@contextmanager
def _place(root: Path, mount: Mount) -> Iterator[None]:
    target = root / mount.target.lstrip("/")
    if os.path.lexists(target):
        yield
        return
    if mount.source is not None and mount.source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
        yield
        target.unlink()
    else:
        target.mkdir(parents=True)
        yield
        target.rmdir()


def _bind(source: Path, target: Path, *, writable: bool) -> None:
    _run("--rbind" if source == Path("/dev") else "--bind", str(source), str(target))
    if not writable:
        _run("-o", "remount,bind,ro", str(target))


def _unmount(target: Path) -> None:
    subprocess.run(["umount", "--lazy", str(target)], check=True)


def _run(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
