"""Deciding many lines at once: a filter with exceptions is kept, previewed, and then exactly that many lines change.

The selection rests as a draft of the person: the words of its filter and record ids, nothing of what the lines say.
"""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import NotFound, TongdangError
from services.portal.adapters.sessions import Draft
from services.portal.domain.line_query import LineQuery
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import (
    LONG_S,
    At,
    Form,
    batch_page,
    line_filter,
    list_lines,
    load,
    people_of,
    refused,
    text,
    verdict,
    whole,
)
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import lines_pb2

router = APIRouter(prefix="/batches/{batch_id}/selections")
_TERM = timedelta(days=2)
MAX_EXCEPTIONS = 1_000


@router.post("")
def select(at: At, batch_id: str, fields: Form) -> Response:
    """Begins with all that a filter matches."""
    at.check_form(fields)
    person, _ = staff(at)
    query = LineQuery.parse(text(fields, "query")) if "query" in fields else LineQuery.of(fields)
    draft = Draft(at.site.ids.new(), person.pseudonym, {"batch": batch_id, "query": query.text, "except": ""})
    at.site.store.save_draft(draft, _TERM)
    return at.to(f"/archive/batches/{batch_id}/selections/{draft.draft_id}")


@router.get("/{selection_id}")
def preview(at: At, batch_id: str, selection_id: str) -> Response:
    """How many, a sample of them, and what may be decided."""
    return _preview(at, batch_id, _draft(at, batch_id, selection_id), {}, {})


@router.get("/{selection_id}/lines")
def selected(at: At, batch_id: str, selection_id: str, page: str = "") -> Response:
    """All of it, page by page; what is not ticked is an exception."""
    draft = _draft(at, batch_id, selection_id)
    return _selected(at, batch_id, draft, page)


@router.post("/{selection_id}/lines")
def except_lines(at: At, batch_id: str, selection_id: str, fields: Form) -> Response:
    """Keeps the exceptions of the page that was shown, and goes on."""
    at.check_form(fields)
    draft = _draft(at, batch_id, selection_id)
    shown, ticked = set(fields.get("shown[]", [])), set(fields["record_id[]"])
    left_out = (_exceptions(draft) - shown) | (shown - ticked)
    if len(left_out) > MAX_EXCEPTIONS:
        return _selected(at, batch_id, draft, text(fields, "page"), {"act": at.t("bulk.exceptions.many")})
    answers = {**draft.answers, "except": " ".join(sorted(left_out))}
    at.site.store.save_draft(Draft(draft.draft_id, draft.owner, answers), _TERM)
    here = f"/archive/batches/{batch_id}/selections/{selection_id}"
    onward = text(fields, "next_page")
    return at.to(f"{here}/lines?page={onward}" if fields.get("go") == "next" and onward else here)


@router.post("/{selection_id}/decide")
def decide(at: At, batch_id: str, selection_id: str, fields: Form) -> Response:
    """Decides what was previewed: that many lines, or none."""
    at.check_form(fields)
    _, province = staff(at)
    draft = _draft(at, batch_id, selection_id)
    asked = lines_pb2.DecideMatchingRequest(
        request_id=text(fields, "key"),
        batch_id=batch_id,
        filter=line_filter(LineQuery.parse(draft.answers["query"])),
        except_record_ids=sorted(_exceptions(draft)),
        expected_count=whole(text(fields, "count")),
        verdict=verdict(fields),
    )
    try:
        at.call(province.lines.DecideMatching, asked, timeout_s=LONG_S)
    except TongdangError as problem:
        return _preview(at, batch_id, draft, fields, refused(at, problem))
    return at.to(f"/archive/batches/{batch_id}/acts")


def _preview(at: Visit, batch_id: str, draft: Draft, typed: dict[str, Any], errors: dict[str, str]) -> Response:
    _, province = staff(at)
    query = LineQuery.parse(draft.answers["query"])
    asked = lines_pb2.PreviewMatchingRequest(batch_id=batch_id, filter=line_filter(query))
    found = at.call(province.lines.PreviewMatching, asked)
    left_out = _exceptions(draft)
    return batch_page(
        at,
        load(at, batch_id),
        "review/preview.html",
        errors=errors,
        people=people_of(found.sample),
        tab="groups" if query.group else "lines",
        selection=draft.draft_id,
        query=query,
        count=found.count,
        changing=max(0, found.count - len(left_out)),
        left_out=len(left_out),
        sample=found.sample,
        typed=typed,
    )


def _selected(at: Visit, batch_id: str, draft: Draft, page: str, errors: dict[str, str] | None = None) -> Response:
    _, province = staff(at)
    query = LineQuery.parse(draft.answers["query"])
    found = list_lines(at, batch_id, query, page)
    asked = lines_pb2.PreviewMatchingRequest(batch_id=batch_id, filter=line_filter(query))
    count = at.call(province.lines.PreviewMatching, asked).count
    return batch_page(
        at,
        load(at, batch_id),
        "review/selection.html",
        errors=errors,
        people=people_of(found.lines),
        tab="groups" if query.group else "lines",
        selection=draft.draft_id,
        query=query,
        page=page,
        next_page=found.next_page_token,
        lines=found.lines,
        exceptions=_exceptions(draft),
        count=count,
        typed={},
    )


def _draft(at: Visit, batch_id: str, selection_id: str) -> Draft:
    """Raises: NotFound: no selection of this person in this batch."""
    person, _ = staff(at)
    draft = at.site.store.draft(selection_id, person.pseudonym)
    if draft is None or draft.answers.get("batch") != batch_id:
        raise NotFound("selection")
    return draft


def _exceptions(draft: Draft) -> set[str]:
    return set(draft.answers["except"].split())
