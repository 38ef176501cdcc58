"""What the opening review needs from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from services.catalog.domain.acts import Act, LineFilter
from services.catalog.domain.batches import Batch
from services.catalog.domain.confirmation import Loan
from services.catalog.domain.gathering import Matter
from services.catalog.domain.lines import Line
from services.catalog.domain.opinions import Disagreement, UnitLetter
from services.catalog.domain.signatures import Side, Signature
from services.catalog.domain.verdicts import Decision
from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent
from services.common.domain.paging import Page

RecordFields = dict[str, Any]
"""A record as stored (adapters/documents.py)."""
T = TypeVar("T")


@dataclass(frozen=True)
class ReviewTerms:
    """`rules`: version of the present rule table. `separate_confirmer`: see `Batch.published`."""

    rules: str
    separate_confirmer: bool


class Signable(Protocol):
    """What a signature can be about: a batch's frozen list, or a personal series."""

    @property
    def batch_id(self) -> str: ...
    @property
    def root(self) -> str: ...
    @property
    def matter(self) -> Matter: ...
    @property
    def rule_version(self) -> str: ...


class Signer(Protocol):
    """Seals a statement with the caller's server-held key, at auth."""

    def sign(
        self, *, request_id: str, batch: Signable, side: Side, pseudonym: str, role: str, unit_id: str
    ) -> Signature:
        """Raises: Unavailable; whatever auth refuses."""
        ...


@dataclass(frozen=True)
class Matched:
    """`count`: lines left without the exceptions; `exceptions`: those that match.

    `kinds`: among lines that differ in nothing but their term, those with the earliest and the latest.
    """

    count: int
    exceptions: int
    kinds: tuple[Line, ...]


class ReviewTx(Protocol):
    """One transaction on one batch: its lines, acts, letters and disagreements. All of it commits, or nothing."""

    @property
    def batch(self) -> Batch:
        """As it is, `put` included."""
        ...

    def put(self, batch: Batch) -> None:
        """Stores what becomes of the batch."""
        ...

    def record(self, event: AuditEvent) -> None:
        """An audit event of this change."""
        ...

    def lines(self, record_ids: Sequence[str]) -> list[Line]:
        """These lines, in the order of the list.

        Raises: NotFound: one is not on the list.
        """
        ...

    def all_lines(self) -> list[Line]:
        """The whole list, without suggestions."""
        ...

    def matching(self, wanted: LineFilter) -> list[Line]:
        """What a filter matches, in order, suggestions without their reasons."""
        ...

    def matched(self, wanted: LineFilter, exceptions: Sequence[str]) -> "Matched":
        """How many lines a filter matches, and lines that stand for all of them before the rules."""
        ...

    def decide(self, lines: Sequence[Line]) -> None:
        """Stores lines after an act; each keeps its former standing."""
        ...

    def tick(self, lines: Sequence[Line]) -> None:
        """Stores lines after their secrecy review."""
        ...

    def content_hashes(self, record_ids: Sequence[str]) -> dict[str, str]:
        """Of the records as they are now."""
        ...

    def shown(self, by: str, record_ids: Sequence[str]) -> set[str]:
        """Those of them that were shown to a person as they stand on the list."""
        ...

    def previewed(self, by: str, wanted: LineFilter) -> bool:
        """Whether a person was shown a sample of what this filter matches."""
        ...

    def add_act(self, act: Act) -> None:
        """Keeps an act, so that it can be undone."""
        ...

    def recent_acts(self, by: str, count: int) -> list[Act]:
        """A person's last acts in the batch, newest first."""
        ...

    def count_act(self, act_id: str) -> int:
        """Lines that still stand as an act left them."""
        ...

    def undo(self, act: Act) -> tuple[list[Decision], list[Decision]]:
        """Takes an act back on the lines that still stand as it left them: their decisions before and after."""
        ...

    def mark_undone(self, act: Act, taken_back: int) -> None:
        """The act cannot be undone again."""
        ...

    def letter(self, letter_id: str) -> UnitLetter:
        """Raises: NotFound."""
        ...

    def put_letter(self, letter: UnitLetter) -> None:
        """Stores a new or changed letter."""
        ...

    def void_letters(self) -> None:
        """Entered letters of this batch answer a list that is no more."""
        ...

    def add_disagreements(self, disagreements: Sequence[Disagreement]) -> None:
        """Enters them into the register."""
        ...


