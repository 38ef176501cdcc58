"""A stack of its own, run as an operator runs it, with a folder of provinces of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.layout import ROOT, Layout
from deploy.local.members import remembered
from deploy.provinces.catalogue import folder

_FINAL = "runs at"
_ROWS = 60


class Ground:
    """`provinces`: where its provinces are; one delivered one is there, with few sample rows."""

    def __init__(self, base_port: int, at: Path, delivered: str) -> None:
        self.provinces = at / "provinces"
        shutil.copytree(folder() / delivered, self.provinces / delivered)
        self.fewer_samples(delivered, "rows = 1_000")
        self._base = Layout(base_port, at / "state", ROOT / ".local" / "engines")

    @property
    def layout(self) -> Layout:
        """As the stack remembers it."""
        base = self._base
        return Layout(base.base_port, base.folder, base.engines, members=remembered(base.folder))

    def fewer_samples(self, code: str, written: str) -> None:
        """A province's samples, cut to what a test needs."""
        file = self.provinces / code / "samples.toml"
        text = file.read_text(encoding="utf-8")
        assert written in text
        file.write_text(text.replace(written, f"rows = {_ROWS}"), encoding="utf-8")

    def make_province(self, code: str) -> str:
        """`make province CODE=…`; what it says."""
        return self._python("deploy.provinces", code)

    def operate(self, *arguments: str) -> str:
        """`bin/tongdang …`; what it says.

        Raises: subprocess.CalledProcessError.
        """
        return self._python("deploy.operate", *arguments)

    @contextmanager
    def running(self, *provinces: str) -> Iterator[str]:
        """`make run PROVINCES=…`, from its final message to its end; what it said until then."""
        command = [sys.executable, "-m", "deploy.local", "run"]
        environment = {**self._environment(), "PROVINCES": ",".join(provinces)}
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as supervisor:
            assert supervisor.stdout is not None
            said = ""
            try:
                for line in supervisor.stdout:
                    said += line
                    if _FINAL in line:
                        break
                else:
                    raise AssertionError(said)
                yield said
            finally:
                supervisor.terminate()
                supervisor.communicate(timeout=60)
        assert supervisor.returncode == 0

    def _python(self, module: str, *arguments: str) -> str:
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _environment(self) -> dict[str, str]:
        own = {**self._base.as_environment(), "TONGDANG_PROVINCES_DIR": str(self.provinces)}
        return {**os.environ, **own, "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "PYTHONWARNINGS": "ignore"}
