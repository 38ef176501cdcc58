"""The opening review's batches: gather, freeze, sign on both sides, confirm (Archives Law 27, 30; Measures 13-15)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from services.catalog.application.fonds import FondsHistory, asked_units, require_asked, standing_of
from services.catalog.application.plans import Plans
from services.catalog.application.review_ports import (
    Batches,
    Loans,
    RecordFields,
    Records,
    ReviewTerms,
    ReviewTx,
    Signer,
)
from services.catalog.domain.batch_errors import NothingToReview, SameSigner, UnitUnknown
from services.catalog.domain.batches import Batch
from services.catalog.domain.confirmation import whom_to_borrow
from services.catalog.domain.gathering import GatherFilter, Matter
from services.catalog.domain.lines import list_root, listed_entries
from services.catalog.domain.rules import DEFERRALS
from services.catalog.domain.signatures import SIGNING_ROLE, Side
from services.catalog.domain.verdicts import require_reason
from services.catalog.domain.work_list import Aggregation, State
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument
from services.common.domain.registry import Archive, Registry

T = TypeVar("T")
MAX_BATCH = 100_000
PATIENCE_S = 8.0


@dataclass(frozen=True)
class ReviewDesk:
    """What the use cases on batches need."""

    batches: Batches
    records: Records
    fonds: FondsHistory
    plans: Plans
    loans: Loans
    signer: Signer
    registry: Registry
    terms: ReviewTerms


@dataclass(frozen=True)
class Wanted:
    """What a batch is to gather. `unit_id`: empty for fonds without one; `plan_id`: empty for none."""

    unit_id: str
    limit: int
    filter: GatherFilter
    matter: Matter
    plan_id: str = ""
    plan_row: int = 0


def create_batch(*, batch_id: str, archive: Archive, wanted: Wanted, by: Caller, desk: ReviewDesk) -> Batch:
    """Gathers records of one archive, whose unit is asked or attestedly does not exist, into a work list.

    Raises: OutOfScope, InvalidArgument, NotFound; UnitUnknown: a fonds is named for which nobody attested it;
    NothingToReview.
    """
    by.actor.require_archive(archive.archive_id)
    if wanted.unit_id and wanted.unit_id not in {unit.unit_id for unit in archive.units}:
        raise InvalidArgument("unit_id", "a unit of the archive, or empty where none exists")
    if wanted.limit > MAX_BATCH:
        raise InvalidArgument("limit", f"at most {MAX_BATCH}")
    wanted = _of_plan(wanted, archive, desk.plans)
    wanted.filter.require_sound()
    if wanted.filter.early and wanted.matter in (Matter.TEXT, Matter.CORRECTION):
        raise InvalidArgument("early", "for records, not for texts and corrections")
    now = by.clock.now()
    fonds = _fonds(archive, wanted, legal_day(now), desk.fonds)
    batch = Batch(
        batch_id=batch_id,
        region_id=archive.region_id,
        archive_id=archive.archive_id,
        unit_id=wanted.unit_id,
        state=State.GATHERING,
        created_at=now,
        created_by=by.actor.pseudonym,
        rule_version=desk.terms.rules,
        limit=wanted.limit or MAX_BATCH,
        matter=wanted.matter,
        filter=wanted.filter,
        fonds=fonds,
        scoped=tuple(sorted(desk.fonds.scopes(archive.archive_id).keys() & set(fonds))),
        plan_id=wanted.plan_id,
        plan_row=wanted.plan_row,
    )
    if not desk.records.any_to_gather(batch):
        raise NothingToReview(wanted.unit_id)
    desk.batches.create(batch, by.granted(_ref(batch), correlation_id=batch_id, facts={"matter": batch.matter.value}))
    return desk.batches.await_worker(batch_id, PATIENCE_S)


def state_aggregation(*, batch_id: str, clear: bool, reason: str, by: Caller, batches: Batches) -> Batch:
    """A person states what the list as a whole gives away (rule S5).

    Raises: OutOfScope, BatchNotReady, BulkUnderWay, InvalidArgument.
    """
    statement = Aggregation(clear, reason.strip(), by.actor.pseudonym, by.clock.now())

    def work(tx: ReviewTx) -> Batch:
        return tx.batch.aggregated(statement)

    return change_batch(batch_id, work, by, batches, clear=clear)


def renew_suggestions(*, batch_id: str, by: Caller, desk: ReviewDesk) -> Batch:
    """Has every line suggested anew under the present rule table.

    Raises: OutOfScope, BatchNotReady, BulkUnderWay.
    """
    change_batch(batch_id, lambda tx: tx.batch.renewing(), by, desk.batches, rules=desk.terms.rules)
    return desk.batches.await_worker(batch_id, PATIENCE_S)


def freeze_batch(*, batch_id: str, by: Caller, desk: ReviewDesk) -> Batch:
    """Fixes the list under its root; both sides can stand behind it then.

    Raises: OutOfScope; UnitUnknown: another body is asked by now; ListChanged: somebody worked on it meanwhile; and as
    `Batch.frozen`.
    """
    today = legal_day(by.clock.now())
    seen, lines = desk.batches.whole(batch_id)
    seen.require_visible_to(by.actor)
    seen.require_reviewing()
    require_asked(seen, today, desk.registry, desk.fonds)
    frozen = seen.frozen(lines, rules=desk.terms.rules, on=today)

    def work(tx: ReviewTx) -> Batch:
        tx.batch.require_version(seen.version)
        require_asked(tx.batch, today, desk.registry, desk.fonds)
        return frozen

    return change_batch(batch_id, work, by, desk.batches)


def reopen_batch(*, batch_id: str, reason: str, by: Caller, batches: Batches) -> Batch:
    """Back to review; signatures and opinions are void, which the record says.

    Raises: OutOfScope, BatchNotReady, InvalidArgument.
    """
    require_reason(reason.strip())

    def work(tx: ReviewTx) -> Batch:
        before = tx.batch
        tx.void_letters()
        tx.record(void_event(before, by))
        return before.reopened()

    return change_batch(batch_id, work, by, batches)


def sign_batch(*, request_id: str, batch_id: str, side: Side, root: str, by: Caller, desk: ReviewDesk) -> Batch:
    """Signs the frozen list for one side. The key is used outside the transaction, the result checked inside.

    Raises: BatchNotReady, RulesChanged, WrongSide, OutOfScope, ListChanged, Unavailable; SameSigner: with whom to
    borrow.
    """
    batch = desk.batches.get(batch_id)
    batch.require_visible_to(by.actor)
    batch.require_rules(desk.terms.rules)
    naming_lenders(batch, desk.registry, lambda: batch.require_signable(side, root, by.actor))
    signature = desk.signer.sign(
        request_id=request_id,
        batch=batch,
        side=side,
        pseudonym=by.actor.pseudonym,
        role=SIGNING_ROLE[side].value,
        unit_id=by.actor.unit_id,
    )

    def work(tx: ReviewTx) -> Batch:
        tx.batch.require_rules(desk.terms.rules)
        tx.batch.require_signable(side, root, by.actor)
        return tx.batch.signed(signature, by.actor)

    return change_batch(batch_id, work, by, desk.batches, side=side.value, root=root)


def publish_batch(*, batch_id: str, by: Caller, desk: ReviewDesk) -> Batch:
    """Confirms a reviewed batch in one transaction; chunks roll forward afterwards.

    Args: by: the director, or one lent by another archive; who signed a side or answers for its letter only where
    `separate_confirmer` is off.
    Raises: OutOfScope, BatchNotReady, RulesChanged, NotReviewed, ListChanged, SignatureBroken; UnitUnknown: another
    body is asked by now; SameSigner: with whom to borrow.
    """
    batch, stored_root = confirmed_list(batch_id, desk.batches)
    now = by.clock.now()
    loan = desk.loans.standing(by.actor, batch.archive_id, legal_day(now))
    batch.require_visible_to(by.actor, lent=loan is not None)

    def work(tx: ReviewTx) -> Batch:
        require_asked(tx.batch, legal_day(now), desk.registry, desk.fonds)
        separate = desk.terms.separate_confirmer
        tx.batch.require_rules(desk.terms.rules)
        after = tx.batch.published(stored_root, by=by.actor, at=now, separate=separate, loan=loan)
        tx.batch.require_version(batch.version)
        return after

    facts = {"loan": loan.loan_id} if loan else {}
    return naming_lenders(
        batch, desk.registry, lambda: change_batch(batch_id, work, by, desk.batches, lent=loan is not None, **facts)
    )


def confirmed_list(batch_id: str, batches: Batches) -> tuple[Batch, str]:
    """A batch and the root of its list as stored: hashed before the transaction, which then asks for its version.

    Raises: NotFound.
    """
    batch, lines = batches.whole(batch_id)
    return batch, list_root(listed_entries(lines))


def retract_record(*, record_id: str, rule: str, reason: str, by: Caller, records: Records) -> RecordFields:
    """Takes a published record back at once; its entry is replaced by one without descriptive content.

    Raises: NotFound, OutOfScope, InvalidArgument, NotPublished.
    """
    record = records.get(record_id)
    by.actor.require_archive(record["archive_id"])
    if rule not in DEFERRALS:
        raise InvalidArgument("rule", " | ".join(sorted(DEFERRALS)))
    require_reason(reason.strip())
    object_ = ObjectRef("record", record_id, record["region_id"], record["archive_id"])
    event = by.granted(object_, correlation_id=record["batch_id"] or "", facts={"rule": rule})
    return records.retract(record_id, rule=rule, reason=reason.strip(), on=legal_day(by.clock.now()), event=event)


def change_batch(
    batch_id: str,
    work: Callable[[ReviewTx], Batch],
    by: Caller,
    batches: Batches,
    *,
    lent: bool = False,
    **facts: str | int | bool,
) -> Batch:
    """One transaction: what becomes of the batch, and its audit event.

    Raises: NotFound, OutOfScope, and what `work` raises.
    """

    def transaction(tx: ReviewTx) -> Batch:
        tx.batch.require_visible_to(by.actor, lent=lent)
        after = work(tx)
        tx.put(after)
        tx.record(batch_event(after, by, **facts))
        return after

    return batches.within(batch_id, transaction)


def batch_event(batch: Batch, by: Caller, **facts: str | int | bool) -> AuditEvent:
    """What is recorded of a step with a batch."""
    stated = {"state": batch.state.value, "version": batch.version, **facts}
    return by.granted(_ref(batch), correlation_id=batch.batch_id, facts=stated)


def void_event(before: Batch, by: Caller) -> AuditEvent:
    """What is recorded of what stood behind a root that is no more."""
    return by.granted(
        _ref(before),
        action="batch.void",
        correlation_id=before.batch_id,
        facts={"root": before.root, "signatures": len(before.signatures), "opinion": before.evidence is not None},
    )


def _of_plan(wanted: Wanted, archive: Archive, plans: Plans) -> Wanted:
    if not wanted.plan_id:
        return wanted
    plan = plans.get(wanted.plan_id)
    if plan.archive_id != archive.archive_id:
        raise InvalidArgument("plan_id", "a plan of the archive")
    return replace(wanted, filter=plan.row(wanted.plan_row).filter)


def _fonds(archive: Archive, wanted: Wanted, on: date, history: FondsHistory) -> tuple[str, ...]:
    """The fonds to gather from: those named, or all for which the unit is asked."""
    asked = asked_units(archive, history, on)
    fitting = {code for code, standing in asked.items() if standing == standing_of(wanted.unit_id)}
    named = set(wanted.filter.fonds)
    if named - asked.keys():
        raise InvalidArgument("fonds", "fonds of the archive")
    if named - fitting and not wanted.plan_id:
        raise UnitUnknown("of a fonds that was named", metadata={"fonds": ",".join(sorted(named - fitting))})
    return tuple(sorted(named & fitting if named else fitting))


def naming_lenders(batch: Batch, registry: Registry, step: Callable[[], T]) -> T:
    """Lets a refusal for want of people say whose director can be borrowed."""
    try:
        return step()
    except SameSigner as refused:
        lenders = whom_to_borrow(registry.archive(batch.archive_id), registry.region(batch.region_id))
        told = {"lenders": ",".join(one.archive_id for one in lenders)}
        raise SameSigner(refused.detail, metadata=told) from refused


def _ref(batch: Batch) -> ObjectRef:
    return ObjectRef("batch", batch.batch_id, batch.region_id, batch.archive_id)
