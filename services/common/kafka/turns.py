"""Whose turn it is to read: a client that never comes back from a call loses it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.common.domain.errors import Unavailable


class TurnOver(Unavailable):
    """Another reader took over; what this one brings counts for nothing."""

    code = "TURN_OVER"


class Turn:
    """One reader's. It ends when the client has been silent for too long, never while something is being done.

    kafka-python waits without a limit in places: after an outage of the broker of a minute, a poll of a quarter of a
    second has been seen not to return at all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard = time.monotonic()
        self._at_work = False
        self._over = False

    def heard(self) -> None:
        """The client came back. Raises: TurnOver: too late."""
        with self._lock:
            self._require()
            self._heard = time.monotonic()

    @contextmanager
    def working(self) -> Iterator[None]:
        """For what may take as long as it takes. Raises: TurnOver: too late to begin."""
        with self._lock:
            self._require()
            self._at_work = True
        try:
            yield
        finally:
            with self._lock:
                self._at_work, self._heard = False, time.monotonic()

    def ends_by_silence(self, seconds: float) -> bool:
        """Whether nothing was heard for so long; then the turn is over."""
        with self._lock:
            self._over = self._over or (not self._at_work and time.monotonic() > self._heard + seconds)
            return self._over

    def _require(self) -> None:
        if self._over:
            raise TurnOver("another reader goes on")