class Batches(Protocol):
    """Batches of one province. Every change is one transaction with its audit event."""

    def get(self, batch_id: str) -> Batch:
        """Raises: NotFound."""
        ...

    def list(self, archive_id: str, unit_id: str | None, plan_id: str, *, size: int, token: str) -> Page[Batch]:
        """Newest first; `unit_id` None for all, `plan_id` empty for all."""
        ...

    def in_issues(self, archive_id: str) -> tuple[Sequence[Batch], Sequence[Batch]]:
        """At most 100 that are confirmed for a day to come, and as many that were sent back on theirs."""
        ...

    def whole(self, batch_id: str) -> tuple[Batch, Sequence[Line]]:
        """A batch and its list, without suggestions, read beforehand: while the batch keeps its version they stand.

        Raises: NotFound.
        """
        ...

    def create(self, batch: Batch, event: AuditEvent) -> None:
        """Stores a batch that is still to be gathered."""
        ...

    def await_worker(self, batch_id: str, seconds: float) -> Batch:
        """The batch once the worker has done with it, or as it is when time is up, or once it is seen to be long."""
        ...

    def within(self, batch_id: str, work: Callable[[ReviewTx], T]) -> T:
        """Runs `work`, perhaps more than once, in a transaction on the batch; wakes the worker.

        Raises: NotFound.
        """
        ...


@dataclass(frozen=True)
class GroupCounts:
    """Lines of one group by decision, and those ticked. `suggestion`: of any of them, as stored."""

    group_id: str
    suggestion: dict[str, Any]
    total: int
    by_decision: dict[Decision, int]
    ticked: int


class Lines(Protocol):
    """Lines as they are read, and what was shown to whom."""

    def page(
        self, batch_id: str, wanted: LineFilter, ticked: bool | None, *, size: int, token: str
    ) -> Page[tuple[Line, RecordFields]]:
        """Lines with their records, in the order of the list."""
        ...

    def some(self, batch_id: str, record_ids: Sequence[str]) -> list[tuple[Line, RecordFields]]:
        """These lines, in order; those not on the list are left out."""
        ...

    def one(self, batch_id: str, record_id: str) -> tuple[Line, RecordFields]:
        """One line, on a list of texts with its whole text under `text`.

        Raises: NotFound.
        """
        ...

    def groups(self, batch_id: str) -> list[GroupCounts]:
        """At most 100, the largest first."""
        ...

    def sample(self, batch_id: str, wanted: LineFilter, size: int) -> tuple[int, list[tuple[Line, RecordFields]]]:
        """How many lines match, and some of them drawn at random."""
        ...

    def show(self, batch_id: str, by: str, lines: Sequence[tuple[Line, RecordFields]]) -> None:
        """Keeps that a person was shown these lines."""
        ...

    def show_sample(
        self, batch_id: str, by: str, wanted: LineFilter, lines: Sequence[tuple[Line, RecordFields]]
    ) -> None:
        """Keeps that a person was shown these as a sample of what a filter matches."""
        ...

    def acts(self, batch_id: str, by: str, count: int) -> list[Act]:
        """A person's last acts, newest first."""
        ...

    def act(self, batch_id: str, act_id: str) -> Act:
        """Raises: NotFound."""
        ...

    def kept(self, batch_id: str, act_id: str, size: int) -> list[tuple[Line, RecordFields]]:
        """Lines of an act that were decided again since."""
        ...


class Loans(Protocol):
    """Which directors are lent to whom."""

    def add(self, loan: Loan, event: AuditEvent) -> None:
        """Keeps a loan."""
        ...

    def get(self, loan_id: str) -> Loan:
        """Raises: NotFound."""
        ...

    def list(self, archive_id: str, *, size: int, token: str) -> Page[Loan]:
        """Loans an archive gave or took, newest first."""
        ...

    def standing(self, by: Actor, borrower_id: str, on: date) -> Loan | None:
        """The loan by which a person may confirm for an archive on a legal day."""
        ...


class Records(Protocol):
    """Records of one province, as the review sees them."""

    def get(self, record_id: str) -> RecordFields:
        """Raises: NotFound."""
        ...

    def list(
        self, archive_id: str, unit_id: str | None, status: str, prefix: str, *, size: int, token: str
    ) -> Page[RecordFields]:
        """By reference code."""
        ...

    def any_to_gather(self, batch: Batch) -> bool:
        """Whether a record is there that the batch would gather."""
        ...

    def retract(self, record_id: str, *, rule: str, reason: str, on: date, event: AuditEvent) -> RecordFields:
        """One transaction: state, salt destroyed, retraction sent.

        Raises: NotFound, NotPublished.
        """
        ...
