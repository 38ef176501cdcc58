"""The text of a record at the archive's door: entering it, its state, taking it back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.common.domain.errors import Kind, TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.visit import Visit, form, visit
from tongdang.catalog.v1 import review_pb2, text_pb2

router = APIRouter(prefix="/archive/records/{record_id}/text")
At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]
MAX_BYTES = 64 * 1024
_FOR_THE_PAGE = frozenset({Kind.INVALID, Kind.PRECONDITION})


@router.get("")
def text(at: At, record_id: str) -> Response:
    """Where it stands, and its words."""
    return _page(at, record_id, {})


@router.post("")
def enter(at: At, record_id: str, fields: Form) -> Response:
    """Hands the file on without letting it touch a disk here."""
    _, province = staff(at)
    at.check_form(fields)
    file = fields.get("file")
    content = file.file.read() if file is not None and hasattr(file, "file") else b""
    if len(content) > MAX_BYTES:
        return _page(at, record_id, {"file": at.t("error.TEXT_TOO_LONG", max_bytes=str(MAX_BYTES))})
    asked = text_pb2.EnterTextRequest(request_id=str(fields.get("key", "")), record_id=record_id, content=content)
    try:
        at.call(province.texts.EnterText, asked)
    except TongdangError as problem:
        key = f"error.{problem.code}"
        if problem.kind not in _FOR_THE_PAGE or not at.t.has(key):
            raise
        return _page(at, record_id, {"file": at.t(key, **problem.metadata)})
    return at.to(f"/archive/records/{record_id}/text")


@router.post("/withdraw")
def withdraw(at: At, record_id: str, fields: Form) -> Response:
    """Takes it back; the form names rule and reason, the box confirms."""
    _, province = staff(at)
    at.check_form(fields)
    reason = str(fields.get("reason", "")).strip()
    if not fields.get("confirm") or not reason:
        return _page(at, record_id, {"reason": at.t("retract.error")})
    asked = text_pb2.WithdrawTextRequest(
        request_id=str(fields.get("key", "")), record_id=record_id, rule=str(fields.get("rule", "")), reason=reason
    )
    at.call(province.texts.WithdrawText, asked)
    return at.to(f"/archive/records/{record_id}/text")


def _page(at: Visit, record_id: str, errors: dict[str, str]) -> Response:
    _, province = staff(at)
    record = at.call(province.review.GetRecord, review_pb2.GetRecordRequest(record_id=record_id)).record
    try:
        found = at.call(province.texts.GetText, text_pb2.GetTextRequest(record_id=record_id)).text
    except TongdangError as problem:
        if problem.kind is not Kind.NOT_FOUND:
            raise
        found = None
    return at.page(
        "staff_text.html",
        (at.t("error.prefix") if errors else "") + at.t("text.title"),
        status=422 if errors else 200,
        record=record,
        text=found,
        names=at.names({found.entered_by}) if found else {},
        key=at.site.ids.new(),
        errors=errors,
    )
