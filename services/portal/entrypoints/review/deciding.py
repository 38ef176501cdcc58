"""Acts on lines of a list: deciding one or the marked ones, the secrecy review, taking acts back."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import TongdangError
from services.portal.domain.line_query import LineQuery
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.lines import get_line, lines_page
from services.portal.entrypoints.review.shared import (
    LONG_S,
    At,
    Form,
    batch_page,
    list_lines,
    load,
    people_of,
    refused,
    text,
    verdict,
    whole,
)
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import lines_pb2, unit_opinions_pb2

router = APIRouter(prefix="/batches/{batch_id}")


@router.post("/lines/{record_id}/decide")
def decide(at: At, batch_id: str, record_id: str, fields: Form) -> Response:
    """Decides the opened line; the next one opens by itself."""
    at.check_form(fields)
    _, province = staff(at)
    asked = lines_pb2.DecideLinesRequest(
        request_id=text(fields, "key"),
        batch_id=batch_id,
        lines=[lines_pb2.SeenLine(record_id=record_id, version=whole(text(fields, "version")))],
        verdict=verdict(fields),
    )
    try:
        changed = at.call(province.lines.DecideLines, asked).lines
    except TongdangError as problem:
        return _refused_line(at, batch_id, record_id, fields, problem)
    return _done(at, batch_id, fields, changed, text(fields, "decision"))


@router.post("/lines/decide")
def decide_marked(at: At, batch_id: str, fields: Form) -> Response:
    """Decides the marked lines of one page alike, each as it was shown."""
    at.check_form(fields)
    _, province = staff(at)
    seen = [str(value).partition(":") for value in fields["record_id[]"]]
    asked = lines_pb2.DecideLinesRequest(
        request_id=text(fields, "key"),
        batch_id=batch_id,
        lines=[lines_pb2.SeenLine(record_id=record_id, version=whole(version)) for record_id, _, version in seen],
        verdict=verdict(fields),
    )
    try:
        changed = at.call(province.lines.DecideLines, asked).lines
    except TongdangError as problem:
        return _list_again(at, batch_id, fields, problem)
    return _done(at, batch_id, fields, changed, text(fields, "decision"))


@router.post("/lines/secrecy")
def review_secrecy(at: At, batch_id: str, fields: Form) -> Response:
    """Ticks lines this person was shown, one or a page of them."""
    at.check_form(fields)
    _, province = staff(at)
    asked = lines_pb2.ReviewSecrecyRequest(
        request_id=text(fields, "key"), batch_id=batch_id, record_ids=fields.get("shown[]", [])
    )
    try:
        at.call(province.lines.ReviewSecrecy, asked)
    except TongdangError as problem:
        return _list_again(at, batch_id, fields, problem)
    changed = [get_line(at, batch_id, asked.record_ids[0])] if at.wants_fragment and len(asked.record_ids) == 1 else []
    return _done(at, batch_id, fields, changed, "secrecy", stay=True)


@router.post("/lines/object")
def object_lines(at: At, batch_id: str, fields: Form) -> Response:
    """The unit's officer does not agree to the marked lines: they are held."""
    at.check_form(fields)
    _, province = staff(at)
    asked = unit_opinions_pb2.ObjectLinesRequest(
        request_id=text(fields, "key"),
        batch_id=batch_id,
        record_ids=[str(value).partition(":")[0] for value in fields["record_id[]"]],
        reason=text(fields, "reason"),
    )
    try:
        at.call(province.opinions.ObjectLines, asked)
    except TongdangError as problem:
        return _list_again(at, batch_id, fields, problem)
    return _done(at, batch_id, fields, [], "object")


@router.get("/acts")
def acts(at: At, batch_id: str) -> Response:
    """One's own acts, newest first."""
    return acts_page(at, batch_id)


