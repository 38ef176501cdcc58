"""The deferral register: listed, printed, counted, and reported to the authority."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from services.common.domain.errors import TongdangError
from services.portal.domain.register_query import GROUNDS, STANDINGS, RegisterQuery
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import LONG_S, PAGE, At, Form, refused, text, whole
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import deferrals_pb2

router = APIRouter(prefix="/deferrals")
_ON_PAPER = 1_000
"""Rows that the printable list holds; the report's file has them all."""
_STEP = 100


@router.get("")
def register(at: At, page: str = "") -> Response:
    """Deferred records by ground, fonds and standing; counts; reports."""
    return _register(at, page, {}, {})


@router.get("/print")
def printable(at: At) -> Response:
    """The list to be printed, with the line on what is kept outside."""
    person, province = staff(at)
    query = RegisterQuery.of(at.request.query_params)
    rows: list[Any] = []
    token = ""
    while len(rows) < _ON_PAPER:
        found = _listed(at, query, token, _STEP)
        rows.extend(found.deferrals)
        if not (token := found.next_page_token):
            break
    head = at.call(province.deferrals.GetRegister, deferrals_pb2.GetRegisterRequest(archive_id=person.archive_id))
    archive = at.archive(person.archive_id)
    values = {"query": query, "rows": rows, "cut": bool(token), "head": head, "archive": archive}
    return at.page("registers/print.html", at.t("register.title"), today=at.today().isoformat(), **values)


@router.post("/secrets")
def count_secrets(at: At, fields: Form) -> Response:
    """How many state secrets are kept outside, and when that was counted."""
    person, province = staff(at)
    asked = deferrals_pb2.RecordSecretsOutsideRequest(
        request_id=text(fields, "key"),
        archive_id=person.archive_id,
        count=whole(text(fields, "count")) if text(fields, "count").isdecimal() else -1,
        counted_on=text(fields, "counted_on"),
    )
    return _act(at, province.deferrals.RecordSecretsOutside, asked, fields)


@router.post("/reports")
def report(at: At, fields: Form) -> Response:
    """Freezes the register for the authority."""
    person, province = staff(at)
    asked = deferrals_pb2.ReportDeferralsRequest(request_id=text(fields, "key"), archive_id=person.archive_id)
    return _act(at, province.deferrals.ReportDeferrals, asked, fields)


@router.get("/reports/{report_id}.csv")
def report_file(at: At, report_id: str) -> Response:
    """The file of a report, as it was frozen."""
    _, province = staff(at)

    def read(offset: int) -> bytes:
        asked = deferrals_pb2.ReadReportRequest(report_id=report_id, offset=offset)
        return bytes(at.call(province.deferrals.ReadReport, asked).content)

    return download(report_id, read)


def download(report_id: str, read: Callable[[int], bytes]) -> Response:
    """A report's file, part by part; a refusal of the first part is a page, not a broken download."""
    first = read(0)

    def parts() -> Iterator[bytes]:
        content, offset = first, 0
        while content:
            yield content
            offset += len(content)
            content = read(offset)

    headers = {"Content-Disposition": f'attachment; filename="{report_id}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(parts(), media_type="text/csv; charset=utf-8", headers=headers)


def _act(at: Visit, method: Any, asked: Any, fields: dict[str, Any]) -> Response:
    at.check_form(fields)
    try:
        at.call(method, asked, timeout_s=LONG_S)
    except TongdangError as problem:
        return _register(at, "", refused(at, problem), fields)
    return at.to("/archive/deferrals")


def _listed(at: Visit, query: RegisterQuery, token: str, size: int = PAGE) -> Any:
    person, province = staff(at)
    asked = deferrals_pb2.ListDeferralsRequest(
        archive_id=person.archive_id,
        fonds=query.fonds,
        ground=query.ground,
        standing=STANDINGS[query.standing],  # type: ignore[arg-type]  # a value of the table
        page_size=size,
        page_token=token,
    )
    return at.call(province.deferrals.ListDeferrals, asked)


def _register(at: Visit, page: str, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    person, province = staff(at)
    query = RegisterQuery.of(at.request.query_params if at.request.method == "GET" else {})
    found = _listed(at, query, page)
    head = at.call(province.deferrals.GetRegister, deferrals_pb2.GetRegisterRequest(archive_id=person.archive_id))
    reports = at.call(
        province.deferrals.ListReports, deferrals_pb2.ListReportsRequest(archive_id=person.archive_id, page_size=5)
    ).reports
    people = {name for one in found.deferrals for name in one.signers} | {one.made_by for one in reports}
    return at.page(
        "registers/deferrals.html",
        (at.t("error.prefix") if errors else "") + at.t("register.title"),
        status=422 if errors else 200,
        found=found,
        head=head,
        reports=reports,
        query=query,
        grounds=GROUNDS,
        names=at.names(people | {head.secrets.entered_by}),
        new_key=at.site.ids.new,
        errors=errors,
        typed=typed,
    )
