"""Runs a local stack until told to stop, and starts again what dies."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from deploy.files import write_public
from deploy.local import tour
from deploy.local.layout import ROOT, WITNESSES, Layout
from deploy.local.lock import Held, hold
from deploy.local.process import Process
from deploy.local.provision import provision
from deploy.local.restarts import Restarts
from deploy.local.stack import ENGINES, Stack
from deploy.local.steps import Step, run_steps
from deploy.provinces.catalogue import DEFAULT, load

_NAP_S = 0.2
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """The life of one stack."""

    def __init__(self, layout: Layout, *, samples: bool) -> None:
        self._layout = layout
        self._samples = samples
        self._stack = Stack(layout)
        self._restarts = Restarts()
        self._began = time.monotonic()
        self._asked_to_stop = 0

    def run(self) -> int:
        """Exit code: 0 where it ran and stopped when asked."""
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
        try:
            with hold(self._layout.folder):
                return self._run()
        except Held as held:
            return self._fail(f"{held}; `make stop` ends it")

    def _run(self) -> int:
        provision(self._layout.engines, self._say)
        self._began = time.monotonic()
        self._stack.prepare()
        for code in sorted(self._layout.members.left_out):
            self._say(
                f"{code} {load(code).name} is left out: its data stays, its records are found, requests to it wait"
            )
        if taken := self._stack.taken_ports():
            ports = ", ".join(f"{port} ({name})" for name, port in taken.items())
            return self._fail(f"taken: {ports}. Choose other ports with TONGDANG_LOCAL_BASE_PORT=9080 make run")
        try:
            if run_steps(self._steps(), self._on_done, self._stopping):
                self._tell_ready()
                self._watch()
        except (RuntimeError, TimeoutError, OSError) as problem:
            return self._fail(str(problem))
        finally:
            self._close()
        return 0

    def _steps(self) -> list[Step]:
        """Who waits for whom: services for their database and Kafka, the realm for Keycloak, samples for everyone."""
        stack = self._stack

        def process(name: str, *needs: str) -> Step:
            return Step(name, needs, lambda: stack.launch(name), lambda: stack.settle(name))

        steps = [process(name) for name in (*ENGINES, *WITNESSES)]
        steps += [process(name, "mongo", "kafka") for name in self._layout.running]
        if (realm := stack.realm_step()) is not None:
            steps.append(Step("realm", ("mongo", "keycloak"), realm.start, lambda: stack.finish_realm(realm)))
        if self._samples and (unseeded := self._unseeded()):
            needs = tuple(step.name for step in steps)
            seeding = self._seeding(unseeded)
            steps.append(Step("samples", needs, seeding.start, lambda: self._finish_samples(seeding, unseeded)))
        return steps

    @property
    def _samples_stamp(self) -> Path:
        """Codes of the provinces that have their samples."""
        return self._layout.data / "samples-ready"

    def _seeded(self) -> list[str]:
        if not self._samples_stamp.exists():
            return []
        return self._samples_stamp.read_text().split() or list(DEFAULT)  # empty: from before it named them

    def _unseeded(self) -> list[str]:
        done = {*self._seeded(), *self._layout.members.left_out}
        return [code for code in self._layout.regions if code not in done and load(code).sample]

    def _seeding(self, codes: Sequence[str]) -> Process:
        environment = {**self._layout.as_environment(), "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}"}
        return Process("samples", [sys.executable, "-m", "deploy.local.samples", *codes], environment, None)

    def _finish_samples(self, seeding: Process, codes: Sequence[str]) -> None:
        """A failure leaves a usable stack, and is tried again at the next start."""
        seeding.wait(600)
        if seeding.returncode == 0:
            write_public(self._samples_stamp, "\n".join([*self._seeded(), *codes]) + "\n")
        else:
            seeding.kill()
            self._say("the samples could not be loaded; the next start tries again")

    def _tell_ready(self) -> None:
        self._say(f"all ready in {time.monotonic() - self._began:.1f} s")
        print(tour.text(self._layout), flush=True)

    def _watch(self) -> None:
        for name in self._stack.started:
            self._restarts.started(name, time.monotonic())
        while not self._stopping():
            now = time.monotonic()
            for name, process in self._stack.started.items():
                if not process.running and (delay := self._restarts.died(name, now)) is not None:
                    self._say(f"{name} ended with code {process.returncode}; starting it again in {delay:.1f} s")
            for name in self._restarts.due(now):
                self._stack.launch(name)
                self._restarts.started(name, now)
            time.sleep(_NAP_S)

    def _close(self) -> None:
        began = time.monotonic()
        self._say("stopping")
        self._stack.close()
        self._say(f"stopped in {time.monotonic() - began:.1f} s")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_stop += 1
        if self._asked_to_stop > 1:  # children die with us
            os._exit(1)

    def _stopping(self) -> bool:
        return self._asked_to_stop > 0

    def _on_done(self, name: str) -> None:
        self._say(f"{name} is ready")

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:5.1f} s] {text}", flush=True)

    def _fail(self, text: str) -> int:
        print(text, file=sys.stderr, flush=True)
        return 1
