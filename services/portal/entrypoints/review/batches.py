"""Batches of an archive: gathering one, and one batch by its groups."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import LONG_S, At, Form, batch_page, load, refused, text, whole
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import lines_pb2, review_pb2

router = APIRouter(prefix="/batches")
_MATTERS = {
    "text": review_pb2.MATTER_TEXT,
    "rereview": review_pb2.MATTER_REREVIEW,
    "correction": review_pb2.MATTER_CORRECTION,
}


@router.get("")
def batches(at: At, page: str = "", archive: str = "", plan: str = "", row: int = 0) -> Response:
    """Batches of the archive, or of one that borrowed this director; a reviewer may gather another."""
    return _batches(at, page, archive, {"plan": plan, "row": str(row)}, {})


@router.post("")
def create(at: At, fields: Form) -> Response:
    """Gathers what may be reviewed."""
    at.check_form(fields)
    person, province = staff(at)
    asked = review_pb2.CreateBatchRequest(
        request_id=text(fields, "key"),
        archive_id=person.archive_id,
        unit_id=text(fields, "unit"),
        limit=whole(text(fields, "limit")),
        filter=gather_filter(fields),
        matter=_MATTERS.get(text(fields, "matter"), review_pb2.MATTER_OPENING),
        plan_id=text(fields, "plan"),
        plan_row=whole(text(fields, "row")),
    )
    try:
        batch = at.call(province.review.CreateBatch, asked, timeout_s=LONG_S).batch
    except TongdangError as problem:
        return _batches(at, "", "", fields, _nothing(at, problem, fields) or refused(at, problem, "unit"))
    return at.to(f"/archive/batches/{batch.batch_id}")


@router.get("/{batch_id}")
def batch(at: At, batch_id: str) -> Response:
    """Where it stands, who acts next, and its lines by group."""
    _, province = staff(at)
    groups = at.call(province.lines.ListGroups, lines_pb2.ListGroupsRequest(batch_id=batch_id)).groups
    return batch_page(at, load(at, batch_id), "review/groups.html", tab="groups", groups=groups)


def _nothing(at: Visit, problem: TongdangError, fields: dict[str, Any]) -> dict[str, str]:
    """What there is none of, where it is another matter than opening."""
    key = f"batches.nothing.{text(fields, 'matter')}"
    return {"unit": at.t(key)} if problem.code == "NOTHING_TO_REVIEW" and at.t.has(key) else {}


def gather_filter(fields: dict[str, Any], suffix: str = "") -> review_pb2.GatherFilter:
    """Fonds and years as typed; fonds are parted by blanks or commas."""
    years = [text(fields, f"{name}{suffix}") for name in ("year_from", "year_to")]
    begin, end = (int(year) if len(year) == 4 and year.isdecimal() else 0 for year in years)
    return review_pb2.GatherFilter(
        fonds=text(fields, f"fonds{suffix}").replace("，", " ").replace(",", " ").replace("、", " ").split(),
        year_from=begin,
        year_to=end,
        early=bool(fields.get(f"early{suffix}")),
        disclosed=bool(fields.get(f"disclosed{suffix}")),
    )


def _batches(at: Visit, page: str, archive_id: str, typed: dict[str, Any], errors: dict[str, str]) -> Response:
    person, province = staff(at)
    asked = review_pb2.ListBatchesRequest(
        archive_id=archive_id or person.archive_id, plan_id=text(typed, "plan"), page_token=page
    )
    found = at.call(province.review.ListBatches, asked)
    return at.page(
        "review/batches.html",
        (at.t("error.prefix") if errors else "") + at.t("batches.title"),
        status=422 if errors else 200,
        found=found,
        archive=at.archive(asked.archive_id),
        own=asked.archive_id == person.archive_id,
        key=at.site.ids.new(),
        typed=typed,
        errors=errors,
    )
