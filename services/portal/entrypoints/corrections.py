"""A correction of an open entry at the archive's door: proposing it, its state, giving it up."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.common.domain.errors import Kind, TongdangError
from services.portal.domain.correction import changes
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import text, whole
from services.portal.entrypoints.visit import Visit, form, visit
from tongdang.catalog.v1 import correction_pb2, review_pb2

router = APIRouter(prefix="/archive/records/{record_id}/correction")
At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]
_SUSPECTED = "CORRECTION_SECRET_SUSPECTED"
_FOR_THE_PAGE = frozenset({Kind.INVALID, Kind.PRECONDITION})


@router.get("")
def correction(at: At, record_id: str) -> Response:
    """Where the last proposal stands, and what it changes."""
    return _page(at, record_id, {}, {})


@router.post("")
def propose(at: At, record_id: str, fields: Form) -> Response:
    """Keeps the proposal; another that waits gives way to it."""
    _, province = staff(at)
    at.check_form(fields)
    pages = text(fields, "pages")
    if pages.strip("0") and not whole(pages):
        return _page(at, record_id, fields, {"pages": at.t("correction.error.pages")})
    asked = correction_pb2.ProposeCorrectionRequest(
        request_id=text(fields, "key"),
        record_id=record_id,
        title=text(fields, "title"),
        creator=text(fields, "creator"),
        date=text(fields, "date"),
        pages=whole(pages),
        reason=text(fields, "reason"),
    )
    try:
        at.call(province.corrections.ProposeCorrection, asked)
    except TongdangError as problem:
        typed = {} if problem.code == _SUSPECTED else fields  # what may be a secret is not told again
        return _page(at, record_id, typed, _refused(at, problem))
    return at.to(f"/archive/records/{record_id}/correction")


@router.post("/drop")
def drop(at: At, record_id: str, fields: Form) -> Response:
    """Gives the proposal up; the box confirms."""
    _, province = staff(at)
    at.check_form(fields)
    if not fields.get("confirm"):
        return _page(at, record_id, {}, {"confirm": at.t("correction.drop.error")})
    asked = correction_pb2.DropCorrectionRequest(request_id=text(fields, "key"), record_id=record_id)
    try:
        at.call(province.corrections.DropCorrection, asked)
    except TongdangError as problem:
        return _page(at, record_id, {}, _refused(at, problem))
    return at.to(f"/archive/records/{record_id}/correction")


def _refused(at: Visit, problem: TongdangError) -> dict[str, str]:
    """By field, else for the form as a whole.

    Raises: the problem itself, when the person can do nothing about it.
    """
    if problem.kind not in _FOR_THE_PAGE:
        raise problem
    keys = {one.field: f"correction.error.{one.field}" for one in problem.violations}
    keys = {field: key for field, key in keys.items() if at.t.has(key)} or {"act": f"error.{problem.code}"}
    return {field: at.t(key, **problem.metadata) for field, key in keys.items()}


def _page(at: Visit, record_id: str, typed: dict[str, Any], errors: dict[str, str]) -> Response:
    _, province = staff(at)
    record = at.call(province.review.GetRecord, review_pb2.GetRecordRequest(record_id=record_id)).record
    found = _last(at, record_id)
    waiting = found is not None and found.state == correction_pb2.CORRECTION_STATE_WAITING
    listed = waiting and bool(found.batch_id)
    return at.page(
        "staff_correction.html",
        (at.t("error.prefix") if errors else "") + at.t("correction.title"),
        status=422 if errors else 200,
        record=record,
        correction=found,
        waiting=waiting,
        listed=listed,
        changes=changes(record, found) if waiting else (),
        filled=typed or _present(found if waiting and not listed else record),
        names=at.names({found.proposed_by}) if found else {},
        new_key=at.site.ids.new,
        errors=errors,
    )


def _last(at: Visit, record_id: str) -> Any:
    """The last proposal about the record; None where there was none."""
    _, province = staff(at)
    asked = correction_pb2.GetCorrectionRequest(record_id=record_id)
    try:
        return at.call(province.corrections.GetCorrection, asked).correction
    except TongdangError as problem:
        if problem.kind is not Kind.NOT_FOUND:
            raise
        return None


def _present(said: Any) -> dict[str, str]:
    """What the form begins with: a proposal as it waits, else the record."""
    return {
        "title": said.title,
        "creator": said.creator,
        "date": said.date.raw,
        "pages": str(said.pages or ""),
        "reason": getattr(said, "reason", ""),  # a record has none
    }
