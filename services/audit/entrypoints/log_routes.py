"""The log's public read interface over HTTP, as C2SP tlog-tiles names it."""

from collections.abc import Mapping

from services.audit.adapters.published_log import PublishedLog
from services.audit.domain.tiles import TILE_WIDTH, parse_tile_path
from services.common.domain.errors import NotFound
from services.common.runner import HttpResponse, Route

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_FRESH = {"Cache-Control": "no-store"}
_BYTES = "application/octet-stream"


def log_routes(published: PublishedLog, verifier_key: str) -> list[Route]:
    """checkpoint, key, tiles and entry bundles below `/log/`."""

    def checkpoint(_: Mapping[str, str]) -> HttpResponse:
        try:
            note = published.checkpoint().note
        except NotFound:
            return HttpResponse(404, b"nothing signed yet")
        return HttpResponse(200, note.encode(), headers=_FRESH)

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

    return [Route("/log/checkpoint", checkpoint), Route("/log/key", key), Route("/log/tile/<path:path>", tile)]
