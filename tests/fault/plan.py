"""What goes wrong in one run: who, what and when, derived from the seed alone.

When is counted in steps of the story and not in seconds, so that a slow machine meets the same faults in the same
places: a fault strikes once so many calls have been answered, and is over after so many attempts more, which go on
being made while nobody answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from deploy.local.layout import WITNESSES
from deploy.local.stack import ENGINES
from deploy.provinces.catalogue import DEFAULT
from services.common.kafka.topics import producers

VICTIMS = (*producers(DEFAULT), *WITNESSES, *ENGINES)
_CALM = (10, 35)
"""Answered calls between one fault and the next."""
_LASTS = (5, 40)
"""Attempts for which a victim stays dead or stopped."""


class Kind(StrEnum):
    """`kill`: SIGKILL, started again later. `pause`: SIGSTOP, later SIGCONT."""

    KILL = "kill"
    PAUSE = "pause"


@dataclass(frozen=True)
class Fault:
    """`after`: answered calls of the story; `lasts`: attempted ones."""

    victim: str
    kind: Kind
    after: int
    lasts: int

    def __str__(self) -> str:
        return f"{self.kind} {self.victim} after {self.after} answers for {self.lasts} attempts"


def plan(seed: int) -> Sequence[Fault]:
    """Every service, witness and engine once, in an order of the seed's; the next seed does to each the other thing."""
    rng = Random(seed)
    after = 0
    faults = []
    for victim in rng.sample(VICTIMS, len(VICTIMS)):
        after += rng.randint(*_CALM)
        kind = list(Kind)[(VICTIMS.index(victim) + seed) % len(Kind)]
        faults.append(Fault(victim, kind, after, rng.randint(*_LASTS)))
    return faults
