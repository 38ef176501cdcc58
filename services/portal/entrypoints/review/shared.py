"""What the review's pages share: the head of a batch, refusals in words, verdicts from a form."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import Response

from services.common.domain.errors import Kind, TongdangError
from services.portal.domain.correction import public_changes
from services.portal.domain.line_query import DECISIONS, PROPOSALS, SECRECY, LineQuery
from services.portal.domain.next_step import next_step, to_tick
from services.portal.domain.suggestion import advice, pieces
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.visit import KEYS_COOKIE, Visit, form, visit
from tongdang.catalog.v1 import lines_pb2, review_pb2

At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]

PAGE = 20
"""Lines a page: a longer one does not count as shown for the secrecy review."""
OPEN_RULES, TEXT_RULES, DEFER_RULES = ("O1", "O2", "O3"), ("P1",), ("D1", "D2", "D3")
_RULES = {review_pb2.MATTER_TEXT: (TEXT_RULES, DEFER_RULES), review_pb2.MATTER_CORRECTION: (OPEN_RULES, ())}
"""To open by and to defer by, on other lists than of records; an open entry cannot be deferred, only retracted."""
EARLY_CLASSES = ("economy", "education", "science", "culture")
LONG_S = 90.0
"""Deadline of acts that touch a whole batch, in seconds."""
_OBJECTABLE = (review_pb2.BATCH_STATE_REVIEW, review_pb2.BATCH_STATE_READY, review_pb2.BATCH_STATE_PARTLY_SIGNED)
_DIGITS = 9
_BULK_S = 900
_FOR_THE_PAGE = frozenset({Kind.PRECONDITION, Kind.CONFLICT, Kind.INVALID})


def load(at: Visit, batch_id: str) -> Any:
    """The batch as it is now."""
    _, province = staff(at)
    return at.call(province.review.GetBatch, review_pb2.GetBatchRequest(batch_id=batch_id)).batch


def batch_page(
    at: Visit, batch: Any, template: str, *, errors: dict[str, str] | None = None, people: Any = (), **values: Any
) -> Response:
    """One tab of a batch. `people`: pseudonyms the tab names besides those of the batch's head."""
    named = {one.pseudonym for one in batch.signatures} | {batch.created_by, batch.published_by, batch.bulk.by}
    named |= {batch.schedule.confirmed_by}
    named |= {batch.aggregation.stated_by, batch.opinion.entered_by, batch.opinion.checked_by, *people}
    named.add(batch.cancellation.cancelled_by)
    words = at.t("batch.title", number=batch.batch_id[-6:])
    roles = at.person.roles if at.person else ()
    editable = batch.state == review_pb2.BATCH_STATE_REVIEW and "reviewer" in roles
    objecting = batch.state in _OBJECTABLE and "unit_officer" in roles
    open_rules, defer_rules = _RULES.get(batch.matter, (OPEN_RULES, DEFER_RULES))
    status = values.pop("status", 422 if errors else 200)
    return at.page(
        template,
        (at.t("error.prefix") if errors else "") + words,
        status=status,
        errors=errors or {},
        batch=batch,
        base=f"/archive/batches/{batch.batch_id}",
        step=next_step(batch),
        outstanding=to_tick(batch),
        rate=rate(batch, at.site.clock.now()),
        unit=unit_name(at, batch.archive_id, batch.unit_id),
        archive=at.archive(batch.archive_id),
        names=at.names(named),
        new_key=at.site.ids.new,
        keys_on=at.request.cookies.get(KEYS_COOKIE) != "off",
        advice=lambda line: advice(line.suggestion.document, at.t),
        pieces=pieces,
        public_changes=public_changes,
        of_texts=batch.matter == review_pb2.MATTER_TEXT,
        open_rules=open_rules,
        defer_rules=defer_rules,
        early_classes=EARLY_CLASSES,
        editable=editable,
        objecting=objecting,
        markable=editable or objecting,
        **values,
    )


