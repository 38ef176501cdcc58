"""Acts on lines: what a filter matches, what a person was shown of it, and what can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.catalog.domain.batch_errors import CountDiffers, NotUndoable
from services.catalog.domain.suggestions import Proposal
from services.catalog.domain.verdicts import Decision, Verdict
from services.common.domain.errors import InvalidArgument

UNDOABLE = 50
"""So many of one's last acts in a batch can be taken back."""
MAX_LINES = 500
MAX_EXCEPTIONS = 1_000
AT_ONCE = 1_000
"""Lines of one transaction; an act on more goes on in the worker."""
SAMPLE = 20
MAX_TICKED = 20
"""Lines ticked in one go, and the longest page that counts as read (rule S4; a list of 20 rows)."""


@dataclass(frozen=True)
class LineFilter:
    """Which lines; empty fields match all. `reason`: code of a reason of the suggestion."""

    decision: Decision | None = None
    group_id: str = ""
    proposal: Proposal | None = None
    rule: str = ""
    reason: str = ""
    fonds: str = ""
    year: int = 0


class ActKind(StrEnum):
    """One act decides named lines, or what a filter matches."""

    DECIDE = "decide"
    MATCHING = "matching"


@dataclass(frozen=True)
class Act:
    """What a person did with lines in one go.

    `lines`: how many; `record_ids`: some of them; `exceptions`: record ids left out of a filter. `taken_back`: of its
    lines, those that undoing it brought back.
    """

    act_id: str
    batch_id: str
    kind: ActKind
    by: str
    at: datetime
    verdict: Verdict
    lines: int
    filter: LineFilter | None = None
    exceptions: tuple[str, ...] = ()
    record_ids: tuple[str, ...] = ()
    undone: bool = False
    taken_back: int = 0


def require_count(count: int, exceptions: int, wanted_exceptions: int, expected: int) -> None:
    """Whether a filter matches what was expected. `count`: lines left without the exceptions that match (`exceptions`).

    Raises: InvalidArgument: an exception does not match; CountDiffers: with the true count.
    """
    if exceptions != wanted_exceptions:
        raise InvalidArgument("except_record_ids", "lines that match")
    if count != expected or count == 0:
        raise CountDiffers(str(count), metadata={"count": str(count), "expected": str(expected)})


def require_undoable(act_id: str, recent: Sequence[Act]) -> Act:
    """`recent`: the person's acts in the batch, newest first.

    Raises: NotUndoable.
    """
    for act in recent[:UNDOABLE]:
        if act.act_id == act_id and not act.undone:
            return act
    raise NotUndoable(f"not among the last {UNDOABLE}, or taken back already")
