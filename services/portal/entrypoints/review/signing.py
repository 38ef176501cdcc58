"""From a reviewed list to its publication: the look at the whole, freezing, both sides, the confirmer; and back."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import TongdangError
from services.common.domain.registry import Archive
from services.portal.domain.differences import differences
from services.portal.domain.person import Person
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import LONG_S, At, Form, batch_page, load, refused, text, whole
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import issues_pb2, lines_pb2, review_pb2

router = APIRouter(prefix="/batches/{batch_id}")
_SIGNABLE = (review_pb2.BATCH_STATE_READY, review_pb2.BATCH_STATE_PARTLY_SIGNED)
_CANCELLABLE = (
    review_pb2.BATCH_STATE_GATHERING,
    review_pb2.BATCH_STATE_REVIEW,
    *_SIGNABLE,
    review_pb2.BATCH_STATE_SIGNED,
)
RESULTS = {"clear": review_pb2.AGGREGATION_RESULT_CLEAR, "concern": review_pb2.AGGREGATION_RESULT_CONCERN}


@router.get("/signatures")
def signatures(at: At, batch_id: str) -> Response:
    """What is to be signed, who has signed, and what this person may do next."""
    return _signatures(at, batch_id, {}, {})


@router.post("/aggregation")
def aggregate(at: At, batch_id: str, fields: Form) -> Response:
    """States whether the records together tell more than each alone."""
    asked = review_pb2.StateAggregationRequest(
        request_id=text(fields, "key"),
        batch_id=batch_id,
        result=RESULTS.get(text(fields, "result"), review_pb2.AGGREGATION_RESULT_UNSPECIFIED),
        reason=text(fields, "reason"),
    )
    return _act(at, batch_id, "StateAggregation", asked, fields, "aggregation-reason")


@router.post("/renew")
def renew(at: At, batch_id: str, fields: Form) -> Response:
    """Suggests anew under the present rule table."""
    asked = review_pb2.RenewSuggestionsRequest(request_id=text(fields, "key"), batch_id=batch_id)
    return _act(at, batch_id, "RenewSuggestions", asked, fields)


@router.post("/freeze")
def freeze(at: At, batch_id: str, fields: Form) -> Response:
    """Freezes the list."""
    asked = review_pb2.FreezeBatchRequest(request_id=text(fields, "key"), batch_id=batch_id)
    return _act(at, batch_id, "FreezeBatch", asked, fields)


@router.post("/reopen")
def reopen(at: At, batch_id: str, fields: Form) -> Response:
    """Back to review; what was signed is void."""
    asked = review_pb2.ReopenBatchRequest(
        request_id=text(fields, "key"), batch_id=batch_id, reason=text(fields, "reason")
    )
    return _act(at, batch_id, "ReopenBatch", asked, fields, "reopen-reason")


@router.post("/cancel")
def cancel(at: At, batch_id: str, fields: Form) -> Response:
    """Gives the list up; what was decided, ticked and signed on it counts no more."""
    asked = review_pb2.CancelBatchRequest(
        request_id=text(fields, "key"), batch_id=batch_id, reason=text(fields, "reason")
    )
    return _act(at, batch_id, "CancelBatch", asked, fields, "cancel-reason")


@router.post("/sign")
def sign(at: At, batch_id: str, fields: Form) -> Response:
    """Signs the list that was shown."""
    asked = review_pb2.SignBatchRequest(
        request_id=text(fields, "key"),
        batch_id=batch_id,
        side=whole(text(fields, "side")),  # type: ignore[arg-type]  # the service judges it
        root=text(fields, "root"),
    )
    return _act(at, batch_id, "SignBatch", asked, fields)


@router.post("/publish")
def publish(at: At, batch_id: str, fields: Form) -> Response:
    """The confirmer decides."""
    asked = review_pb2.PublishBatchRequest(request_id=text(fields, "key"), batch_id=batch_id)
    return _act(at, batch_id, "PublishBatch", asked, fields)


@router.post("/schedule")
def schedule(at: At, batch_id: str, fields: Form) -> Response:
    """The confirmer decides for one of the next issues."""
    asked = issues_pb2.ScheduleBatchRequest(
        request_id=text(fields, "key"), batch_id=batch_id, publish_on=text(fields, "publish_on")
    )
    return _act(at, batch_id, "ScheduleBatch", asked, fields, "publish_on", "issues")


@router.post("/unschedule")
def unschedule(at: At, batch_id: str, fields: Form) -> Response:
    """Takes that back."""
    asked = issues_pb2.UnscheduleBatchRequest(request_id=text(fields, "key"), batch_id=batch_id)
    return _act(at, batch_id, "UnscheduleBatch", asked, fields, service="issues")


def _act(
    at: Visit,
    batch_id: str,
    method: str,
    asked: Any,
    fields: dict[str, Any],
    where: str = "act",
    service: str = "review",
) -> Response:
    at.check_form(fields)
    _, province = staff(at)
    try:
        at.call(getattr(getattr(province, service), method), asked, timeout_s=LONG_S)
    except TongdangError as problem:
        lenders = [one for one in problem.metadata.get("lenders", "").split(",") if one]
        errors = refused(at, problem)
        if problem.violations and "act" not in errors:
            errors = {where: next(iter(errors.values()))}
        return _signatures(at, batch_id, errors, fields, lenders)
    return at.to(f"/archive/batches/{batch_id}/signatures")


def _signatures(
    at: Visit, batch_id: str, errors: dict[str, str], typed: dict[str, Any], lenders: list[str] | None = None
) -> Response:
    person, province = staff(at)
    batch = load(at, batch_id)
    groups = at.call(province.lines.ListGroups, lines_pb2.ListGroupsRequest(batch_id=batch_id)).groups
    return batch_page(
        at,
        batch,
        "review/signatures.html",
        errors=errors,
        typed=typed,
        tab="signatures",
        side=open_side(batch, person),
        may_confirm=may_confirm(batch, person),
        may_cancel=may_cancel(batch, person),
        issue_days=_issue_days(at, batch, person),
        differences=differences(groups),
        lenders=_lenders(at, batch, lenders),
        borrowed=_borrowed(at, batch, person),
    )


def open_side(batch: Any, person: Person) -> int:
    """The side this person may sign for now; 0 for none. One's own earlier part excludes one."""
    signed = {signature.side for signature in batch.signatures}
    if batch.state not in _SIGNABLE or batch.rules_outdated or person.pseudonym in parts_taken(batch):
        return 0
    if "reviewer" in person.roles and person.archive_id == batch.archive_id:
        if review_pb2.SIDE_ARCHIVE not in signed:
            return review_pb2.SIDE_ARCHIVE
        return review_pb2.SIDE_ARCHIVE_SECOND if batch.archive_alone else 0
    if "unit_officer" in person.roles and not batch.archive_alone and person.unit_id == batch.unit_id:
        has_opinion = batch.HasField("opinion") or review_pb2.SIDE_CREATING_UNIT in signed
        return 0 if has_opinion else review_pb2.SIDE_CREATING_UNIT
    return 0


