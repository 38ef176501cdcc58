"""A citizen's request: short pages, a draft after each, one request however often it is sent."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response, StreamingResponse

from services.common.domain.clock import legal_day
from services.common.domain.errors import Kind, NotFound, ProofRequired, TongdangError
from services.common.security.sealed import seal
from services.portal.adapters.sessions import Draft
from services.portal.domain.person import Person
from services.portal.domain.ranges import requested_range
from services.portal.entrypoints.visit import Visit, form, visit
from tongdang.catalog.v1 import delivery_pb2, desk_pb2
from tongdang.discovery.v1 import discovery_pb2
from tongdang.requests.v1 import requests_pb2

router = APIRouter()
At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]

PAGES = ("contact", "purpose", "check")
FIELDS: dict[str, dict[str, int]] = {"contact": {"name": 50, "phone": 40}, "purpose": {"purpose": 300, "note": 500}}
"""Page → its questions and how many characters an answer may have; only `note` may stay empty."""
_CHUNK = 512 * 1024


def _citizen(at: Visit) -> Person:
    return at.require(lambda person: person.is_citizen)


@router.get("/records/{record_id}/request")
def start(at: At, record_id: str) -> Response:
    """Names the archive that will receive the details; going on confirms it."""
    person = _citizen(at)
    if not person.proof_checked:
        raise ProofRequired("portal")
    entry = _open_entry(at, record_id)
    return at.page("request_start.html", at.t("request.title"), entry=entry, archive=at.archive(entry.archive_id))


@router.post("/records/{record_id}/request")
def begin(at: At, record_id: str, fields: Form) -> Response:
    """Opens the draft."""
    person = _citizen(at)
    at.check_form(fields)
    entry = _open_entry(at, record_id)
    draft = Draft(at.site.ids.new(), person.pseudonym, {"record_id": record_id, "archive_id": entry.archive_id})
    at.site.store.save_draft(draft)
    return at.to(f"/drafts/{draft.draft_id}/contact")


@router.get("/drafts/{draft_id}/{page}")
def ask(at: At, draft_id: str, page: str) -> Response:
    """One page of questions, or the check before sending."""
    draft = _draft(at, draft_id)
    if page not in PAGES:
        raise NotFound("page")
    entry = _open_entry(at, draft.answers["record_id"])
    return _question(at, draft, page, entry, {})


@router.post("/drafts/{draft_id}/{page}")
def answer(at: At, draft_id: str, page: str, fields: Form) -> Response:
    """Keeps the answers, then goes on; to the check if the person came from there."""
    at.check_form(fields)
    draft = _draft(at, draft_id)
    if page not in FIELDS:
        raise NotFound("page")
    given = {name: str(fields.get(name, "")).strip() for name in FIELDS[page]}
    answered = Draft(draft.draft_id, draft.owner, {**draft.answers, **given})
    wrong = {
        name: at.t(f"request.{name}.error", most=most)
        for name, most in FIELDS[page].items()
        if len(given[name]) > most or (not given[name] and name != "note")
    }
    if wrong:
        return _question(at, answered, page, _open_entry(at, draft.answers["record_id"]), wrong)
    at.site.store.save_draft(answered)
    following = PAGES[PAGES.index(page) + 1]
    return at.to(f"/drafts/{draft_id}/{'check' if answered.answers.get('purpose') else following}")


@router.post("/drafts/{draft_id}/check/submit")
def submit(at: At, draft_id: str, fields: Form) -> Response:
    """The draft's id is the request's: sent twice, it is one request."""
    at.check_form(fields)
    person = _citizen(at)
    draft = at.site.store.draft(draft_id, person.pseudonym)
    if draft is None:  # sent before; the request is there
        at.call(at.site.backends.requests.GetRequest, requests_pb2.GetRequestRequest(request_id=draft_id))
        return at.to(f"/requests/{draft_id}?new=1")
    missing = next(
        (page for page in FIELDS for name in FIELDS[page] if name != "note" and not draft.answers.get(name)), ""
    )
    if missing:
        return at.to(f"/drafts/{draft_id}/{missing}")
    sealed = draft.answers.get("sealed")
    if sealed is None:  # a sealed box differs each time; the kept one makes a repeat the same request
        sealed = _sealed(at, draft).hex()
        draft = Draft(draft.draft_id, draft.owner, {**draft.answers, "sealed": sealed})
        at.site.store.save_draft(draft)
    at.call(
        at.site.backends.requests.SubmitRequest,
        requests_pb2.SubmitRequestRequest(
            request_id=draft.draft_id,
            record_id=draft.answers["record_id"],
            sealed_applicant=bytes.fromhex(draft.answers["sealed"]),
            confirmed_archive_id=draft.answers["archive_id"],
        ),
    )
    at.site.store.drop_draft(draft_id, person.pseudonym)
    return at.to(f"/requests/{draft_id}?new=1")


@router.get("/requests")
def listing(at: At, page: str = "") -> Response:
    """The person's requests, newest first."""
    _citizen(at)
    found = at.call(at.site.backends.requests.ListRequests, requests_pb2.ListRequestsRequest(page_token=page))
    return at.page("requests.html", at.t("requests.title"), found=found)


