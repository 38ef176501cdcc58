"""A batch of the opening review: a work list that is frozen, that two sides stand behind, and that a third confirms.

Gathering → review (lines are decided and ticked) → ready (frozen under one root) → partly signed → signed →
publishing → published; a confirmation for a later day waits before publishing, as scheduled. Reopening goes back to
review and voids what stood behind the root. Before the confirmation a list may be cancelled: cancelling (its records go
back to what they were) → cancelled. Nothing leaves this order, whatever client asks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Self

from services.catalog.domain.batch_errors import (
    AggregationOutstanding,
    BatchNotReady,
    ListChanged,
    NotReviewed,
    RulesChanged,
    WrongSide,
)
from services.catalog.domain.confirmation import Loan, require_different_people, standing_people
from services.catalog.domain.issues import Returned, Schedule
from services.catalog.domain.lines import Line, list_root, require_listable
from services.catalog.domain.opinions import Evidence, package_evidence
from services.catalog.domain.signatures import Side, Signature, require_signer
from services.catalog.domain.verdicts import EARLY_RULES, Decision, require_reason
from services.catalog.domain.work_list import State, WorkList
from services.common.domain.actor import Actor, Role
from services.common.domain.clock import legal_day
from services.common.domain.errors import OutOfScope

FROZEN = frozenset({State.READY, State.PARTLY_SIGNED, State.SIGNED})
REOPENABLE = FROZEN | {State.SCHEDULED}
SIGNABLE = frozenset({State.READY, State.PARTLY_SIGNED})
OBJECTABLE = frozenset({State.REVIEW}) | SIGNABLE
CANCELLABLE = frozenset({State.GATHERING, State.RENEWING, State.REVIEW}) | FROZEN
_STANDING = (State.READY, State.PARTLY_SIGNED, State.SIGNED)
"""By how many sides stand behind the root."""


@dataclass(frozen=True)
class Cancellation:
    """Who gave the list up, when, and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Batch(WorkList):
    """A work list, and what stands behind it once it is frozen; each method answers the next batch.

    `early`: listed lines that open before their term (rules O2, O3). `schedule`: of a confirmation for a later day,
    kept when it was carried out. `returned`: why the last one was not.
    """

    applied: int = 0
    early: int = 0
    schedule: Schedule | None = None
    returned: Returned | None = None
    root: str = ""
    signatures: tuple[Signature, ...] = ()
    evidence: Evidence | None = None
    published_at: datetime | None = None
    published_by: str = ""
    confirmer_archive_id: str = ""
    loan_id: str = ""
    skipped: tuple[str, ...] = field(default=())
    cancellation: Cancellation | None = None

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

    def require_rules(self, present: str) -> None:
        """Nobody fixes, signs or confirms a list under a rule table that is no more; what was confirmed stays.

        Raises: RulesChanged: with both versions.
        """
        if self.rule_version != present:
            raise RulesChanged(present, metadata={"batch": self.rule_version, "present": present})

    def frozen(self, lines: Iterable[Line], *, rules: str, on: date) -> Self:
        """The list is fixed under one root. `rules`: version of the present table; `on`: the legal day.

        Raises: BatchNotReady, BulkUnderWay, RulesChanged, AggregationOutstanding, and as `require_listable`.
        """
        self.require_reviewing()
        self.require_rules(rules)
        if self.aggregation is None or not self.aggregation.clear:
            raise AggregationOutstanding("no statement" if self.aggregation is None else "it raises a concern")
        listed = [line for line in lines if line.decision is not Decision.HOLD]
        require_listable(listed, self.matter, on)
        return self._rooted(listed)

    def reopened(self) -> Self:
        """Back to review; signatures and opinions are void.

        Raises: BatchNotReady.
        """
        if self.state not in REOPENABLE:
            raise BatchNotReady(self.state.value)
        return self._unsigned(State.REVIEW)

    def cancelled(self, reason: str, *, by: Actor, at: datetime) -> Self:
        """Given up before its confirmation, an act under way included; the worker lets its records go.

        Raises: RoleNotAllowed: neither a director nor who gathered it; BatchNotReady, InvalidArgument.
        """
        if by.pseudonym != self.created_by:
            by.role_among(frozenset({Role.DIRECTOR}))
        if self.state not in CANCELLABLE:
            raise BatchNotReady(self.state.value)
        require_reason(reason)
        return replace(
            self._unsigned(State.CANCELLING),
            aggregation=None,
            bulk=None,
            cursor=0,
            cancellation=Cancellation(by.pseudonym, at, reason),
        )

    def released(self, lines: int) -> Self:
        """The records of so many more lines went back; without any, all have."""
        return replace(self._next(self.state if lines else State.CANCELLED), cursor=self.cursor + lines)

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

    def objected(self, objected: Sequence[Decision], rest: Callable[[], Iterable[Line]]) -> Self:
        """Lines are held. Under a root they leave it, and what stood behind it is void.

        `objected`: their decisions so far; `rest`: every line of the list, these being held already.
        """
        held = [Decision.HOLD] * len(objected)
        after = replace(self.moved(objected, held), aggregation=self.aggregation)
        if self.state is State.REVIEW:
            return after
        listed = [line for line in rest() if line.decision is not Decision.HOLD]
        unsigned = after._unsigned(after.state)
        return unsigned._rooted(listed) if listed else replace(unsigned, state=State.REVIEW)

    def require_signable(self, side: Side, shown_root: str, by: Actor) -> None:
        """Checked before the key is used, and again when the signature is stored.

        Raises: BatchNotReady, WrongSide, OutOfScope, SameSigner, ListChanged.
        """
        if self.state not in SIGNABLE:
            raise BatchNotReady(self.state.value)
        require_signer(
            side,
            by,
            open_sides={*self.sides} - {*self.standing},
            archive_id=self.archive_id,
            unit_id=self.unit_id,
            signed=self.signatures,
        )
        if shown_root != self.root:
            raise ListChanged("the list changed since it was shown")

    def signed(self, signature: Signature, by: Actor) -> Self:
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

    def evidenced(self, evidence: Evidence) -> Self:
        """The unit's opinion came otherwise than by a signature here.

        Raises: BatchNotReady, WrongSide, SignatureBroken, SameSigner.
        """
        self.require_awaiting_unit()
        evidence.require_about(self.opinion_subject)
        return replace(self, evidence=evidence)._stood()

    def published(self, stored_root: str, *, by: Actor, at: datetime, separate: bool, loan: Loan | None = None) -> Self:
        """The confirmer decides: every listed record opens or defers, or none.

        `stored_root`: `list_root` of the list as it is stored now. `separate`: whether the confirmer stands for no side
        (configuration). `loan`: lends a confirmer of another archive.
        Raises: RoleNotAllowed, BatchNotReady, NotReviewed, SameSigner, ListChanged, SignatureBroken, OutOfScope.
        """
        lent = self._require_confirmable(stored_root, by, at, separate=separate, loan=loan)
        return replace(
            self._next(State.PUBLISHING),
            published_by=by.pseudonym,
            published_at=at,
            confirmer_archive_id=lent.lender_id if lent else "",
            loan_id=lent.loan_id if lent else "",
            returned=None,
            cursor=0,
        )

    def scheduled(
        self, stored_root: str, day: date, *, by: Actor, at: datetime, separate: bool, loan: Loan | None = None
    ) -> Self:
        """The confirmer decides as in `published`, with effect on a legal day to come, on which all is asked again.

        `loan`: lends the confirmer today and on that day.
        Raises: as `published`.
        """
        lent = self._require_confirmable(stored_root, by, at, separate=separate, loan=loan)
        if lent and not lent.lends(by, self.archive_id, day):
            raise OutOfScope("the loan ends before that day")
        return replace(self._next(State.SCHEDULED), schedule=Schedule.of(day, by, at), returned=None)

    def unscheduled(self, *, by: Actor, on: date, loan: Loan | None = None) -> Self:
        """The confirmation is taken back; what both sides stand behind stands.

        Raises: RoleNotAllowed, OutOfScope, BatchNotReady.
        """
        self._require_confirmer(by, loan, on)
        if self.state is not State.SCHEDULED:
            raise BatchNotReady(self.state.value)
        return replace(self._next(State.SIGNED), schedule=None)

    def require_due(self, on: date) -> Schedule:
        """The schedule whose day has come.

        Raises: BatchNotReady, NotYetDue.
        """
        if self.state is not State.SCHEDULED or self.schedule is None:
            raise BatchNotReady(self.state.value)
        self.schedule.require_due(on)
        return self.schedule

    def come_due(self, stored_root: str, *, at: datetime, separate: bool, loan: Loan | None = None) -> Self:
        """The day of a schedule has come: the confirmation takes effect if it could be given now.

        Raises: BatchNotReady, NotYetDue, and as `published`.
        """
        confirmer = self.require_due(legal_day(at)).confirmer
        signed = replace(self, state=State.SIGNED)
        return signed.published(stored_root, by=confirmer, at=at, separate=separate, loan=loan)

    def sent_back(self, code: str, at: datetime) -> Self:
        """The confirmation could not be given on its day, and why; people decide what becomes of the list.

        Raises: BatchNotReady, NotYetDue.
        """
        returned = Returned(code, self.require_due(legal_day(at)).publish_on, at)
        return replace(self._next(State.SIGNED), schedule=None, returned=returned)

    def _require_confirmer(self, by: Actor, loan: Loan | None, on: date) -> Loan | None:
        """The loan by which somebody of another archive is a confirmer on a legal day; None for the archive's own."""
        by.role_among(frozenset({Role.DIRECTOR}))
        if loan is not None and loan.lends(by, self.archive_id, on):
            return loan
        by.require_archive(self.archive_id)
        return None

    def _require_confirmable(
        self, stored_root: str, by: Actor, at: datetime, *, separate: bool, loan: Loan | None
    ) -> Loan | None:
        """All that confirming asks; the loan by which the confirmer may, if it takes one."""
        lent = self._require_confirmer(by, loan, legal_day(at))
        if self.state not in FROZEN:
            raise BatchNotReady(self.state.value)
        missing = set(self.sides) - self.standing
        if missing or self.state is not State.SIGNED:
            raise NotReviewed(", ".join(sorted(missing)))
        require_different_people(self.signatures, self.evidence, by.pseudonym, separate=separate)
        if stored_root != self.root:
            raise ListChanged("the stored list is not the one that was signed")
        for signature in self.signatures:
            signature.require_about(self.subject, self.unit_id)
        if self.evidence:
            self.evidence.require_about(self.opinion_subject)
        return lent

    def _rooted(self, listed: Sequence[Line]) -> Self:
        """Under the root of these lines, and with the unit's opinion if the transfer packages give it."""
        early = sum(line.verdict.rule in EARLY_RULES for line in listed)
        root = list_root(line.entry() for line in listed)
        rooted = replace(self, root=root, early=early, signatures=(), evidence=None)
        evidence = None if self.archive_alone else package_evidence(rooted.opinion_subject, listed)
        return replace(rooted, evidence=evidence)._stood()

    def _unsigned(self, state: State) -> Self:
        """Without a root and whatever stood behind it."""
        void = replace(self._next(state), root="", early=0, signatures=(), evidence=None)
        return replace(void, schedule=None, returned=None)

    def _stood(self) -> Self:
        return self._next(_STANDING[len(self.standing)])
