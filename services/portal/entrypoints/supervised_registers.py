"""Deferral registers at the regulator's door: counts of each archive, and reports, opened with a reason."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.common.domain.errors import Kind, NotFound, TongdangError
from services.portal.adapters.backends import Province
from services.portal.entrypoints.registers.deferrals import download
from services.portal.entrypoints.visit import Visit, form, visit
from tongdang.catalog.v1 import deferrals_pb2

router = APIRouter(prefix="/supervision/registers")
At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]


@router.get("")
def regions(at: At) -> Response:
    """Which province's."""
    at.require(lambda person: person.is_regulator)
    return at.page("registers/regions.html", at.t("registers.title"))


@router.get("/{region_id}")
def region(at: At, region_id: str, page: str = "", archive: str = "") -> Response:
    """Counts of every archive, those with most overdue first, and the reports."""
    return _region(at, region_id, page, archive, {}, {})


@router.post("/{region_id}/{report_id}/open")
def open_report(at: At, region_id: str, report_id: str, fields: Form) -> Response:
    """The reason first; then the report's counts and its file."""
    province = _province(at, region_id)
    at.check_form(fields)
    purpose = str(fields.get("purpose", ""))
    asked = deferrals_pb2.OpenReportRequest(report_id=report_id, purpose=purpose)
    try:
        opened = at.call(province.supervised.OpenReport, asked)
    except TongdangError as problem:
        if problem.kind is not Kind.INVALID:
            raise
        errors = {f"purpose-{report_id}": at.t("trail.error.purpose")}
        return _region(at, region_id, "", "", errors, {"report": report_id, "purpose": purpose})
    return at.page(
        "registers/opened.html",
        at.t("report.title"),
        opened=opened,
        report=opened.report,
        region_id=region_id,
        archive=at.archive(opened.report.archive_id),
        names=at.names({opened.report.made_by, opened.report.secrets.entered_by}),
    )


@router.get("/{region_id}/looks/{look_id}.csv")
def report_file(at: At, region_id: str, look_id: str) -> Response:
    """The file of a report that this person opened within the hour."""
    province = _province(at, region_id)

    def read(offset: int) -> bytes:
        asked = deferrals_pb2.ReadOpenedReportRequest(look_id=look_id, offset=offset)
        return bytes(at.call(province.supervised.ReadOpenedReport, asked).content)

    return download(look_id, read)


def _province(at: Visit, region_id: str) -> Province:
    at.require(lambda person: person.is_regulator)
    if region_id not in {one.region_id for one in at.site.backends.registry.regions}:
        raise NotFound("region")
    return at.site.backends.province(region_id)


def _region(
    at: Visit, region_id: str, page: str, archive_id: str, errors: dict[str, str], typed: dict[str, str]
) -> Response:
    province = _province(at, region_id)
    summary = at.call(
        province.supervised.SummariseRegisters, deferrals_pb2.SummariseRegistersRequest(region_id=region_id)
    ).archives
    asked = deferrals_pb2.ListSubmittedReportsRequest(region_id=region_id, archive_id=archive_id, page_token=page)
    found = at.call(province.supervised.ListSubmittedReports, asked)
    return at.page(
        "registers/region.html",
        (at.t("error.prefix") if errors else "") + at.t("registers.title"),
        status=422 if errors else 200,
        region_id=region_id,
        summary=summary,
        found=found,
        archive_id=archive_id,
        archive_of=at.archive,
        names=at.names({one.made_by for one in found.reports}),
        errors=errors,
        typed=typed,
    )
