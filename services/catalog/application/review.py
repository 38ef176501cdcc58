"""The opening review: gather, decide, sign on both sides, publish, retract (Archives Law 27, 30; Measures 13-15)."""

from collections.abc import Callable, Sequence

from services.catalog.application.review_ports import Batches, RecordFields, Records, Signer
from services.catalog.domain.batch_errors import NothingToReview
from services.catalog.domain.batches import SIGNING_ROLE, Batch, Decision, Entry, Side, State
from services.catalog.domain.rules import DEFERRALS, RULE_VERSION
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument
from services.common.domain.registry import Archive

MAX_BATCH = 50_000
MAX_DECIDED = 500
MAX_REASON = 500
_GATHER_PATIENCE_S = 8.0


def create_batch(
    *, batch_id: str, archive: Archive, unit_id: str, limit: int, by: Caller, batches: Batches, records: Records
) -> Batch:
    """Gathers unreviewed, eligible records of one archive and unit into a frozen list; all are proposed to open.

    Raises: OutOfScope; InvalidArgument: no such unit; NothingToReview.
    """
    by.actor.require_archive(archive.archive_id)
    if unit_id and unit_id not in {unit.unit_id for unit in archive.units}:
        raise InvalidArgument("unit_id", "a unit of the archive, or empty where none exists")
    if limit > MAX_BATCH:
        raise InvalidArgument("limit", f"at most {MAX_BATCH}")
    now = by.clock.now()
    if not records.any_reviewable(archive.archive_id, unit_id, legal_day(now)):
        raise NothingToReview(unit_id)
    batch = Batch(
        batch_id=batch_id,
        region_id=archive.region_id,
        archive_id=archive.archive_id,
        unit_id=unit_id,
        state=State.GATHERING,
        created_at=now,
        created_by=by.actor.pseudonym,
        rule_version=RULE_VERSION,
        limit=limit or MAX_BATCH,
    )
    batches.create(batch, by.granted(_ref(batch), correlation_id=batch_id))
    return batches.await_gathered(batch_id, _GATHER_PATIENCE_S)


def decide_records(
    *,
    batch_id: str,
    record_ids: Sequence[str],
    decision: Decision,
    rule: str,
    reason: str,
    by: Caller,
    batches: Batches,
) -> Batch:
    """Proposes open or deferred for some records; signatures given before are void.

    Raises: OutOfScope, InvalidArgument, BatchNotReady, NotFound.
    """
    batches.get(batch_id).require_visible_to(by.actor)
    if not 0 < len(record_ids) <= MAX_DECIDED:
        raise InvalidArgument("record_ids", f"1 to {MAX_DECIDED}")
    if decision is Decision.DEFER and rule not in DEFERRALS:
        raise InvalidArgument("rule", " | ".join(sorted(DEFERRALS)))
    if decision is Decision.DEFER and not reason.strip():
        raise InvalidArgument("reason", "the reason for deferring")
    if len(reason) > MAX_REASON:
        raise InvalidArgument("reason", f"at most {MAX_REASON} characters")
    applied = rule if decision is Decision.DEFER else "O1"
    return batches.decide(
        batch_id, record_ids, decision, applied, reason.strip(), _event(by, count=len(record_ids), rule=applied)
    )


def sign_batch(
    *, request_id: str, batch_id: str, side: Side, root: str, by: Caller, batches: Batches, signer: Signer
) -> Batch:
    """Signs the frozen list for one side. The key is used outside the transaction, the result checked inside.

    Raises: BatchNotReady, WrongSide, OutOfScope, SameSigner, ListChanged, Unavailable.
    """
    batch = batches.get(batch_id)
    batch.require_visible_to(by.actor)
    batch.require_signable(side, root, by.actor)
    role = SIGNING_ROLE[side].value
    signature = signer.sign(
        request_id=request_id,
        batch=batch,
        side=side,
        pseudonym=by.actor.pseudonym,
        role=role,
        unit_id=by.actor.unit_id,
    )

    def work(current: Batch, _: Callable[[], Sequence[Entry]]) -> Batch:
        current.require_signable(side, root, by.actor)
        return current.signed(signature, by.actor)

    return batches.change(batch_id, work, _event(by, side=side.value, root=root))


def publish_batch(*, batch_id: str, by: Caller, batches: Batches) -> Batch:
    """Decides the publication of a reviewed batch in one transaction; chunks roll forward afterwards.

    Args: by: the director, who must have signed neither side (project rule, no article).
    Raises: OutOfScope, BatchNotReady, NotReviewed, SameSigner, ListChanged, SignatureBroken.
    """

    def work(batch: Batch, entries: Callable[[], Sequence[Entry]]) -> Batch:
        return batch.publish(entries(), by=by.actor, at=by.clock.now())

    batches.get(batch_id).require_visible_to(by.actor)
    return batches.change(batch_id, work, _event(by))


def retract_record(*, record_id: str, rule: str, reason: str, by: Caller, records: Records) -> RecordFields:
    """Takes a published record back at once; its entry is replaced by one without descriptive content.

    Raises: NotFound, OutOfScope, InvalidArgument, NotPublished.
    """
    record = records.get(record_id)
    by.actor.require_archive(record["archive_id"])
    if rule not in DEFERRALS:
        raise InvalidArgument("rule", " | ".join(sorted(DEFERRALS)))
    if not 0 < len(reason.strip()) <= MAX_REASON:
        raise InvalidArgument("reason", f"1 to {MAX_REASON} characters")
    object_ = ObjectRef("record", record_id, record["region_id"], record["archive_id"])
    event = by.granted(object_, correlation_id=record["batch_id"] or "", facts={"rule": rule})
    return records.retract(record_id, rule=rule, reason=reason.strip(), on=legal_day(by.clock.now()), event=event)


def _event(by: Caller, **facts: str | int) -> Callable[[Batch], AuditEvent]:
    def event(batch: Batch) -> AuditEvent:
        return by.granted(
            _ref(batch),
            correlation_id=batch.batch_id,
            facts={"state": batch.state.value, "version": batch.version, **facts},
        )

    return event


def _ref(batch: Batch) -> ObjectRef:
    return ObjectRef("batch", batch.batch_id, batch.region_id, batch.archive_id)
