"""Carries out a plan of faults on a running stack, from the thread that owns its processes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from deploy.local.stack import Stack
from tests.fault.ledger import Steps
from tests.fault.plan import Fault, Kind

_PATIENCE_S = 120.0


@dataclass
class Injector:
    """A stack's processes die with the thread that started them, so `run` belongs to the test's own thread."""

    stack: Stack
    steps: Steps
    _healing: list[tuple[int, str, Fault]] = field(default_factory=list)
    """Attempts at which a victim is to be healed, soonest first."""
    left: list[Fault] = field(default_factory=list)
    """Faults that have not struck yet."""

    def run(self, faults: Sequence[Fault]) -> None:
        """Returns when each fault has struck and passed; what it restarted may still be starting.

        Raises: TimeoutError: the story stands still.
        """
        waiting = self.left = list(faults)
        while waiting or self._healing:
            strike = waiting[0].after if waiting else None
            heal = self._healing[0][0] if self._healing else None
            self.steps.wait_until(lambda steps: _due(steps, strike, heal), _PATIENCE_S)  # noqa: B023 - waited for here
            while self._healing and self._healing[0][0] <= self.steps.attempts:
                self._heal(heappop(self._healing)[2])
            while waiting and waiting[0].after <= self.steps.answers:
                self._strike(waiting.pop(0))

    def heal_all(self) -> None:
        """Whatever happened: nothing stays stopped or dead, and everything is ready."""
        for _, _, fault in self._healing:
            self._heal(fault)
        self._healing.clear()
        for name in self.stack.started:
            self.stack.resume(name)
            self.stack.launch(name)
        for name in self.stack.started:
            self.stack.settle(name)

    def _strike(self, fault: Fault) -> None:
        if fault.kind is Kind.KILL:
            self.stack.kill(fault.victim)
        else:
            self.stack.pause(fault.victim)
        heappush(self._healing, (self.steps.attempts + fault.lasts, fault.victim, fault))

    def _heal(self, fault: Fault) -> None:
        if fault.kind is Kind.KILL:
            self.stack.launch(fault.victim)
        else:
            self.stack.resume(fault.victim)


def _due(steps: Steps, strike: int | None, heal: int | None) -> bool:
    return (strike is not None and steps.answers >= strike) or (heal is not None and steps.attempts >= heal)
