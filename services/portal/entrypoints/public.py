"""What anyone may read: search, records, checking a certificate; and the same as JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from google.protobuf.json_format import MessageToDict

from services.common.domain.errors import InvalidArgument, Kind, TongdangError
from services.portal.entrypoints.visit import Visit, visit
from tongdang.catalog.v1 import delivery_pb2
from tongdang.discovery.v1 import discovery_pb2

router = APIRouter()
At = Annotated[Visit, Depends(visit)]


@router.get("/")
def home(at: At) -> Response:
    """One box."""
    return at.page("home.html", at.t("home.title"))


@router.get("/about")
def about(at: At) -> Response:
    """What this is, in plain words."""
    return at.page("about.html", at.t("about.title"))


@router.get("/search")
def search(at: At, q: str = "", region: str = "", from_: str = "", to: str = "", page: str = "") -> Response:
    """All of a search stands in its URL."""
    years = {"from_": at.request.query_params.get("from", from_), "to": to}
    try:
        request = _search_request(q, region, years["from_"], to, page)
        found = at.call(at.site.backends.discovery.Search, request)
    except TongdangError as problem:
        if problem.kind is not Kind.INVALID:
            raise
        field = problem.violations[0].field if problem.violations else "q"
        message = at.t("search.error.years") if "year" in field else at.t("search.error.query")
        return at.page(
            "search.html",
            at.t("search.title", q=q),
            status=422,
            q=q,
            region=region,
            years=years,
            found=None,
            errors={"year" if "year" in field else "q": message},
        )
    return at.page("search.html", at.t("search.title", q=q), q=q, region=region, years=years, found=found)


@router.get("/records/{record_id}")
def record(at: At, record_id: str) -> Response:
    """Can I read it, can I have a copy."""
    answer = at.call(at.site.backends.discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id))
    if answer.WhichOneof("state") == "retraction":
        return at.page("retracted.html", at.t("retracted.title"), status=410, retraction=answer.retraction)
    return at.page(
        "record.html",
        answer.entry.title,
        entry=answer.entry,
        archive=at.archive(answer.entry.archive_id),
        has_text=answer.has_text,
    )


@router.get("/records/{record_id}/text")
def text(at: At, record_id: str) -> Response:
    """The text, to be read here or printed."""
    found = at.call(at.site.backends.discovery.GetText, discovery_pb2.GetTextRequest(record_id=record_id))
    archive = at.archive(found.entry.archive_id)
    return at.page("text.html", found.entry.title, entry=found.entry, text=found.text, archive=archive)


@router.get("/verify")
def verify_form(at: At, code: str = "") -> Response:
    """Asks for the code printed beside the QR."""
    if code:
        return at.to(f"/verify/{code.strip()}")
    return at.page("verify_form.html", at.t("verify.title"))


@router.get("/verify/{code}")
def verify(at: At, code: str) -> Response:
    """Genuine, or cannot be confirmed and why: never "forged" for want of knowledge."""
    region_id = code.partition("-")[0]
    known = any(region.region_id == region_id for region in at.site.backends.registry.regions)
    answer = None
    if known:
        request = delivery_pb2.VerifyCertificateRequest(code=code)
        try:
            answer = at.call(at.site.backends.province(region_id).delivery.VerifyCertificate, request)
        except TongdangError as problem:
            if problem.kind not in (Kind.INVALID, Kind.NOT_FOUND):
                raise
    found = answer if answer is not None and answer.known else None
    archive = at.archive(found.archive_id) if found else None
    return at.page("verify.html", at.t("verify.title"), code=code, found=found, archive=archive)


@router.get("/api/v1/search")
def api_search(at: At, q: str = "", region: str = "", page: str = "", page_size: int = 20) -> Response:
    """Open entries as JSON; paging by `next_page_token`."""
    request = _search_request(q, region, "", "", page)
    request.page_size = page_size
    found = at.call(at.site.backends.discovery.Search, request)
    return JSONResponse(MessageToDict(found, preserving_proto_field_name=True))


@router.get("/api/v1/records/{record_id}")
def api_record(at: At, record_id: str) -> Response:
    """One open entry, or its retraction (410)."""
    answer = at.call(at.site.backends.discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id))
    gone = answer.WhichOneof("state") == "retraction"
    content: Any = MessageToDict(answer.retraction if gone else answer.entry, preserving_proto_field_name=True)
    return JSONResponse(content, status_code=410 if gone else 200)


@router.get("/api/v1/records/{record_id}/text")
def api_text(at: At, record_id: str) -> Response:
    """The public text of an open entry."""
    found = at.call(at.site.backends.discovery.GetText, discovery_pb2.GetTextRequest(record_id=record_id))
    return JSONResponse(MessageToDict(found.text, preserving_proto_field_name=True))


def _search_request(q: str, region: str, first: str, last: str, page: str) -> discovery_pb2.SearchRequest:
    return discovery_pb2.SearchRequest(
        query=q, region_id=region, year_from=_year(first), year_to=_year(last), page_token=page
    )


def _year(text: str) -> int:
    text = text.strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise InvalidArgument("year", "4 digits, e.g. 1985")
    return int(text)
