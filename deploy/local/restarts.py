"""When a child that died is started again."""

FIRST_S, LONGEST_S, FORGIVEN_AFTER_S = 0.5, 30.0, 60.0


class Restarts:
    """Half a second after the first death, then twice as long each time; a minute of life forgives all."""

    def __init__(self) -> None:
        self._deaths: dict[str, int] = {}
        self._started: dict[str, float] = {}
        self._due: dict[str, float] = {}

    def started(self, name: str, now: float) -> None:
        """It runs since `now` (monotonic seconds)."""
        self._started[name] = now
        self._due.pop(name, None)

    def died(self, name: str, now: float) -> float | None:
        """Seconds until its next start; none where that death is known already."""
        if name in self._due:
            return None
        if now - self._started.get(name, now) >= FORGIVEN_AFTER_S:
            self._deaths[name] = 0
        delay = min(FIRST_S * 2.0 ** self._deaths.get(name, 0), LONGEST_S)
        self._deaths[name] = self._deaths.get(name, 0) + 1
        self._due[name] = now + delay
        return delay

    def due(self, now: float) -> list[str]:
        """Who is to be started."""
        return [name for name, at in self._due.items() if at <= now]
