"""What the opening review needs from outside."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Protocol

from services.catalog.domain.batches import Batch, Decision, Entry, Side, Signature
from services.common.domain.audit_event import AuditEvent
from services.common.domain.paging import Page

RecordFields = dict[str, Any]
"""A record as stored (adapters/documents.py)."""


class Signer(Protocol):
    """Seals a statement with the caller's server-held key, at auth."""

    def sign(self, *, request_id: str, batch: Batch, side: Side, pseudonym: str, role: str, unit_id: str) -> Signature:
        """Raises: Unavailable; whatever auth refuses."""
        ...


class Batches(Protocol):
    """Batches of one province and their frozen lists. Every change is one transaction with its audit event."""

    def get(self, batch_id: str) -> Batch:
        """Raises: NotFound."""
        ...

    def list(self, archive_id: str, unit_id: str | None, *, size: int, token: str) -> Page[Batch]:
        """Newest first; `unit_id` None for all."""
        ...

    def entries(self, batch_id: str, decision: Decision | None, *, size: int, token: str) -> Page[tuple[Entry, str]]:
        """Lines of the list with the reviewer's words, in order."""
        ...

    def create(self, batch: Batch, event: AuditEvent) -> None:
        """Stores a batch that is still to be gathered."""
        ...

    def await_gathered(self, batch_id: str, seconds: float) -> Batch:
        """The batch once its list is frozen, or as it is when time is up."""
        ...

    def change(
        self,
        batch_id: str,
        work: Callable[[Batch, "Callable[[], Sequence[Entry]]"], Batch],
        event: Callable[[Batch], AuditEvent],
    ) -> Batch:
        """Reads batch and, if asked, list in one transaction and stores what `work` answers."""
        ...

    def decide(
        self,
        batch_id: str,
        record_ids: Sequence[str],
        decision: Decision,
        rule: str,
        reason: str,
        event: Callable[[Batch], AuditEvent],
    ) -> Batch:
        """Changes decisions on the list, voids signatures.

        Raises: BatchNotReady; NotFound: a record is not on the list.
        """
        ...


class Records(Protocol):
    """Records of one province, as the review sees them."""

    def get(self, record_id: str) -> RecordFields:
        """Raises: NotFound."""
        ...

    def many(self, record_ids: Sequence[str]) -> dict[str, RecordFields]:
        """Those there are, by id."""
        ...

    def list(
        self, archive_id: str, unit_id: str | None, status: str, prefix: str, *, size: int, token: str
    ) -> Page[RecordFields]:
        """By reference code."""
        ...

    def any_reviewable(self, archive_id: str, unit_id: str, on: date) -> bool:
        """Whether a record is eligible, unreviewed and in no batch."""
        ...

    def retract(self, record_id: str, *, rule: str, reason: str, on: date, event: AuditEvent) -> RecordFields:
        """One transaction: state, salt destroyed, retraction sent.

        Raises: NotFound, NotPublished.
        """
        ...
