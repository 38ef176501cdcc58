"""A batch of the opening review: a work list that is frozen, that two sides stand behind, and that a third confirms.

Gathering → review (lines are decided and ticked) → ready (frozen under one root) → partly signed → signed →
publishing → published. Reopening goes back to review and voids what stood behind the root. Nothing leaves this order,
whatever client asks.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from services.catalog.domain.batch_errors import (
    AggregationOutstanding,
    BatchNotReady,
    BulkUnderWay,
    ListChanged,
    NotReviewed,
    RulesChanged,
    SameSigner,
    WrongSide,
)
from services.catalog.domain.confirmation import Loan, require_different_people, standing_people
from services.catalog.domain.gathering import EVERYTHING, GatherFilter, Matter
from services.catalog.domain.lines import Entry, Line, list_root, require_listable
from services.catalog.domain.opinions import Evidence, package_evidence
from services.catalog.domain.signatures import SIGNING_ROLE, Side, Signature
from services.catalog.domain.verdicts import MAX_REASON, Decision
from services.common.domain.actor import Actor, Role
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument, OutOfScope


class State(StrEnum):
    """Where a batch stands. `gathering` and `renewing` are the worker's."""

    GATHERING = "gathering"
    RENEWING = "renewing"
    REVIEW = "review"
    READY = "ready"
    PARTLY_SIGNED = "partly-signed"
    SIGNED = "signed"
    PUBLISHING = "publishing"
    PUBLISHED = "published"


