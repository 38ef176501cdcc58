"""A child process: its own group, its own log, and gone when its parent is, even by kill -9."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with(parent: int) -> None:
    """Runs in the child before exec: Linux sends SIGKILL when the parent's thread ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(1)


class Process:
    """One program with the arguments and environment it is always started with; without a log it writes to ours."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path | None) -> None:
        self.name = name
        self._command = list(command)
        self._environment = {**_inherited(), **environment}
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; a running one is left alone. Call it from a thread that lives as long as the child should."""
        if self.running:
            return
        with self._output() as output:
            self._child = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(_die_with, os.getpid()),  # a call or two, which take no lock
            )

    @property
    def running(self) -> bool:
        """Whether the child lives."""
        return self._child is not None and self._child.poll() is None

    @property
    def returncode(self) -> int | None:
        """Exit code of an ended child."""
        return self._child.returncode if self._child is not None else None

    @property
    def pid(self) -> int:
        """Process id of the living child."""
        assert self._child is not None
        return self._child.pid

    def signal(self, number: int) -> None:
        """Sends a signal to the child's whole group."""
        if self._child is not None and self._child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)

    def stop(self, patience_s: float = 10.0) -> None:
        """Asks it to end, waits, and kills what is left."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if not self.wait(patience_s):
            self.kill()

    def kill(self) -> None:
        """SIGKILL, without a word."""
        self.signal(signal.SIGKILL)
        self.wait(10)

    def wait(self, seconds: float) -> bool:
        """Whether it ended within so many seconds."""
        if self._child is None:
            return True
        give_up = time.monotonic() + seconds
        while self._child.poll() is None:
            if time.monotonic() > give_up:
                return False
            time.sleep(0.02)
        return True

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        if self._log is None or not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def _output(self) -> contextlib.AbstractContextManager[IO[bytes] | None]:
        if self._log is None:
            return contextlib.nullcontext()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        return self._log.open("ab")


def _inherited() -> dict[str, str]:
    """The environment without other stacks' settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith("TONGDANG_")}
