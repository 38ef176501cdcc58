"""Regular publication: lists confirmed for an issue day, and what becomes of them on it (Archives Law 28)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from services.catalog.application.fonds import asked_units, require_asked
from services.catalog.application.review import ReviewDesk, batch_event, change_batch, confirmed_list, naming_lenders
from services.catalog.application.review_ports import ReviewTx
from services.catalog.domain.batches import Batch
from services.catalog.domain.fonds_history import Standing
from services.catalog.domain.issues import Rhythm, Waiting
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import Kind, TongdangError, VersionConflict
from services.common.domain.registry import Archive

STARTED, SENT_BACK = "batch.start-scheduled", "batch.send-back"
"""Actions of the worker."""
_FOR_PEOPLE = frozenset({Kind.PRECONDITION, Kind.CONFLICT, Kind.FORBIDDEN, Kind.INVALID})
"""Refusals that trying again does not cure."""


class Rhythms(Protocol):
    """When each archive of a province publishes."""

    def get(self, archive_id: str) -> Rhythm:
        """The director's, or the configuration's where none set one."""
        ...

    def put(self, archive_id: str, rhythm: Rhythm, event: AuditEvent) -> None:
        """Stores the next version.

        Raises: VersionConflict.
        """
        ...


class Waitings(Protocol):
    """What waits in a province's archives to be reviewed again, or early."""

    def by_fonds(self, archive_id: str, fonds: Sequence[str], on: date) -> Mapping[str, Waiting]:
        """Of these fonds, on a legal day."""
        ...


def waiting_by_body(archive: Archive, on: date, desk: ReviewDesk, waitings: Waitings) -> list[tuple[Standing, Waiting]]:
    """What waits, by the body that is asked; bodies for which nothing waits are left out."""
    asked = asked_units(archive, desk.fonds, on)
    total: dict[Standing, Waiting] = {}
    for code, waiting in waitings.by_fonds(archive.archive_id, list(asked), on).items():
        total[asked[code]] = total.get(asked[code], Waiting()) + waiting
    return [(standing, waiting) for standing, waiting in sorted(total.items()) if waiting != Waiting()]


def set_rhythm(*, archive: Archive, rhythm: Rhythm, by: Caller, rhythms: Rhythms) -> Rhythm:
    """The director says when the archive publishes; lists confirmed already keep their day. `rhythm.version`: the next.

    Raises: OutOfScope, InvalidArgument, VersionConflict.
    """
    by.actor.require_archive(archive.archive_id)
    rhythm.require_sound()
    present = rhythms.get(archive.archive_id).version
    if rhythm.version != present + 1:
        raise VersionConflict(f"version {present}", metadata={"version": str(present)})
    object_ = ObjectRef("archive", archive.archive_id, archive.region_id, archive.archive_id)
    rhythms.put(archive.archive_id, rhythm, by.granted(object_, facts=dict(vars(rhythm))))
    return rhythm


def schedule_batch(*, batch_id: str, day: date, by: Caller, desk: ReviewDesk, rhythms: Rhythms) -> Batch:
    """Confirms a reviewed list for one of the archive's next issues; nothing is published before that day.

    Raises: OutOfScope, InvalidArgument, and as `publish_batch`.
    """
    batch, stored_root = confirmed_list(batch_id, desk.batches)
    now = by.clock.now()
    loan = desk.loans.standing(by.actor, batch.archive_id, legal_day(now))
    batch.require_visible_to(by.actor, lent=loan is not None)
    rhythms.get(batch.archive_id).require_ahead(day, legal_day(now))

    def work(tx: ReviewTx) -> Batch:
        require_asked(tx.batch, legal_day(now), desk.registry, desk.fonds)
        tx.batch.require_rules(desk.terms.rules)
        separate = desk.terms.separate_confirmer
        after = tx.batch.scheduled(stored_root, day, by=by.actor, at=now, separate=separate, loan=loan)
        tx.batch.require_version(batch.version)
        return after

    facts = {"publish_on": day.isoformat(), **({"loan": loan.loan_id} if loan else {})}
    return naming_lenders(
        batch, desk.registry, lambda: change_batch(batch_id, work, by, desk.batches, lent=loan is not None, **facts)
    )


def unschedule_batch(*, batch_id: str, by: Caller, desk: ReviewDesk) -> Batch:
    """Takes the confirmation for a day back; both sides stand as before. Any director who may confirm may do it.

    Raises: OutOfScope; BatchNotReady: its day has come, or it has no day.
    """
    batch = desk.batches.get(batch_id)
    today = legal_day(by.clock.now())
    loan = desk.loans.standing(by.actor, batch.archive_id, today)
    batch.require_visible_to(by.actor, lent=loan is not None)

    def work(tx: ReviewTx) -> Batch:
        return tx.batch.unscheduled(by=by.actor, on=today, loan=loan)

    return change_batch(batch_id, work, by, desk.batches, lent=loan is not None)


def come_due(*, batch_id: str, by: Caller, desk: ReviewDesk) -> Batch:
    """The day of a confirmed list has come: it is published if it could be confirmed now, else it is sent back.

    Args: by: the province's own worker. One transaction; a list that somebody changed meanwhile is left alone.
    Raises: NotFound, Unavailable; BatchNotReady, NotYetDue, ListChanged: nothing is to be done now.
    """
    batch, stored_root = confirmed_list(batch_id, desk.batches)
    now = by.clock.now()
    today = legal_day(now)
    schedule = batch.require_due(today)
    loan = desk.loans.standing(schedule.confirmer, batch.archive_id, today)

    def work(tx: ReviewTx) -> Batch:
        tx.batch.require_version(batch.version)
        separate = desk.terms.separate_confirmer
        facts = {"publish_on": schedule.publish_on}
        action = STARTED
        try:
            require_asked(tx.batch, today, desk.registry, desk.fonds)
            tx.batch.require_rules(desk.terms.rules)
            after = tx.batch.come_due(stored_root, at=now, separate=separate, loan=loan)
        except TongdangError as problem:
            if problem.kind not in _FOR_PEOPLE:
                raise
            action, facts = SENT_BACK, {**facts, "reason": problem.code}
            after = tx.batch.sent_back(problem.code, now)
        tx.put(after)
        tx.record(batch_event(after, replace(by, action=action), **facts))
        return after

    return desk.batches.within(batch_id, work)