@router.post("/acts/undo")
def undo(at: At, batch_id: str, fields: Form) -> Response:
    """Takes back the act named, else the last one that stands."""
    at.check_form(fields)
    _, province = staff(at)
    mine = at.call(province.lines.ListActs, lines_pb2.ListActsRequest(batch_id=batch_id)).acts
    named = text(fields, "act_id")
    act = next((one for one in mine if (one.act_id == named if named else not one.undone)), None)
    if act is None:
        return acts_page(at, batch_id, errors={"act": at.t("undo.none")})
    asked = lines_pb2.UndoActRequest(request_id=text(fields, "key"), batch_id=batch_id, act_id=act.act_id)
    try:
        undone = at.call(province.lines.UndoAct, asked, timeout_s=LONG_S)
    except TongdangError as problem:
        return acts_page(at, batch_id, errors=refused(at, problem))
    if undone.kept:
        return acts_page(at, batch_id, undone=undone, people=people_of(undone.kept_lines))
    if act.lines == 1 and text(fields, "from") == "lines":
        changed = [get_line(at, batch_id, act.record_ids[0])]
        return _done(at, batch_id, {**fields, "next": act.record_ids[0]}, changed, "undo")
    return acts_page(at, batch_id, undone=undone)


def acts_page(
    at: Visit, batch_id: str, *, errors: dict[str, str] | None = None, undone: Any = None, people: Any = ()
) -> Response:
    """The last acts, each with its undoing; `undone`: what the last undoing did."""
    _, province = staff(at)
    found = at.call(province.lines.ListActs, lines_pb2.ListActsRequest(batch_id=batch_id)).acts
    values = {"acts": found, "undone": undone, "tab": "acts", "status": 409 if errors else 200}
    return batch_page(at, load(at, batch_id), "review/acts.html", errors=errors, people=people, **values)


def _done(at: Visit, batch_id: str, fields: Form, changed: Any, did: str, *, stay: bool = False) -> Response:
    """For our script the rows that changed and the head; for a page the list again, with the next line open."""
    query = LineQuery.parse(text(fields, "query"))
    if at.wants_fragment:
        batch, goto = load(at, batch_id), text(fields, "next") if did == "undo" else ""
        line = next(iter(changed), None) if stay or goto else None  # lies open afterwards
        return lines_page(
            at, batch, changed, text(fields, "page"), line, template="review/done.html", query=query, did=did, goto=goto
        )
    where = {"page": text(fields, "page"), "record": text(fields, "record" if stay else "next"), "did": did}
    if not where["record"] and text(fields, "next_page"):
        where["page"] = text(fields, "next_page")
    rest = urlencode({name: value for name, value in where.items() if value})
    return at.to(f"/archive/batches/{batch_id}/lines?{query.text}{'&' if query.text else ''}{rest}")


def _refused_line(at: Visit, batch_id: str, record_id: str, fields: Form, problem: TongdangError) -> Response:
    """The line as it is now beside what was typed: another's decision is named, and nothing is overwritten."""
    if problem.code == "LINE_CHANGED":
        errors = {"changed": _changed(at, problem)}
    else:
        decision = text(fields, "decision")
        errors = {
            field if field == "act" else f"{decision}-{field}": words for field, words in refused(at, problem).items()
        }
    line, query, page = get_line(at, batch_id, record_id), LineQuery.parse(text(fields, "query")), text(fields, "page")
    status = 409 if "changed" in errors else 422
    values: dict[str, Any] = {"query": query, "typed": fields, "errors": errors, "status": status}
    if at.wants_fragment:
        return lines_page(at, load(at, batch_id), [line], page, line, template="review/pane.html", **values)
    found = list_lines(at, batch_id, query, page)
    return lines_page(at, load(at, batch_id), found.lines, page, line, next_page=found.next_page_token, **values)


def _list_again(at: Visit, batch_id: str, fields: Form, problem: TongdangError) -> Response:
    changed = problem.code == "LINE_CHANGED"
    errors = {"marked": _changed(at, problem)} if changed else refused(at, problem, "marked")
    query, page = LineQuery.parse(text(fields, "query")), text(fields, "page")
    found = list_lines(at, batch_id, query, page)
    values: dict[str, Any] = {"query": query, "typed": fields, "errors": errors, "status": 409 if changed else 422}
    line = found.lines[0] if found.lines else None
    return lines_page(at, load(at, batch_id), found.lines, page, line, next_page=found.next_page_token, **values)


def _changed(at: Visit, problem: TongdangError) -> str:
    """Who decided first, and when."""
    by, told = problem.metadata.get("by", ""), problem.metadata.get("at", "")
    who = at.names({by}).get(by) or at.t("nobody.else")
    when = at.t.ago(datetime.fromisoformat(told).astimezone(UTC), at.site.clock.now()) if told else ""
    return at.t("error.LINE_CHANGED.by", who=who, ago=when)
