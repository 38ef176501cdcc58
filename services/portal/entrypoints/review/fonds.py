"""Fonds of the archive: whom the review asks, the history behind it, and what may be reviewed at all (rules O5, A1)."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import NotFound, TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import At, Form, refused, text, unit_name
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import fonds_pb2

router = APIRouter(prefix="/fonds")
KINDS = {
    "renamed": fonds_pb2.FONDS_EVENT_KIND_RENAMED,
    "merged": fonds_pb2.FONDS_EVENT_KIND_MERGED,
    "split": fonds_pb2.FONDS_EVENT_KIND_SPLIT,
    "abolished": fonds_pb2.FONDS_EVENT_KIND_ABOLISHED,
    "moved": fonds_pb2.FONDS_EVENT_KIND_FUNCTION_MOVED,
    "none": fonds_pb2.FONDS_EVENT_KIND_NONE_EXISTS,
}


@router.get("")
def all_fonds(at: At) -> Response:
    """Each fonds, and whom its review asks."""
    person, province = staff(at)
    found = at.call(province.fonds.ListFonds, fonds_pb2.ListFondsRequest(archive_id=person.archive_id)).fonds
    return at.page("review/fonds_list.html", at.t("fonds.title"), found=found)


@router.get("/{code}")
def one_fonds(at: At, code: str) -> Response:
    """Its history; one person enters an event, another attests it."""
    return _fonds(at, code, {}, {})


@router.post("/{code}/events")
def record_event(at: At, code: str, fields: Form) -> Response:
    """Enters what happened to the unit, by its document."""
    at.check_form(fields)
    person, province = staff(at)
    asked = fonds_pb2.RecordFondsEventRequest(
        request_id=text(fields, "key"),
        archive_id=person.archive_id,
        fonds=code,
        kind=KINDS.get(text(fields, "kind"), fonds_pb2.FONDS_EVENT_KIND_UNSPECIFIED),
        document_number=text(fields, "document_number"),
        document_date=text(fields, "document_date"),
        successor_unit_id=text(fields, "successor"),
        note=text(fields, "note"),
    )
    return _act(at, code, province.fonds.RecordFondsEvent, asked, fields)


@router.post("/{code}/events/{event_id}/attest")
def attest(at: At, code: str, event_id: str, fields: Form) -> Response:
    """A second person stands for it; from then on it counts."""
    at.check_form(fields)
    _, province = staff(at)
    asked = fonds_pb2.AttestFondsEventRequest(request_id=text(fields, "key"), event_id=event_id)
    return _act(at, code, province.fonds.AttestFondsEvent, asked, fields)


@router.post("/{code}/scope")
def decide_scope(at: At, code: str, fields: Form) -> Response:
    """The director records that a fonds of defence, diplomacy or security may be reviewed."""
    at.check_form(fields)
    person, province = staff(at)
    asked = fonds_pb2.RecordScopeDecisionRequest(
        request_id=text(fields, "key"),
        archive_id=person.archive_id,
        fonds=code,
        document_number=text(fields, "document_number"),
        decided_on=text(fields, "decided_on"),
    )
    return _act(at, code, province.fonds.RecordScopeDecision, asked, {**fields, "form": "scope"})


def _act(at: Visit, code: str, method: Any, asked: Any, fields: dict[str, Any]) -> Response:
    try:
        at.call(method, asked)
    except TongdangError as problem:
        return _fonds(at, code, refused(at, problem), fields)
    return at.to(f"/archive/fonds/{code}")


def _fonds(at: Visit, code: str, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    person, province = staff(at)
    every = at.call(province.fonds.ListFonds, fonds_pb2.ListFondsRequest(archive_id=person.archive_id)).fonds
    found = next((one for one in every if one.fonds == code), None)
    if found is None:
        raise NotFound("fonds")
    people = {name for event in found.history for name in (event.entered_by, event.attested_by)}
    return at.page(
        "review/fonds.html",
        (at.t("error.prefix") if errors else "") + at.t("fonds.one", code=found.fonds, name=found.name),
        status=422 if errors else 200,
        fonds=found,
        archive=at.archive(person.archive_id),
        kinds=list(KINDS),
        unit_name=lambda unit_id: unit_name(at, person.archive_id, unit_id),
        names=at.names(people | {found.scope_decision.recorded_by}),
        new_key=at.site.ids.new,
        errors=errors,
        typed=typed,
    )
