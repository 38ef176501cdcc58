"""Lines of a batch: the list, and the desk on which one of them lies open beside its rule and its history."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import Kind, TongdangError
from services.portal.domain.line_query import LineQuery
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import At, batch_page, list_lines, load, people_of
from services.portal.entrypoints.visit import KEYS_COOKIE, Visit
from tongdang.catalog.v1 import lines_pb2, review_pb2

router = APIRouter()
_YEAR_S = 365 * 24 * 3600


@router.get("/batches/{batch_id}/lines")
def lines(at: At, batch_id: str, page: str = "", record: str = "", did: str = "") -> Response:
    """A page of the list; `record` lies open. Our script asks for that one alone."""
    if at.wants_fragment and record:
        line = get_line(at, batch_id, record)
        return lines_page(at, load(at, batch_id), [line], page, line, template="review/pane.html")
    query = LineQuery.of(at.request.query_params)
    found = list_lines(at, batch_id, query, page)
    line = _opened(at, batch_id, record, found.lines)
    return lines_page(at, load(at, batch_id), found.lines, page, line, next_page=found.next_page_token, did=did)


@router.get("/keys/{state}")
def choose_keys(at: At, state: str, back: str = "") -> Response:
    """Single letters as keys can be switched off (WCAG 2.1.4); remembered for a year."""
    answer = at.to(back if back.startswith("/archive/") else "/archive")
    secure = at.site.settings.site.public_url.startswith("https://")
    chosen = "off" if state == "off" else "on"
    answer.set_cookie(KEYS_COOKIE, chosen, max_age=_YEAR_S, httponly=True, samesite="lax", secure=secure)
    return answer


def get_line(at: Visit, batch_id: str, record_id: str) -> Any:
    """One line as it is now; it counts as shown to this person."""
    _, province = staff(at)
    return at.call(province.lines.GetLine, lines_pb2.GetLineRequest(batch_id=batch_id, record_id=record_id)).line


def lines_page(
    at: Visit,
    batch: Any,
    listed: Any,
    page: str,
    line: Any,
    *,
    template: str = "review/lines.html",
    query: LineQuery | None = None,
    next_page: str = "",
    did: str = "",
    typed: dict[str, Any] | None = None,
    **values: Any,
) -> Response:
    """The desk. `line`: which one lies open, None for none. `typed`: a form that was refused, to be shown again."""
    query = LineQuery.of(at.request.query_params) if query is None else query
    if batch.matter == review_pb2.MATTER_TEXT and line is not None and not line.text:
        line = get_line(at, batch.batch_id, line.record.record_id)  # a page of the list comes without texts
    shown = [*listed, line] if line is not None else listed
    return batch_page(
        at,
        batch,
        template,
        people=people_of(shown),
        tab="held" if query == LineQuery(decision="hold") else "lines",
        lines=listed,
        line=line,
        page=page,
        query=query,
        next_page=next_page,
        following=_following(listed, line),
        did=did,
        typed=typed or {},
        **values,
    )


def _opened(at: Visit, batch_id: str, record_id: str, listed: Any) -> Any:
    """The line asked for, though it may have left the list; else the first."""
    if not record_id:
        return listed[0] if listed else None
    for line in listed:
        if line.record.record_id == record_id:
            return line
    try:
        return get_line(at, batch_id, record_id)
    except TongdangError as problem:
        if problem.kind is not Kind.NOT_FOUND:
            raise
        return None


def _following(listed: Any, line: Any) -> str:
    """Record after the opened one in this page of the list; empty at its end."""
    ids = [one.record.record_id for one in listed]
    if line is None or line.record.record_id not in ids:
        return ""
    place = ids.index(line.record.record_id)
    return ids[place + 1] if place + 1 < len(ids) else ""
