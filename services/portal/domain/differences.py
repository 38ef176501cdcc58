"""Where a list departs from what was suggested: what a second signer looks at first."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SUGGESTED = {1: "open", 2: "defer", 3: "judge"}


@dataclass(frozen=True)
class Difference:
    """So many lines of one group were decided otherwise than suggested, or where nothing was."""

    proposal: str
    decision: str
    group_id: str
    count: int


def differences(groups: Iterable[Any]) -> list[Difference]:
    """From groups of the wire, the largest first."""
    found = []
    for group in groups:
        proposal = SUGGESTED.get(group.suggestion.proposal, "judge")
        decided = {"open": group.lines_open, "defer": group.lines_deferred, "hold": group.lines_held}
        found += [
            Difference(proposal, decision, group.group_id, count)
            for decision, count in decided.items()
            if count and decision != proposal
        ]
    return sorted(found, key=lambda one: -one.count)
