"""Histories of fonds, scope decisions, and loans of confirmers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.catalog.application.review_ports import Loans
from services.catalog.domain.batch_errors import UnitUnknown
from services.catalog.domain.batches import Batch
from services.catalog.domain.confirmation import Loan
from services.catalog.domain.fonds_history import Asked, FondsEvent, ScopeDecision, Standing, asked_unit
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument
from services.common.domain.registry import Archive, Fonds, Registry


class FondsHistory(Protocol):
    """What a province's archives recorded of their fonds."""

    def events(self, archive_id: str) -> list[FondsEvent]:
        """Of all fonds, in the order they were entered."""
        ...

    def event(self, event_id: str) -> FondsEvent:
        """Raises: NotFound."""
        ...

    def add(self, event: FondsEvent, audit: AuditEvent) -> None:
        """An event that still wants its attestation."""
        ...

    def attest(self, event: FondsEvent, audit: AuditEvent) -> None:
        """Raises: AlreadySettled."""
        ...

    def scopes(self, archive_id: str) -> dict[str, ScopeDecision]:
        """Scope decisions by fonds."""
        ...

    def decide_scope(self, decision_id: str, decision: ScopeDecision, audit: AuditEvent) -> None:
        """Raises: AlreadySettled."""
        ...


@dataclass(frozen=True)
class FondsFile:
    """One fonds with what is known of it."""

    fonds: Fonds
    standing: Standing
    events: tuple[FondsEvent, ...]
    scope: ScopeDecision | None


def asked_units(archive: Archive, history: FondsHistory, on: date) -> Mapping[str, Standing]:
    """Whom the review asks, by fonds."""
    events = history.events(archive.archive_id)
    return {fonds.code: asked_unit(fonds, events, on) for fonds in archive.fonds}


def standing_of(unit_id: str) -> Standing:
    """Whom a list asks: this unit, or nobody where its id is empty."""
    return (Asked.UNIT, unit_id) if unit_id else (Asked.NONE_EXISTS, "")


def require_asked(batch: Batch, on: date, registry: Registry, history: FondsHistory) -> None:
    """Whether the body whose opinion the list has, or will have, is still the one that is asked for each fonds.

    Raises: UnitUnknown.
    """
    asked = asked_units(registry.archive(batch.archive_id), history, on)
    if any(asked[code] != standing_of(batch.unit_id) for code in batch.fonds):
        raise UnitUnknown("another body is asked since the list was gathered")


def fonds_files(archive: Archive, history: FondsHistory, on: date) -> list[FondsFile]:
    """Every fonds of an archive, in the registry's order."""
    events = history.events(archive.archive_id)
    scopes = history.scopes(archive.archive_id)
    return [
        FondsFile(
            fonds,
            asked_unit(fonds, events, on),
            tuple(event for event in events if event.fonds == fonds.code),
            scopes.get(fonds.code),
        )
        for fonds in archive.fonds
    ]


def record_event(*, event: FondsEvent, archive: Archive, by: Caller, history: FondsHistory) -> FondsEvent:
    """Enters what happened to a unit; it counts once another person has attested it.

    Raises: OutOfScope, InvalidArgument.
    """
    by.actor.require_archive(archive.archive_id)
    event.require_sound(archive, legal_day(by.clock.now()))
    history.add(event, by.granted(_fonds_ref(archive, event.fonds), facts={"kind": event.kind.value}))
    return event


def attest_event(*, event_id: str, registry: Registry, by: Caller, history: FondsHistory) -> FondsEvent:
    """A second person of the archive answers for an event.

    Raises: NotFound, OutOfScope, AlreadySettled, SameSigner.
    """
    event = history.event(event_id)
    by.actor.require_archive(event.archive_id)
    attested = event.attested(by=by.actor.pseudonym, at=by.clock.now())
    archive = registry.archive(event.archive_id)
    history.attest(attested, by.granted(_fonds_ref(archive, event.fonds), facts={"kind": event.kind.value}))
    return attested


def decide_scope(
    *, decision_id: str, decision: ScopeDecision, archive: Archive, by: Caller, history: FondsHistory
) -> None:
    """The director records that a fonds of defence, diplomacy or security may be reviewed (rule A1).

    Raises: OutOfScope, InvalidArgument, AlreadySettled.
    """
    by.actor.require_archive(archive.archive_id)
    decision.require_sound(archive, legal_day(by.clock.now()))
    audit = by.granted(_fonds_ref(archive, decision.fonds), facts={"document": decision.document_number})
    history.decide_scope(decision_id, decision, audit)


def lend_confirmer(*, loan: Loan, registry: Registry, by: Caller, loans: Loans) -> Loan:
    """A director of one archive may confirm for another of the region between two days.

    Raises: OutOfScope, InvalidArgument, NotFound.
    """
    loan.require_sound(by.actor)
    borrower, lender = registry.archive(loan.borrower_id), registry.archive(loan.lender_id)
    if borrower.region_id != lender.region_id:
        raise InvalidArgument("lender_archive_id", "another archive of the region")
    facts = {"lender": loan.lender_id, "from": loan.valid_from.isoformat(), "until": loan.valid_until.isoformat()}
    loans.add(
        loan, by.granted(ObjectRef("archive", loan.borrower_id, borrower.region_id, loan.borrower_id), facts=facts)
    )
    return loan


def _fonds_ref(archive: Archive, code: str) -> ObjectRef:
    return ObjectRef("fonds", f"{archive.archive_id}/{code}", archive.region_id, archive.archive_id)
