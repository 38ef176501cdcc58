"""How the open catalogue leaves for other machines: an OAI-PMH 2.0 repository and an Atom feed."""

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from services.common.domain.errors import InvalidPageToken, Kind, TongdangError
from services.common.domain.ids import is_uuid
from services.portal.domain.oai import OaiError, datestamp, read_selection, read_verb
from services.portal.entrypoints.visit import Visit, visit
from tongdang.discovery.v1 import discovery_pb2

router = APIRouter()
At = Annotated[Visit, Depends(visit)]

_PAGE = 100
_FEED_ENTRIES = 50
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot carry."""


@router.get("/oai")
def oai(at: At) -> Response:
    """One verb; its arguments stand in the query."""
    return _answered(at, list(at.request.query_params.multi_items()))


@router.post("/oai")
async def oai_posted(request: Request, at: At) -> Response:
    """The same, its arguments in the body (§3.1.1.2 of the protocol)."""
    pairs = [(name, str(value)) for name, value in (await request.form()).multi_items()]
    return await run_in_threadpool(_answered, at, pairs)


@router.get("/feed.atom")
def feed(at: At, region: str = "", archive: str = "") -> Response:
    """What was opened last, everywhere, in a region or by an archive. What was retracted since is not in it."""
    request = discovery_pb2.ListChangesRequest(region_id=region, archive_id=archive, newest_first=True, page_size=_PAGE)
    changes = at.call(at.site.backends.discovery.ListChanges, request).changes
    opened = [one for one in changes if one.WhichOneof("state") == "entry"][:_FEED_ENTRIES]
    asked = at.request.url.query
    own = f"{at.site.settings.site.public_url}/feed.atom{'?' if asked else ''}{asked}"
    return _xml(at, "feed.xml", "application/atom+xml", opened=opened, own=own)


def _answered(at: Visit, pairs: Sequence[tuple[str, str]]) -> Response:
    try:
        verb, arguments = read_verb(pairs)
    except OaiError as error:
        return _oai(at, {}, error=error)
    try:
        found = _VERBS[verb](at, arguments)
    except OaiError as error:
        return _oai(at, {"verb": verb, **arguments}, error=error)
    return _oai(at, {"verb": verb, **arguments}, verb=verb, **found)


def _nothing(at: Visit, _: dict[str, str]) -> dict[str, Any]:
    """What the page itself knows."""
    return {}


def _formats(at: Visit, arguments: dict[str, str]) -> dict[str, Any]:
    if "identifier" in arguments:
        _record(at, arguments["identifier"])
    return {}


def _sets(at: Visit, arguments: dict[str, str]) -> dict[str, Any]:
    if arguments:
        raise OaiError("badResumptionToken", "all sets stand in one answer")
    return {}


def _one(at: Visit, arguments: dict[str, str]) -> dict[str, Any]:
    return {"changes": [_record(at, arguments["identifier"])]}


def _list(at: Visit, arguments: dict[str, str]) -> dict[str, Any]:
    selection = read_selection(arguments)
    request = discovery_pb2.ListChangesRequest(
        region_id=selection.region_id,
        archive_id=selection.archive_id,
        page_size=_PAGE,
        page_token=selection.token,
    )
    for name, moment in (("from", selection.first), ("until", selection.last)):  # the first is a word of Python's
        if moment:
            getattr(request, name).FromDatetime(moment)
    try:
        page = at.call(at.site.backends.discovery.ListChanges, request)
    except TongdangError as problem:
        if problem.code != InvalidPageToken.code:
            raise
        raise OaiError("badResumptionToken", "not a token of this list") from None
    if not page.changes:
        raise OaiError("noRecordsMatch", "nothing was opened or retracted then and there")
    token = selection.resumption(page.next_page_token) if page.next_page_token else ""
    return {"changes": page.changes, "token": token, "resumed": bool(selection.token)}


_VERBS = {
    "Identify": _nothing,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "ListIdentifiers": _list,
    "ListRecords": _list,
    "GetRecord": _one,
}


def _record(at: Visit, identifier: str) -> Any:
    """Raises: OaiError: idDoesNotExist."""
    scheme, host, record_id = (*identifier.split(":", 2), "", "")[:3]
    if (scheme, host) != ("oai", _host(at)) or not is_uuid(record_id):
        raise OaiError("idDoesNotExist", "no such record")
    try:
        return at.call(at.site.backends.discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id))
    except TongdangError as problem:
        if problem.kind is not Kind.NOT_FOUND:
            raise
        raise OaiError("idDoesNotExist", "no such record") from None


def _oai(at: Visit, attributes: dict[str, str], **values: Any) -> Response:
    values = {"error": None, "verb": "", "changes": [], "token": "", "resumed": False, **values}
    return _xml(at, "oai.xml", "text/xml", attributes=attributes, **values)


def _xml(at: Visit, template: str, media_type: str, **values: Any) -> Response:
    site = at.site.settings.site
    content = at.site.pages.get_template(template).render(
        t=at.t,
        registry=at.site.backends.registry,
        archive=at.archive,
        site=site,
        host=_host(at),
        stamp=lambda moment: datestamp(moment.ToDatetime(tzinfo=UTC)),
        now=datestamp(at.site.clock.now()),
        **values,
    )
    headers = {"Cache-Control": "no-cache"}
    return Response(_NO_XML.sub("", content), media_type=f"{media_type}; charset=utf-8", headers=headers)


def _host(at: Visit) -> str:
    """The repository's name in identifiers."""
    return urlsplit(at.site.settings.site.public_url).hostname or "localhost"
