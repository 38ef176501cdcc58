"""The work list of a batch: records are put on it, and its lines are decided and ticked.

What is fixed under a root afterwards, and who stands behind it, is in `batches.py`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from services.catalog.domain.batch_errors import BatchNotReady, BulkUnderWay, ListChanged
from services.catalog.domain.gathering import EVERYTHING, GatherFilter, Matter
from services.catalog.domain.verdicts import Decision, require_reason
from services.common.domain.actor import Actor, Role
from services.common.domain.errors import OutOfScope


class State(StrEnum):
    """Where a batch stands. `gathering`, `renewing` and `cancelling` are the worker's.

    `scheduled`: confirmed for a day to come.
    """

    GATHERING = "gathering"
    RENEWING = "renewing"
    REVIEW = "review"
    READY = "ready"
    PARTLY_SIGNED = "partly-signed"
    SIGNED = "signed"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Aggregation:
    """A person's statement about the list as a whole (rule S5). `clear`: together it tells no more than each alone."""

    clear: bool
    reason: str
    stated_by: str
    stated_at: datetime


@dataclass(frozen=True)
class Bulk:
    """An act on many lines that the worker goes on with. `cursor`: the next line's place in the list."""

    act_id: str
    undoes: bool
    by: str
    total: int
    done: int = 0
    cursor: int = 0


@dataclass(frozen=True)
class WorkList:
    """The list as a whole; each method answers the next one and changes nothing.

    Counts are kept with each act, so that deciding a line never reads the list. `fonds`: those gathered from;
    `scoped`: those of them whose scope was decided (rule A1).
    """

    batch_id: str
    region_id: str
    archive_id: str
    unit_id: str
    state: State
    created_at: datetime
    created_by: str
    rule_version: str
    limit: int
    matter: Matter = Matter.OPENING
    filter: GatherFilter = EVERYTHING
    fonds: tuple[str, ...] = ()
    scoped: tuple[str, ...] = ()
    plan_id: str = ""
    plan_row: int = 0
    version: int = 1
    total: int = 0
    undecided: int = 0
    opening: int = 0
    deferred: int = 0
    held: int = 0
    ticked: int = 0
    aggregation: Aggregation | None = None
    bulk: Bulk | None = None
    cursor: int = 0

    def require_visible_to(self, actor: Actor, *, lent: bool = False) -> None:
        """Staff see their archive's batches, a unit's officer those of the unit, a borrowed confirmer (`lent`) all.

        Raises: OutOfScope.
        """
        if lent:
            return
        actor.require_archive(self.archive_id)
        if actor.roles <= {Role.UNIT_OFFICER} and actor.unit_id != self.unit_id:
            raise OutOfScope("another unit's")

    def require_version(self, seen: int) -> None:
        """Whether a list that was read beforehand still stands: whatever changes a line is a next version.

        Raises: ListChanged.
        """
        if seen != self.version:
            raise ListChanged(f"version {self.version}, read at {seen}")

    def require_reviewing(self) -> None:
        """Raises: BatchNotReady, BulkUnderWay."""
        if self.state is not State.REVIEW:
            raise BatchNotReady(self.state.value)
        if self.bulk:
            progress = {"done": str(self.bulk.done), "total": str(self.bulk.total), "by": self.bulk.by}
            raise BulkUnderWay(self.bulk.act_id, metadata=progress)

    def listed(self, lines: int) -> Self:
        """So many more lines, all undecided."""
        return replace(self._next(self.state), total=self.total + lines, undecided=self.undecided + lines)

    def gathered(self) -> Self:
        """The list is complete; review may begin."""
        return replace(self._next(State.REVIEW), cursor=0)

    def renewing(self) -> Self:
        """Lines are about to be suggested anew.

        Raises: BatchNotReady, BulkUnderWay.
        """
        self.require_reviewing()
        return replace(self._next(State.RENEWING), cursor=0)

    def decided(self, before: Iterable[Decision], after: Iterable[Decision]) -> Self:
        """Decisions of some lines changed; what was stated of the list as a whole is void.

        Raises: BatchNotReady, BulkUnderWay.
        """
        self.require_reviewing()
        return self.moved(before, after)

    def moved(self, before: Iterable[Decision], after: Iterable[Decision]) -> Self:
        """As `decided`, for the worker that carries an accepted act out."""
        change = Counter(after)
        change.subtract(Counter(before))
        return replace(
            self._next(self.state),
            undecided=self.undecided + change[Decision.UNDECIDED],
            opening=self.opening + change[Decision.OPEN],
            deferred=self.deferred + change[Decision.DEFER],
            held=self.held + change[Decision.HOLD],
            aggregation=None,
        )

    def ticking(self, lines: int) -> Self:
        """So many more lines passed their secrecy review.

        Raises: BatchNotReady.
        """
        if self.state is not State.REVIEW:
            raise BatchNotReady(self.state.value)
        return replace(self._next(self.state), ticked=self.ticked + lines)

    def starting(self, bulk: Bulk) -> Self:
        """An act on many lines was accepted; until it is done nothing else changes lines.

        Raises: BatchNotReady, BulkUnderWay.
        """
        self.require_reviewing()
        return replace(self._next(self.state), bulk=bulk, aggregation=None)

    def aggregated(self, statement: Aggregation) -> Self:
        """Somebody stated what the list as a whole gives away.

        Raises: BatchNotReady, BulkUnderWay, InvalidArgument.
        """
        self.require_reviewing()
        require_reason(statement.reason)
        return replace(self._next(self.state), aggregation=statement)

    def touched(self) -> Self:
        """As it is, in a next version: something that belongs to it changed, and nobody changed it meanwhile."""
        return self._next(self.state)

    def _next(self, state: State) -> Self:
        return replace(self, state=state, version=self.version + 1)