def refused(at: Visit, problem: TongdangError, where: str = "act") -> dict[str, str]:
    """A refusal the person can do something about, as the page's own errors: by field, else under `where`.

    Raises: the problem itself, when it is no such refusal.
    """
    if problem.kind not in _FOR_THE_PAGE:
        raise problem
    fields = [violation.field.rsplit(".", 1)[-1] for violation in problem.violations]
    known = {field: at.t(f"line.error.{field}") for field in fields if at.t.has(f"line.error.{field}")}
    if known:
        return known
    key = f"error.{problem.code}"
    return {where: at.t(key, **problem.metadata) if at.t.has(key) else at.t("error.INVALID_ARGUMENT")}


def verdict(fields: dict[str, Any]) -> lines_pb2.Verdict:
    """What a form decides: its button says what, the rule comes from the group of that decision."""
    decision = DECISIONS.get(str(fields.get("decision", "")), lines_pb2.DECISION_UNSPECIFIED)
    opening = decision == lines_pb2.DECISION_OPEN
    deferring = decision == lines_pb2.DECISION_DEFER
    rule = str(fields.get("open_rule", "")) if opening else str(fields.get("defer_rule", "")) if deferring else ""
    undecided = decision == lines_pb2.DECISION_UNDECIDED
    return lines_pb2.Verdict(
        decision=decision,  # type: ignore[arg-type]  # a value of the table
        rule=rule,
        reason="" if undecided else text(fields, "reason"),
        masked_title=text(fields, "masked_title") if opening else "",
        mask_reason=text(fields, "mask_reason") if opening else "",
        early_class=text(fields, "early_class") if rule == "O2" else "",
    )


def line_filter(query: LineQuery) -> lines_pb2.LineFilter:
    """As the catalogue takes it."""
    return lines_pb2.LineFilter(
        decision=DECISIONS.get(query.decision, 0),  # type: ignore[arg-type]  # a value of the table
        group_id=query.group,
        proposal=PROPOSALS.get(query.proposal, 0),  # type: ignore[arg-type]  # a value of the table
        suggested_rule=query.rule,
        suggested_reason=query.reason,
        fonds=query.fonds,
        year=int(query.year or 0),
    )


def list_lines(at: Visit, batch_id: str, query: LineQuery, page: str, size: int = PAGE) -> Any:
    """One page of lines; of at most `PAGE`, they count as shown to this person."""
    _, province = staff(at)
    asked = lines_pb2.ListLinesRequest(
        batch_id=batch_id,
        filter=line_filter(query),
        secrecy=SECRECY.get(query.secrecy, 0),  # type: ignore[arg-type]  # a value of the table
        page_size=size,
        page_token=page,
    )
    return at.call(province.lines.ListLines, asked)


def people_of(lines: Any) -> set[str]:
    """Who decided, who ticked, and who proposed what is decided on."""
    return {one for line in lines for one in (line.decided_by, line.secrecy.by, line.correction.proposed_by)}


def text(fields: dict[str, Any], name: str) -> str:
    """A field as typed, without blanks around it."""
    return str(fields.get(name, "")).strip()


def whole(typed: str) -> int:
    """A whole number as typed; 0 for anything else, and for more than the wire takes."""
    return int(typed) if typed.isdecimal() and len(typed) <= _DIGITS else 0


def unit_name(at: Visit, archive_id: str, unit_id: str) -> str:
    """Of the registry; the id where it is not there."""
    archive = at.archive(archive_id)
    units = {unit.unit_id: unit.name for unit in archive.units} if archive else {}
    return units.get(unit_id, unit_id)


def rate(batch: Any, now: datetime) -> float:
    """Lines a second of the act under way, since its id was made; 0 while it is not known, as of an old act undone."""
    if not batch.bulk.done:
        return 0.0
    began = datetime.fromtimestamp(int(batch.bulk.act_id.replace("-", "")[:12], 16) / 1000, UTC)  # UUIDv7
    took = (now - began).total_seconds()
    return float(batch.bulk.done / max(0.001, took)) if took < _BULK_S else 0.0