def may_confirm(batch: Any, person: Person) -> bool:
    """Whether the confirmation is offered; a confirmer of their own must have had no part in what was signed."""
    if batch.state != review_pb2.BATCH_STATE_SIGNED or batch.rules_outdated or "director" not in person.roles:
        return False
    return not batch.separate_confirmer or person.pseudonym not in parts_taken(batch)


def may_cancel(batch: Any, person: Person) -> bool:
    """Whether giving the list up is offered: to a director of the archive, and to who gathered it."""
    if batch.state not in _CANCELLABLE or person.archive_id != batch.archive_id:
        return False
    return "director" in person.roles or ("reviewer" in person.roles and person.pseudonym == batch.created_by)


def _issue_days(at: Visit, batch: Any, person: Person) -> list[str]:
    """Days the confirmation can be given for; none where it is not offered."""
    if not may_confirm(batch, person):
        return []
    _, province = staff(at)
    asked = issues_pb2.GetIssuePlanRequest(archive_id=batch.archive_id)
    return list(at.call(province.issues.GetIssuePlan, asked).next_days)


def parts_taken(batch: Any) -> set[str]:
    """Who signed, entered or checked."""
    taken = {signature.pseudonym for signature in batch.signatures}
    return (taken | {batch.opinion.entered_by, batch.opinion.checked_by}) - {""}


def _borrowed(at: Visit, batch: Any, person: Person) -> list[Archive]:
    """Archives whose director may confirm today; only people of the borrower are told."""
    if batch.state != review_pb2.BATCH_STATE_SIGNED or "unit_officer" in person.roles:
        return []
    if person.archive_id != batch.archive_id:
        return []
    _, province = staff(at)
    today = at.today().isoformat()
    loans = at.call(province.review.ListLoans, review_pb2.ListLoansRequest(archive_id=batch.archive_id)).loans
    valid = {
        loan.lender_archive_id
        for loan in loans
        if loan.borrower_archive_id == batch.archive_id and loan.valid_from <= today <= loan.valid_until
    }
    return [archive for archive in map(at.archive, sorted(valid)) if archive is not None]


def _lenders(at: Visit, batch: Any, named: list[str] | None) -> list[Archive]:
    """Whom a confirmer could be borrowed from: as the refusal names them, else the region's other archives."""
    if named:
        return [archive for archive in map(at.archive, named) if archive is not None]
    person, _ = staff(at)
    region = at.site.backends.registry.region(person.region_id)
    return [archive for archive in region.archives if archive.archive_id != batch.archive_id]
