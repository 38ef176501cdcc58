"""What waits without a list: deferrals that are due again, candidates for early opening; and what opened early."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from services.portal.entrypoints.archive import cell, csv_rows, staff
from services.portal.entrypoints.review.shared import At, unit_name
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import issues_pb2

router = APIRouter()
_COLUMNS = ("code", "title.column", "creator", "date", "opened_on", "rule", "class", "reason")


@router.get("/rereviews")
def rereviews(at: At) -> Response:
    """Deferrals whose re-evaluation is due, by the body that is asked; a button gathers each into a list."""
    return _waiting(at, "review/rereviews.html", "rereviews.title")


@router.get("/early")
def early(at: At, page: str = "") -> Response:
    """Records that may open before their term, and those that did."""
    person, province = staff(at)
    asked = issues_pb2.ListEarlyOpeningsRequest(archive_id=person.archive_id, page_token=page)
    return _waiting(at, "review/early.html", "early.title", found=at.call(province.issues.ListEarlyOpenings, asked))


@router.get("/early.csv")
def early_rows(at: At) -> Response:
    """All of the latter, for a spreadsheet; what is read is sent on, however many there are."""
    person, province = staff(at)

    def read(token: str) -> issues_pb2.ListEarlyOpeningsResponse:
        asked = issues_pb2.ListEarlyOpeningsRequest(archive_id=person.archive_id, page_size=100, page_token=token)
        found: issues_pb2.ListEarlyOpeningsResponse = at.call(province.issues.ListEarlyOpenings, asked)
        return found

    first = read("")  # a refusal is a page, not a broken download

    def parts() -> Iterator[str]:
        page = first
        yield "\ufeff" + csv_rows([[at.t(f"early.{name}") for name in _COLUMNS]])
        yield csv_rows(_row(at, one) for one in page.openings)
        while page.next_page_token:
            page = read(page.next_page_token)
            yield csv_rows(_row(at, one) for one in page.openings)

    headers = {"Content-Disposition": 'attachment; filename="early-openings.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(parts(), media_type="text/csv; charset=utf-8", headers=headers)


def _row(at: Visit, one: issues_pb2.EarlyOpening) -> list[str]:
    entry, name = one.entry, f"class.{one.early_class}"
    said = at.t(name) if one.early_class and at.t.has(name) else ""
    told = (entry.reference_code, entry.title, entry.creator, entry.date.raw)
    return [*map(cell, told), entry.opened_on, entry.rule, said, cell(one.reason)]


def _waiting(at: Visit, template: str, title: str, **values: Any) -> Response:
    person, province = staff(at)
    found = at.call(province.issues.CountWaiting, issues_pb2.CountWaitingRequest(archive_id=person.archive_id)).waiting
    return at.page(
        template,
        at.t(title),
        waiting=found,
        unit_name=lambda unit_id: unit_name(at, person.archive_id, unit_id),
        archive=at.archive(person.archive_id),
        new_key=at.site.ids.new,
        **values,
    )
