"""Wakes those who wait for new outbox documents in this process; others find them by polling."""

import threading


class Wakeup:
    """A bell that many may ring and one waits for."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def ring(self) -> None:
        """Something was committed."""
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Until the next ring, at most so long."""
        self._event.wait(seconds)
        self._event.clear()


class Bells:
    """The bells a database's transactions ring after each commit."""

    def __init__(self) -> None:
        self._bells: list[Wakeup] = []

    def new(self) -> Wakeup:
        """A bell of one's own."""
        bell = Wakeup()
        self._bells.append(bell)
        return bell

    def ring(self) -> None:
        """Rings all of them."""
        for bell in self._bells:
            bell.ring()