FROZEN = frozenset({State.READY, State.PARTLY_SIGNED, State.SIGNED})
SIGNABLE = frozenset({State.READY, State.PARTLY_SIGNED})
OBJECTABLE = frozenset({State.REVIEW}) | SIGNABLE
_STANDING = (State.READY, State.PARTLY_SIGNED, State.SIGNED)
"""By how many sides stand behind the root."""


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
class Batch:
    """The batch as a whole; each method answers the next one and changes nothing.

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
    applied: int = 0
    cursor: int = 0
    root: str = ""
    signatures: tuple[Signature, ...] = ()
    evidence: Evidence | None = None
    published_at: datetime | None = None
    published_by: str = ""
    confirmer_archive_id: str = ""
    loan_id: str = ""
    skipped: tuple[str, ...] = field(default=())

    @property
    def archive_alone(self) -> bool:
        """由档案馆单独审核: neither creating unit nor successor exists (rule O5)."""
        return not self.unit_id

    @property
    def sides(self) -> tuple[Side, Side]:
        """The two sides that must stand behind the root."""
        return (Side.ARCHIVE, Side.ARCHIVE_SECOND if self.archive_alone else Side.CREATING_UNIT)

    @property
    def standing(self) -> frozenset[Side]:
        """Sides that do."""
        by_letter = frozenset({Side.CREATING_UNIT}) if self.evidence else frozenset()
        return by_letter | {signature.side for signature in self.signatures}

    @property
    def separately_confirmed(self) -> bool:
        """Whether who confirmed stood for no side."""
        return self.published_by not in standing_people(self.signatures, self.evidence)

    @property
    def subject(self) -> Mapping[str, str]:
        """What a signature or an opinion on this batch must speak of."""
        return {
            "archive_id": self.archive_id,
            "batch_id": self.batch_id,
            "batch_root": self.root,
            "matter": self.matter.value,
            "rule_version": self.rule_version,
        }

    @property
    def opinion_subject(self) -> Mapping[str, str]:
        """The same of the unit's opinion, where it is no signature."""
        return {**self.subject, "unit_id": self.unit_id}

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

    def listed(self, lines: int) -> "Batch":
        """So many more lines, all undecided."""
        return replace(self._next(self.state), total=self.total + lines, undecided=self.undecided + lines)

    def gathered(self) -> "Batch":
        """The list is complete; review may begin."""
        return replace(self._next(State.REVIEW), cursor=0)

    def renewing(self) -> "Batch":
        """Lines are about to be suggested anew.

        Raises: BatchNotReady, BulkUnderWay.
        """
        self.require_reviewing()
        return replace(self._next(State.RENEWING), cursor=0)

    def decided(self, before: Iterable[Decision], after: Iterable[Decision]) -> "Batch":
        """Decisions of some lines changed; what was stated of the list as a whole is void.

        Raises: BatchNotReady, BulkUnderWay.
        """
        self.require_reviewing()
        return self.moved(before, after)

    def moved(self, before: Iterable[Decision], after: Iterable[Decision]) -> "Batch":
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

    def ticking(self, lines: int) -> "Batch":
        """So many more lines passed their secrecy review.

        Raises: BatchNotReady.
        """
        if self.state is not State.REVIEW:
            raise BatchNotReady(self.state.value)
        return replace(self._next(self.state), ticked=self.ticked + lines)

    def starting(self, bulk: Bulk) -> "Batch":
        """An act on many lines was accepted; until it is done nothing else changes lines.

        Raises: BatchNotReady, BulkUnderWay.
        """
        self.require_reviewing()
        return replace(self._next(self.state), bulk=bulk, aggregation=None)

    def aggregated(self, statement: Aggregation) -> "Batch":
        """Somebody stated what the list as a whole gives away.

        Raises: BatchNotReady, BulkUnderWay, InvalidArgument.
        """
        self.require_reviewing()
        if not 0 < len(statement.reason) <= MAX_REASON:
            raise InvalidArgument("reason", f"1 to {MAX_REASON} characters")
        return replace(self._next(self.state), aggregation=statement)

    def frozen(self, lines: Iterable[Line], *, rules: str, on: date) -> "Batch":
        """The list is fixed under one root. `rules`: version of the present table; `on`: the legal day.

        Raises: BatchNotReady, BulkUnderWay, RulesChanged, AggregationOutstanding, and as `require_listable`.
        """
        self.require_reviewing()
        if self.rule_version != rules:
            raise RulesChanged(rules, metadata={"batch": self.rule_version, "present": rules})
        if self.aggregation is None or not self.aggregation.clear:
            raise AggregationOutstanding("no statement" if self.aggregation is None else "it raises a concern")
        listed = [line for line in lines if line.decision is not Decision.HOLD]
        require_listable(listed, on)
        return self._rooted(listed)

    def reopened(self) -> "Batch":
        """Back to review; signatures and opinions are void.

        Raises: BatchNotReady.
        """
        if self.state not in FROZEN:
            raise BatchNotReady(self.state.value)
        return replace(self._next(State.REVIEW), root="", signatures=(), evidence=None)

    def require_objectable(self, by: Actor) -> None:
        """Whether the unit's officer may object to lines now.

        Raises: BatchNotReady, BulkUnderWay, OutOfScope, WrongSide.
        """
        if self.state not in OBJECTABLE or Side.CREATING_UNIT in self.standing:
            raise BatchNotReady(self.state.value)
        if self.bulk:
            self.require_reviewing()
        if self.archive_alone:
            raise WrongSide("no unit is asked")
        by.require_archive(self.archive_id)
        if by.unit_id != self.unit_id:
            raise OutOfScope("another unit's")

    def objected(self, objected: Sequence[Decision], rest: Callable[[], Iterable[Line]]) -> "Batch":
        """Lines are held. Under a root they leave it, and what stood behind it is void.

        `objected`: their decisions so far; `rest`: every line of the list, these being held already.
        """
        held = [Decision.HOLD] * len(objected)
        after = replace(self.moved(objected, held), aggregation=self.aggregation)
        if self.state is State.REVIEW:
            return after
        listed = [line for line in rest() if line.decision is not Decision.HOLD]
        unsigned = replace(after, root="", signatures=(), evidence=None)
        return unsigned._rooted(listed) if listed else replace(unsigned, state=State.REVIEW)

    def require_signable(self, side: Side, shown_root: str, by: Actor) -> None:
        """Checked before the key is used, and again when the signature is stored.

        Raises: BatchNotReady, WrongSide, OutOfScope, SameSigner, ListChanged.
        """
        if self.state not in SIGNABLE:
            raise BatchNotReady(self.state.value)
        if side not in self.sides or side in self.standing:
            raise WrongSide(side.value)
        if SIGNING_ROLE[side] not in by.roles:
            raise WrongSide(f"{side.value} is not this role's")
        by.require_archive(self.archive_id)
        if side is Side.CREATING_UNIT and by.unit_id != self.unit_id:
            raise OutOfScope("another unit's")
        if any(signature.pseudonym == by.pseudonym for signature in self.signatures):
            raise SameSigner(side.value)
        if shown_root != self.root:
            raise ListChanged("the list changed since it was shown")

    def signed(self, signature: Signature, by: Actor) -> "Batch":
        """One side has signed.

        Raises: as `require_signable`; SignatureBroken.
        """
        self.require_signable(signature.side, self.root, by)
        signature.require_about(self.subject, self.unit_id)
        return replace(self, signatures=(*self.signatures, signature))._stood()

    def require_awaiting_unit(self) -> None:
        """Whether the list is frozen and the unit's opinion is still to come.

        Raises: BatchNotReady, WrongSide.
        """
        if self.state not in SIGNABLE:
            raise BatchNotReady(self.state.value)
        if self.archive_alone or Side.CREATING_UNIT in self.standing:
            raise WrongSide(Side.CREATING_UNIT.value)

    def touched(self) -> "Batch":
        """As it is, in a next version: something that belongs to it changed, and nobody changed it meanwhile."""
        return self._next(self.state)

    def evidenced(self, evidence: Evidence) -> "Batch":
        """The unit's opinion came otherwise than by a signature here.

        Raises: BatchNotReady, WrongSide, SignatureBroken, SameSigner.
        """
        self.require_awaiting_unit()
        evidence.require_about(self.opinion_subject)
        return replace(self, evidence=evidence)._stood()

    def published(
        self, entries: Iterable[Entry], *, by: Actor, at: datetime, separate: bool, loan: Loan | None = None
    ) -> "Batch":
        """The confirmer decides: every listed record opens or defers, or none.

        `separate`: whether the confirmer stands for no side (configuration). `loan`: lends a confirmer of another
        archive.
        Raises: RoleNotAllowed, BatchNotReady, NotReviewed, SameSigner, ListChanged, SignatureBroken, OutOfScope.
        """
        by.role_among(frozenset({Role.DIRECTOR}))
        if loan is None or not loan.lends(by, self.archive_id, legal_day(at)):
            loan = None
            by.require_archive(self.archive_id)
        if self.state not in FROZEN:
            raise BatchNotReady(self.state.value)
        missing = set(self.sides) - self.standing
        if missing or self.state is not State.SIGNED:
            raise NotReviewed(", ".join(sorted(missing)))
        require_different_people(self.signatures, self.evidence, by.pseudonym, separate=separate)
        if list_root(entries) != self.root:
            raise ListChanged("the stored list is not the one that was signed")
        for signature in self.signatures:
            signature.require_about(self.subject, self.unit_id)
        if self.evidence:
            self.evidence.require_about(self.opinion_subject)
        return replace(
            self._next(State.PUBLISHING),
            published_by=by.pseudonym,
            published_at=at,
            confirmer_archive_id=loan.lender_id if loan else "",
            loan_id=loan.loan_id if loan else "",
            cursor=0,
        )

    def _rooted(self, listed: Sequence[Line]) -> "Batch":
        """Under the root of these lines, and with the unit's opinion if the transfer packages give it."""
        rooted = replace(self, root=list_root(line.entry() for line in listed), signatures=(), evidence=None)
        evidence = None if self.archive_alone else package_evidence(rooted.opinion_subject, listed)
        return replace(rooted, evidence=evidence)._stood()

    def _stood(self) -> "Batch":
        return self._next(_STANDING[len(self.standing)])

    def _next(self, state: State) -> "Batch":
        return replace(self, state=state, version=self.version + 1)
