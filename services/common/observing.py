"""Reads the state behind gauges again and again, so that they tell what is and not what a process remembers."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from services.common.domain.errors import Unavailable
from services.common.metrics import OBSERVATION_FAILED
from services.common.state_gauge import StateGauge

_EVERY_S = 10.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Observation:
    """`read` sets `gauges`, or raises; then they have no sample until it succeeds again."""

    name: str
    gauges: Sequence[StateGauge]
    read: Callable[[], None]

    def take(self) -> None:
        """Reads once; a failure is counted and told, and ends nobody's work."""
        try:
            self.read()
        except Exception as problem:  # the observer's own boundary: the next figure may well be readable
            for gauge in self.gauges:
                gauge.forget()
            OBSERVATION_FAILED.labels(observation=self.name).inc()
            log.warning("observation-failed", observation=self.name, problem=type(problem).__name__)


class Observer:
    """A thread that takes all observations of a service: at once, then every ten seconds."""

    name = "observer"

    def __init__(self, observations: Sequence[Observation]) -> None:
        self._observations = list(observations)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)
        for one in self._observations:
            OBSERVATION_FAILED.labels(observation=one.name)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=9)

    def check(self) -> None:
        """Raises: Unavailable: the thread died."""
        if not self._thread.is_alive():
            raise Unavailable(self.name)

    def _run(self) -> None:
        while True:
            for one in self._observations:
                if self._stop.is_set():
                    return
                one.take()
            self._stop.wait(_EVERY_S)
