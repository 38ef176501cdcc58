"""Rate, errors and duration of the portal's routes."""

import time

from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.metrics import HTTP_HANDLED, HTTP_SECONDS
from services.common.tracing import span, tell_failure

_METHODS = frozenset({"GET", "HEAD", "POST"})
"""What our routes take; anybody may send any other word, and it must not become a label."""


class Measured:
    """Outermost of our own, so that early refusals and failures count too. The path itself is nobody's business."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500  # what the client gets where the application raises before it answers

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        method = scope["method"] if scope["method"] in _METHODS else "other"
        try:
            # a new trace: what a stranger's browser says of its own is not believed
            with span(method, SpanKind.SERVER, {"http.request.method": method}, parent="") as made:
                try:
                    await self._app(scope, receive, noted)
                finally:
                    if made is not None:
                        made.update_name(f"{method} {_route_of(scope)}")
                        made.set_attributes({"http.route": _route_of(scope), "http.response.status_code": status})
                        if status >= 500:
                            tell_failure(made, str(status))
        finally:
            route = _route_of(scope)
            HTTP_HANDLED.labels(method=method, route=route, status=status).inc()
            HTTP_SECONDS.labels(method=method, route=route).observe(time.perf_counter() - started)


def _route_of(scope: Scope) -> str:
    """The route's template, `/static` for its files, `none` where nothing matched."""
    path = getattr(scope.get("route"), "path", None)
    if path is not None:
        return str(path)
    return "/static" if scope.get("path", "").startswith("/static/") else "none"
