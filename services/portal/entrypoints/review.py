"""The opening review at the archive's door."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.common.domain.errors import Kind, TongdangError
from services.portal.domain.person import Person
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.visit import Visit, form, visit
from tongdang.catalog.v1 import lines_pb2, review_pb2

router = APIRouter(prefix="/archive/batches")
At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]


@router.get("")
def batches(at: At, page: str = "") -> Response:
    """Batches of the archive; a reviewer may gather another."""
    return _batches(at, page, {})


@router.post("")
def create(at: At, fields: Form) -> Response:
    """Gathers what may open."""
    person, province = staff(at)
    at.check_form(fields)
    limit = str(fields.get("limit", "")).strip()
    asked = review_pb2.CreateBatchRequest(
        request_id=str(fields.get("key", "")),
        archive_id=person.archive_id,
        unit_id=str(fields.get("unit", "")),
        limit=int(limit) if limit.isdigit() else 0,
    )
    try:
        batch = at.call(province.review.CreateBatch, asked, timeout_s=30).batch
    except TongdangError as problem:
        if problem.kind is not Kind.PRECONDITION:
            raise
        return _batches(at, "", {"unit": at.t(f"error.{problem.code}")})
    return at.to(f"/archive/batches/{batch.batch_id}")


@router.get("/{batch_id}")
def batch(at: At, batch_id: str, page: str = "") -> Response:
    """The list, its rule, its signatures, and what this person may do."""
    return _batch(at, batch_id, page, {})


@router.post("/{batch_id}/decide")
def decide(at: At, batch_id: str, fields: Form) -> Response:
    """Decides ticked records, each as it was shown."""
    _, province = staff(at)
    at.check_form(fields)
    opening = fields.get("decision") == "open"
    verdict = lines_pb2.Verdict(
        decision=lines_pb2.DECISION_OPEN if opening else lines_pb2.DECISION_DEFER,
        rule="O1" if opening else str(fields.get("rule", "")),
        reason=str(fields.get("reason", "")),
    )
    asked = lines_pb2.DecideLinesRequest(
        request_id=str(fields.get("key", "")), batch_id=batch_id, lines=_seen(fields), verdict=verdict
    )
    return _act(at, batch_id, province.lines.DecideLines, asked)


@router.post("/{batch_id}/secrecy")
def secrecy(at: At, batch_id: str, fields: Form) -> Response:
    """Ticks every record of the page that was shown."""
    _, province = staff(at)
    at.check_form(fields)
    asked = lines_pb2.ReviewSecrecyRequest(
        request_id=str(fields.get("key", "")), batch_id=batch_id, record_ids=fields["shown_id[]"]
    )
    return _act(at, batch_id, province.lines.ReviewSecrecy, asked)


@router.post("/{batch_id}/freeze")
def freeze(at: At, batch_id: str, fields: Form) -> Response:
    """States what the list as a whole gives away, and fixes it."""
    _, province = staff(at)
    at.check_form(fields)
    stated = review_pb2.StateAggregationRequest(
        request_id=str(fields.get("key", "")),
        batch_id=batch_id,
        result=review_pb2.AGGREGATION_RESULT_CLEAR,
        reason=str(fields.get("reason", "")),
    )
    asked = review_pb2.FreezeBatchRequest(request_id=str(fields.get("freeze_key", "")), batch_id=batch_id)
    return _act(at, batch_id, province.review.StateAggregation, stated, province.review.FreezeBatch, asked)


@router.post("/{batch_id}/sign")
def sign(at: At, batch_id: str, fields: Form) -> Response:
    """Signs the list that was shown."""
    _, province = staff(at)
    at.check_form(fields)
    side = str(fields.get("side", "0"))
    asked = review_pb2.SignBatchRequest(
        request_id=str(fields.get("key", "")),
        batch_id=batch_id,
        side=int(side) if side.isdigit() else 0,  # type: ignore[arg-type]  # the service judges it
        root=str(fields.get("root", "")),
    )
    return _act(at, batch_id, province.review.SignBatch, asked)


@router.post("/{batch_id}/publish")
def publish(at: At, batch_id: str, fields: Form) -> Response:
    """The director decides."""
    _, province = staff(at)
    at.check_form(fields)
    asked = review_pb2.PublishBatchRequest(request_id=str(fields.get("key", "")), batch_id=batch_id)
    return _act(at, batch_id, province.review.PublishBatch, asked)


def _seen(fields: dict[str, Any]) -> list[lines_pb2.SeenLine]:
    """Record ids that were ticked, each with the version of its line."""
    pairs = [str(one).partition("@") for one in fields["record_id[]"]]
    return [
        lines_pb2.SeenLine(record_id=record_id, version=int(version) if version.isdigit() else 0)
        for record_id, _, version in pairs
    ]


def _act(at: Visit, batch_id: str, *steps: Any) -> Response:
    """A refusal the person can do something about stands on the page. `steps`: methods, each with its request."""
    try:
        for method, asked in zip(steps[::2], steps[1::2], strict=True):
            at.call(method, asked, timeout_s=30)
    except TongdangError as problem:
        if problem.kind not in (Kind.PRECONDITION, Kind.CONFLICT, Kind.INVALID):
            raise
        key = f"error.{problem.code}"
        where = problem.violations[0].field if problem.violations else "act"
        message = at.t(key) if at.t.has(key) else at.t("error.INVALID_ARGUMENT")
        return _batch(at, batch_id, "", {where: message})
    return at.to(f"/archive/batches/{batch_id}")


def _batches(at: Visit, page: str, errors: dict[str, str]) -> Response:
    person, province = staff(at)
    asked = review_pb2.ListBatchesRequest(archive_id=person.archive_id, page_token=page)
    found = at.call(province.review.ListBatches, asked)
    return at.page(
        "batches.html",
        (at.t("error.prefix") if errors else "") + at.t("batches.title"),
        status=422 if errors else 200,
        found=found,
        archive=at.archive(person.archive_id),
        key=at.site.ids.new(),
        errors=errors,
    )


def _batch(at: Visit, batch_id: str, page: str, errors: dict[str, str]) -> Response:
    person, province = staff(at)
    found = at.call(province.review.GetBatch, review_pb2.GetBatchRequest(batch_id=batch_id)).batch
    lines = at.call(
        province.lines.ListLines,
        lines_pb2.ListLinesRequest(batch_id=batch_id, page_token=page),
    )
    people = {signature.pseudonym for signature in found.signatures} | {found.created_by, found.published_by}
    return at.page(
        "batch.html",
        (at.t("error.prefix") if errors else "") + at.t("batch.title", number=found.batch_id[-6:]),
        status=422 if errors else 200,
        batch=found,
        lines=lines,
        names=at.names(people),
        side=_open_side(found, person),
        keys=[at.site.ids.new() for _ in range(5)],
        errors=errors,
    )


def _open_side(batch: Any, person: Person) -> int:
    """The side this person may sign for now; 0 for none. One's own earlier signature excludes one."""
    signed = {signature.side for signature in batch.signatures}
    if any(signature.pseudonym == person.pseudonym for signature in batch.signatures) or not batch.root:
        return 0
    if batch.state not in (review_pb2.BATCH_STATE_READY, review_pb2.BATCH_STATE_PARTLY_SIGNED):
        return 0
    if "reviewer" in person.roles and review_pb2.SIDE_ARCHIVE not in signed:
        return review_pb2.SIDE_ARCHIVE
    if "reviewer" in person.roles and batch.archive_alone and review_pb2.SIDE_ARCHIVE_SECOND not in signed:
        return review_pb2.SIDE_ARCHIVE_SECOND
    if "unit_officer" in person.roles and not batch.archive_alone and review_pb2.SIDE_CREATING_UNIT not in signed:
        return review_pb2.SIDE_CREATING_UNIT
    return 0
