"""The fulfilment desk at the archive's door."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.common.domain.errors import Kind, TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.visit import Visit, form, visit
from tongdang.catalog.v1 import desk_pb2

router = APIRouter(prefix="/archive/desk")
At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]
_PART = 512 * 1024
DECLINE_REASONS = ("NotHeld", "PoorCondition", "Restricted", "NotYetOpen", "Destroyed", "NotTransferred")


@router.get("")
def queue(at: At, closed: str = "", page: str = "") -> Response:
    """By what is due first."""
    person, province = staff(at)
    asked = desk_pb2.ListCasesRequest(archive_id=person.archive_id, include_closed=bool(closed), page_token=page)
    found = at.call(province.desk.ListCases, asked)
    names = at.names({case.handler for case in found.cases})
    return at.page("desk.html", at.t("desk.title"), found=found, closed=bool(closed), names=names)


@router.get("/{case_id}")
def case(at: At, case_id: str) -> Response:
    """One case with the applicant's details; opening them was recorded before this page left the province."""
    return _case(at, case_id, {})


@router.post("/{case_id}/accept")
def accept(at: At, case_id: str, fields: Form) -> Response:
    """Takes the case."""
    at.check_form(fields)
    _, province = staff(at)
    asked = desk_pb2.AcceptCaseRequest(request_id=str(fields.get("key", "")), case_id=case_id)
    return _act(at, case_id, province.desk.AcceptCase, asked)


@router.post("/{case_id}/scan")
def scan(at: At, case_id: str, fields: Form) -> Response:
    """Hands the scan to the vault without letting it touch a disk here."""
    at.check_form(fields)
    _, province = staff(at)
    file = fields.get("scan")
    content = file.file.read() if file is not None and hasattr(file, "file") else b""
    name = (getattr(file, "filename", "") or "")[:200]
    if not content:
        return _case(at, case_id, {"scan": at.t("error.SCAN_EMPTY")})

    def parts() -> Iterator[desk_pb2.AttachScanRequest]:
        header = desk_pb2.ScanHeader(request_id=str(fields.get("key", "")), case_id=case_id, file_name=name)
        yield desk_pb2.AttachScanRequest(header=header)
        for start in range(0, len(content), _PART):
            yield desk_pb2.AttachScanRequest(content=content[start : start + _PART])

    return _act(at, case_id, province.desk.AttachScan, parts(), where="scan")


@router.post("/{case_id}/deliver")
def deliver(at: At, case_id: str, fields: Form) -> Response:
    """Seals and delivers."""
    at.check_form(fields)
    _, province = staff(at)
    asked = desk_pb2.DeliverCaseRequest(request_id=str(fields.get("key", "")), case_id=case_id)
    return _act(at, case_id, province.desk.DeliverCase, asked)


@router.post("/{case_id}/decline")
def decline(at: At, case_id: str, fields: Form) -> Response:
    """Answers that there will be no copy, and why."""
    at.check_form(fields)
    _, province = staff(at)
    if not fields.get("confirm"):
        return _case(at, case_id, {"confirm": at.t("decline.error")})
    asked = desk_pb2.DeclineCaseRequest(
        request_id=str(fields.get("key", "")),
        case_id=case_id,
        reason=str(fields.get("reason", "")),
        note=str(fields.get("note", ""))[:500],
    )
    return _act(at, case_id, province.desk.DeclineCase, asked)


def _act(at: Visit, case_id: str, method: Any, asked: Any, where: str = "act") -> Response:
    try:
        at.call(method, asked, timeout_s=90)
    except TongdangError as problem:
        key = f"error.{problem.code}"
        if problem.kind in (Kind.FORBIDDEN, Kind.UNAUTHENTICATED, Kind.NOT_FOUND) or not at.t.has(key):
            raise
        return _case(at, case_id, {where: at.t(key)})
    return at.to(f"/archive/desk/{case_id}")


def _case(at: Visit, case_id: str, errors: dict[str, str]) -> Response:
    _, province = staff(at)
    found = at.call(province.desk.GetCase, desk_pb2.GetCaseRequest(case_id=case_id))
    return at.page(
        "case.html",
        (at.t("error.prefix") if errors else "") + at.t("case.title", number=found.case.request_number),
        status=422 if errors else 200,
        found=found,
        case=found.case,
        names=at.names({found.case.handler}),
        keys=[at.site.ids.new() for _ in range(4)],
        reasons=DECLINE_REASONS,
        errors=errors,
    )
