"""The open catalogue to take along: each province's dumps, as it wrote and signed them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from services.common.domain.dump_fields import ENTRY_FIELDS
from services.common.domain.errors import Kind, NotFound, TongdangError
from services.common.domain.open_dump import CSV, JSON_LINES, MANIFEST, RETRACTED, SIGNATURE
from services.common.domain.registry import Region
from services.portal.domain.conditional import BEYOND, NOT_MODIFIED, PART, Wanted, wanted
from services.portal.entrypoints.visit import Visit, visit
from tongdang.catalog.v1 import dump_pb2

router = APIRouter(prefix="/open-data")
At = Annotated[Visit, Depends(visit)]

LATEST = "latest"
_FILES = (MANIFEST, SIGNATURE, CSV, JSON_LINES, RETRACTED)
_MEDIA_TYPES = {MANIFEST: "application/json", SIGNATURE: "application/octet-stream"}
_PACKED = "application/gzip"
_CHUNK = 1024 * 1024
_PATIENCE_S = 3.0
"""For one province: the page is there although one of them is not."""


class DumpGone(TongdangError):
    """A newer one took its place, or an entry in it was retracted; the provinces' own code."""

    code = "DUMP_GONE"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Offer:
    """What a province offers, newest first; None where it does not answer. `says`: the newest one's manifest."""

    region: Region
    dumps: Sequence[Any] | None
    says: dict[str, Any]


@router.get("")
def open_data(at: At) -> Response:
    """What there is, how to check it, what its fields are."""
    offers = [_offer(at, region) for region in at.site.backends.registry.regions]
    return at.page(
        "open_data.html",
        at.t("open-data.title"),
        offers=offers,
        fields=ENTRY_FIELDS,
        files=_FILES,
        size=_size,
        site_url=at.site.settings.site.public_url,
    )


@router.api_route("/{region_id}/{dump_id}/{name}", methods=["GET", "HEAD"])
def file(at: At, region_id: str, dump_id: str, name: str) -> Response:
    """One file, whole or in part, pulled from the province chunk by chunk; the newest dump's under `latest`."""
    if name not in _FILES:
        raise NotFound("file")
    dumps = _dumps(at, region_id)
    if dump_id == LATEST and dumps:
        return RedirectResponse(f"/open-data/{region_id}/{dumps[0].dump_id}/{name}", 307)
    files = [one for dump in dumps if dump.dump_id == dump_id for one in dump.files if one.name == name]
    if not files:
        raise DumpGone(dump_id)
    etag = f'"{files[0].sha256}"'
    asked = wanted(at.request.headers, etag, files[0].size)
    headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "no-cache"}
    if asked.status == NOT_MODIFIED:
        return Response(status_code=NOT_MODIFIED, headers=headers)
    if asked.status == BEYOND:
        return Response(status_code=BEYOND, headers={**headers, "Content-Range": f"bytes */{files[0].size}"})
    headers["Content-Length"] = str(asked.last - asked.first + 1)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if asked.status == PART:
        headers["Content-Range"] = f"bytes {asked.first}-{asked.last}/{files[0].size}"
    media_type = _MEDIA_TYPES.get(name, _PACKED)
    if at.request.method == "HEAD":
        return Response(None, asked.status, headers, media_type)
    return StreamingResponse(_chunks(at, region_id, dump_id, name, asked), asked.status, headers, media_type)


def _chunks(at: Visit, region_id: str, dump_id: str, name: str, asked: Wanted) -> Iterator[bytes]:
    """A dump that is withdrawn meanwhile ends early; the reader sees that bytes are missing, and begins anew."""
    read = at.site.backends.province(region_id).dumps.ReadDump
    offset = asked.first
    while offset <= asked.last:
        length = min(_CHUNK, asked.last - offset + 1)
        part = dump_pb2.ReadDumpRequest(dump_id=dump_id, name=name, offset=offset, length=length)
        try:
            content = at.call(read, part).content
        except TongdangError:
            return
        offset += len(content)
        yield content


def _dumps(at: Visit, region_id: str) -> Sequence[Any]:
    """Raises: TongdangError; NotFound: no such province."""
    province = at.site.backends.province(region_id)
    return list(at.call(province.dumps.ListDumps, dump_pb2.ListDumpsRequest(), _PATIENCE_S).dumps)


def _offer(at: Visit, region: Region) -> Offer:
    try:
        dumps = _dumps(at, region.region_id)
    except TongdangError as problem:
        if problem.kind is Kind.UNAUTHENTICATED:
            raise  # the person's session ended, which is no province's doing
        return Offer(region, None, {})
    return Offer(region, dumps, json.loads(dumps[0].manifest) if dumps else {})


def _size(count: int) -> str:
    """Bytes as people say them."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"
