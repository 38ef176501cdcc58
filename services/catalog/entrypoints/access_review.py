"""Access table of the review's services: batches, lines, units' opinions, plans, fonds, texts, corrections."""

from typing import Any

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_PACKAGE = "/tongdang.catalog.v1."
_REVIEW = _PACKAGE + "ReviewService/"
_LINES = _PACKAGE + "LineService/"
_OPINIONS = _PACKAGE + "UnitOpinionService/"
_PLANS = _PACKAGE + "PlanService/"
_FONDS = _PACKAGE + "FondsService/"
_TEXTS = _PACKAGE + "TextService/"
_CORRECTIONS = _PACKAGE + "CorrectionService/"
_CALLERS = ("portal", "operator")
_STAFF = frozenset({Role.CLERK, Role.REVIEWER, Role.DIRECTOR, Role.UNIT_OFFICER})
_ARCHIVE = frozenset({Role.CLERK, Role.REVIEWER, Role.DIRECTOR})
_CLERK = frozenset({Role.CLERK})
_REVIEWER = frozenset({Role.REVIEWER})
_OFFICER = frozenset({Role.UNIT_OFFICER})
_DIRECTOR = frozenset({Role.DIRECTOR})
_LEADING = frozenset({Role.REVIEWER, Role.DIRECTOR})
_READ, _WRITE = Recording.CLOSED, Recording.WRITE


def _archive(request: Any) -> ObjectRef:
    return ObjectRef("archive", request.archive_id, archive_id=request.archive_id)


def _borrower(request: Any) -> ObjectRef:
    return ObjectRef("archive", request.borrower_archive_id, archive_id=request.borrower_archive_id)


def _fonds(request: Any) -> ObjectRef:
    return ObjectRef("fonds", f"{request.archive_id}/{request.fonds}", archive_id=request.archive_id)


def _record(request: Any) -> ObjectRef:
    return ObjectRef("record", request.record_id)


def _text(request: Any) -> ObjectRef:
    return ObjectRef("text", request.record_id)


def _correction(request: Any) -> ObjectRef:
    return ObjectRef("correction", request.record_id)


def _batch(request: Any) -> ObjectRef:
    return ObjectRef("batch", request.batch_id)


def _letter(request: Any) -> ObjectRef:
    return ObjectRef("letter", request.letter_id)


def _disagreement(request: Any) -> ObjectRef:
    return ObjectRef("disagreement", request.disagreement_id)


def _plan(request: Any) -> ObjectRef:
    return ObjectRef("plan", request.plan_id)


def _event(request: Any) -> ObjectRef:
    return ObjectRef("fonds-event", request.event_id)


def _batch_id(request: Any) -> str:
    return str(request.batch_id)


def _row(action: str, roles: frozenset[Role], recording: Recording, object_of: Any) -> Access:
    return Access(action, _CALLERS, roles, recording, object_of=object_of)


def _on_batch(action: str, roles: frozenset[Role], recording: Recording, object_of: Any = _batch) -> Access:
    return Access(action, _CALLERS, roles, recording, object_of=object_of, correlation_of=_batch_id)


