"""The log's public read interface over HTTP, as C2SP tlog-tiles names it."""

from collections.abc import Mapping, Sequence

from services.audit.adapters.cosigned_log import CosignedLog
from services.audit.adapters.published_log import PublishedLog
from services.audit.domain.tiles import TILE_WIDTH, parse_tile_path
from services.common.domain.errors import NotFound
from services.common.runner import HttpResponse, Route

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_FRESH = {"Cache-Control": "no-store"}
_BYTES = "application/octet-stream"


def log_routes(
    published: PublishedLog, cosigned_log: CosignedLog, verifier_key: str, witness_keys: Sequence[str]
) -> list[Route]:
    """Below `/log/`: checkpoint, cosigned checkpoint, keys, tiles and entry bundles."""

    def checkpoint(_: Mapping[str, str]) -> HttpResponse:
        try:
            note = published.checkpoint().note
        except NotFound:
            return HttpResponse(404, b"nothing signed yet")
        return HttpResponse(200, note.encode(), headers=_FRESH)

    def cosigned(_: Mapping[str, str]) -> HttpResponse:
        newest = cosigned_log.newest()
        if newest is None:
            return HttpResponse(404, b"nothing cosigned yet")
        return HttpResponse(200, newest.note.encode(), headers=_FRESH)

    def witnesses(_: Mapping[str, str]) -> HttpResponse:
        return HttpResponse(200, "".join(f"{one}\n" for one in witness_keys).encode())

    def key(_: Mapping[str, str]) -> HttpResponse:
        return HttpResponse(200, f"{verifier_key}\n".encode())

    def tile(values: Mapping[str, str]) -> HttpResponse:
        wanted = parse_tile_path(values["path"])
        if wanted is None:
            return HttpResponse(404, b"no such tile")
        try:
            content = published.tile(wanted)
        except NotFound:
            return HttpResponse(404, b"no such tile")
        return HttpResponse(200, content, _BYTES, _FOR_EVER if wanted.width == TILE_WIDTH else _FRESH)

    return [
        Route("/log/checkpoint", checkpoint),
        Route("/log/checkpoint.cosigned", cosigned),
        Route("/log/key", key),
        Route("/log/witnesses", witnesses),
        Route("/log/tile/<path:path>", tile),
    ]