@router.get("/requests/{request_id}")
def status(at: At, request_id: str, new: str = "") -> Response:
    """Where it stands, who acts, by when and why that date."""
    _citizen(at)
    request = _request(at, request_id)
    archive = at.archive(request.supplier_archive_id)
    title = at.t("receipt.title") if new else at.t("status.title", number=request.request_number)
    gone = _retraction(at, request.record_id)
    return at.page("request.html", title, request=request, archive=archive, new=bool(new), gone=gone)


@router.get("/requests/{request_id}/cancel")
def ask_cancel(at: At, request_id: str) -> Response:
    """Asks once more."""
    _citizen(at)
    return at.page("request_cancel.html", at.t("cancel.title"), request=_request(at, request_id))


@router.post("/requests/{request_id}/cancel")
def cancel(at: At, request_id: str, fields: Form) -> Response:
    """Withdraws it; the form's own key makes a double click one withdrawal."""
    _citizen(at)
    at.check_form(fields)
    at.call(
        at.site.backends.requests.CancelRequest,
        requests_pb2.CancelRequestRequest(request_id=str(fields.get("key", "")), target_request_id=request_id),
    )
    return at.to(f"/requests/{request_id}")


@router.get("/requests/{request_id}/copy")
def download(at: At, request_id: str) -> Response:
    """The certified copy, streamed chunk by chunk from the province; a paused reader holds no thread anywhere."""
    _citizen(at)
    request = _request(at, request_id)
    delivery = at.site.backends.province(request.supplier_region_id).delivery
    opened = at.call(delivery.OpenDelivery, delivery_pb2.OpenDeliveryRequest(request_id=request_id))
    first, last, partial = requested_range(at.request.headers.get("range", ""), opened.size)

    def chunks() -> Iterator[bytes]:
        offset = first
        while offset <= last:
            length = min(_CHUNK, last - offset + 1)
            wanted = delivery_pb2.ReadChunkRequest(ticket=opened.ticket, offset=offset, length=length)
            content = at.call(delivery.ReadChunk, wanted).content
            if not content:
                return
            offset += len(content)
            yield content

    headers = {
        "Content-Length": str(last - first + 1),
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="{request.request_number}.pdf"',
        "Cache-Control": "no-store",
    }
    if partial:
        headers["Content-Range"] = f"bytes {first}-{last}/{opened.size}"
    return StreamingResponse(chunks(), 206 if partial else 200, headers, opened.media_type)


def _question(at: Visit, draft: Draft, page: str, entry: Any, errors: dict[str, str]) -> Response:
    title = at.t("request.check.title") if page == "check" else at.t(f"request.{page}.title")
    return at.page(
        f"request_{page}.html",
        at.t("error.prefix") + title if errors else title,
        status=422 if errors else 200,
        draft=draft,
        entry=entry,
        archive=at.archive(entry.archive_id),
        errors=errors,
    )


def _draft(at: Visit, draft_id: str) -> Draft:
    draft = at.site.store.draft(draft_id, _citizen(at).pseudonym)
    if draft is None:
        raise NotFound("draft")
    return draft


def _request(at: Visit, request_id: str) -> Any:
    asked = requests_pb2.GetRequestRequest(request_id=request_id)
    return at.call(at.site.backends.requests.GetRequest, asked).request


def _retraction(at: Visit, record_id: str) -> Any:
    """What took the record back since; None where it is open, or where nobody can tell now."""
    try:
        answer = at.call(at.site.backends.discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id))
    except TongdangError as problem:
        if problem.kind not in (Kind.NOT_FOUND, Kind.UNAVAILABLE):
            raise
        return None
    return answer.retraction if answer.WhichOneof("state") == "retraction" else None


def _open_entry(at: Visit, record_id: str) -> Any:
    asked = discovery_pb2.GetEntryRequest(record_id=record_id)
    answer = at.call(at.site.backends.discovery.GetEntry, asked)
    if answer.WhichOneof("state") != "entry":
        raise NotFound("record")
    return answer.entry


def _sealed(at: Visit, draft: Draft) -> bytes:
    """The applicant's details, to the holding province's key; neither portal nor requests can open them later."""
    archive = at.site.backends.registry.archive(draft.answers["archive_id"])
    region = at.site.backends.registry.region(archive.region_id)
    details = desk_pb2.ApplicantDetails(
        **{name: draft.answers.get(name, "") for name in ("name", "phone", "purpose", "note")}
    )
    return seal(region.key("sealing", legal_day(at.site.clock.now())), details.SerializeToString())