REVIEW_ACCESS: AccessTable = {
    _REVIEW + "ListRecords": _row("record.list", _STAFF, _READ, _archive),
    _REVIEW + "GetRecord": _row("record.read", _STAFF, _READ, _record),
    _REVIEW + "CreateBatch": _row("batch.create", _REVIEWER, _WRITE, _archive),
    _REVIEW + "GetBatch": _on_batch("batch.read", _STAFF, _READ),
    _REVIEW + "ListBatches": _row("batch.list", _STAFF, _READ, _archive),
    _REVIEW + "StateAggregation": _on_batch("batch.state-aggregation", _REVIEWER, _WRITE),
    _REVIEW + "RenewSuggestions": _on_batch("batch.renew", _REVIEWER, _WRITE),
    _REVIEW + "FreezeBatch": _on_batch("batch.freeze", _REVIEWER, _WRITE),
    _REVIEW + "ReopenBatch": _on_batch("batch.reopen", _LEADING, _WRITE),
    _REVIEW + "CancelBatch": _on_batch("batch.cancel", _LEADING, _WRITE),
    _REVIEW + "SignBatch": _on_batch("batch.sign", _REVIEWER | _OFFICER, _WRITE),
    _REVIEW + "PublishBatch": _on_batch("batch.publish", _DIRECTOR, _WRITE),
    _REVIEW + "RetractRecord": _row("record.retract", _DIRECTOR, _WRITE, _record),
    _TEXTS + "EnterText": _row("text.enter", _CLERK, _WRITE, _text),
    _TEXTS + "GetText": _row("text.read", _ARCHIVE, _READ, _text),
    _TEXTS + "WithdrawText": _row("text.withdraw", _DIRECTOR, _WRITE, _text),
    _CORRECTIONS + "ProposeCorrection": _row("correction.propose", _CLERK, _WRITE, _correction),
    _CORRECTIONS + "GetCorrection": _row("correction.read", _ARCHIVE, _READ, _correction),
    _CORRECTIONS + "DropCorrection": _row("correction.drop", _CLERK, _WRITE, _correction),
    _REVIEW + "LendConfirmer": _row("confirmer.lend", _DIRECTOR, _WRITE, _borrower),
    _REVIEW + "ListLoans": _row("confirmer.list", _ARCHIVE, _READ, _archive),
    _LINES + "ListLines": _on_batch("batch.read-list", _STAFF, _READ),
    _LINES + "GetLine": _on_batch("batch.read-line", _STAFF, _READ, _record),
    _LINES + "ListGroups": _on_batch("batch.read-groups", _STAFF, _READ),
    _LINES + "DecideLines": _on_batch("batch.decide", _REVIEWER, _WRITE),
    _LINES + "PreviewMatching": _on_batch("batch.preview", _REVIEWER, _READ),
    _LINES + "DecideMatching": _on_batch("batch.decide-matching", _REVIEWER, _WRITE),
    _LINES + "ListActs": _on_batch("batch.list-acts", _REVIEWER, _READ),
    _LINES + "UndoAct": _on_batch("batch.undo", _REVIEWER, _WRITE),
    _LINES + "ReviewSecrecy": _on_batch("batch.review-secrecy", _REVIEWER, _WRITE),
    _OPINIONS + "ObjectLines": _on_batch("batch.object", _OFFICER, _WRITE),
    _OPINIONS + "GetLetterDraft": _on_batch("letter.draft", _ARCHIVE, _READ),
    _OPINIONS + "EnterUnitLetter": _on_batch("letter.enter", _REVIEWER, _WRITE),
    _OPINIONS + "CheckUnitLetter": _row("letter.check", _LEADING, _WRITE, _letter),
    _OPINIONS + "ListUnitLetters": _on_batch("letter.list", _STAFF, _READ),
    _OPINIONS + "ReadUnitLetter": _row("letter.read", _STAFF, _READ, _letter),
    _OPINIONS + "ListDisagreements": _row("disagreement.list", _STAFF, _READ, _archive),
    _OPINIONS + "RecordOutcome": _row("disagreement.settle", _DIRECTOR, _WRITE, _disagreement),
    _PLANS + "CreatePlan": _row("plan.create", _LEADING, _WRITE, _archive),
    _PLANS + "ChangePlan": _row("plan.change", _LEADING, _WRITE, _plan),
    _PLANS + "GetPlan": _row("plan.read", _ARCHIVE, _READ, _plan),
    _PLANS + "ListPlans": _row("plan.list", _ARCHIVE, _READ, _archive),
    _FONDS + "ListFonds": _row("fonds.list", _ARCHIVE, _READ, _archive),
    _FONDS + "RecordFondsEvent": _row("fonds.record", _ARCHIVE, _WRITE, _fonds),
    _FONDS + "AttestFondsEvent": _row("fonds.attest", _ARCHIVE, _WRITE, _event),
    _FONDS + "RecordScopeDecision": _row("fonds.decide-scope", _DIRECTOR, _WRITE, _fonds),
}
