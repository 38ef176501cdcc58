"""Hosts a service under nameko, never monkey-patched (DESIGN §5, ADR 0001).

nameko owns life-cycle, timers and the small HTTP port; threads of our own do the rest. Whatever blocks and starts in
a greenlet goes through `tpool`, the whole handler.
"""

import json
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from kafka.errors import KafkaError
from pymongo.errors import PyMongoError

from services.common.command_line import run_command
from services.common.components import Component
from services.common.domain.errors import TongdangError
from services.common.logging import configure_logging
from services.common.metrics import HTTP_HANDLED, HTTP_SECONDS
from services.common.settings import ServiceSettings
from services.common.tracing import carrying_context, configure_tracing, stop_tracing

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # eventlet announces its own retirement at import
    import eventlet
    from eventlet import tpool
    from nameko.extensions import DependencyProvider
    from nameko.runners import ServiceRunner
    from nameko.timer import timer
    from nameko.web.handlers import http
    from werkzeug.wrappers import Response

log = structlog.get_logger()


@dataclass(frozen=True)
class Timer:
    """Work every so many seconds, in a native thread; one run at a time."""

    name: str
    every_s: float
    run: Callable[[], None]


@dataclass(frozen=True)
class HttpResponse:
    """What a route answers."""

    status: int
    body: bytes
    media_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """A public read: werkzeug-style path, and a handler that gets the path's values."""

    path: str
    handle: Callable[[Mapping[str, str]], HttpResponse]


@dataclass
class App:
    """A service ready to be served. Components start in order and stop in reverse."""

    settings: ServiceSettings
    components: Sequence[Component]
    timers: Sequence[Timer] = ()
    routes: Sequence[Route] = ()


def serve(app: App) -> None:
    """Runs the service until SIGTERM or SIGINT; then stops within ten seconds."""
    settings = app.settings
    configure_logging(settings.identity.principal, settings.log.level)
    configure_tracing(settings.identity.principal, settings.tracing.endpoint, settings.tracing.ratio)
    _require_free(settings.http.host, settings.http.port)
    stopping: list[int] = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _: stopping.append(number))
    runner = ServiceRunner({"WEB_SERVER_ADDRESS": f"{settings.http.host}:{settings.http.port}", "max_workers": 32})
    runner.add_service(_service_class(app))
    runner.start()
    log.info("serving", http=settings.http.port)
    while not stopping:
        eventlet.sleep(0.25)  # short naps: a signal is only seen between them
    log.info("stopping")
    runner.stop()
    stop_tracing()
    log.info("stopped")


def command_line(commands: Mapping[str, Callable[..., None]]) -> None:
    """`python -m services.x COMMAND [ARGUMENT …]`; the engines' errors end it with a line, not a traceback."""
    run_command(commands, (KafkaError, PyMongoError))


def _service_class(app: App) -> type:
    body: dict[str, Any] = {"name": app.settings.identity.principal, "life": _Life(app.components)}
    for number, route in enumerate([*_health_routes(app.components), *app.routes]):
        body[f"route_{number}"] = _http_method(route, f"route_{number}")
    for number, one in enumerate(app.timers):
        body[f"timer_{number}"] = _timer_method(one, f"timer_{number}")
    return type("Service", (), body)


def _http_method(route: Route, name: str) -> Any:
    def method(self: Any, request: Any, **values: str) -> Response:
        started = time.perf_counter()
        answer: HttpResponse = tpool.execute(carrying_context(_answer), route, values)
        HTTP_HANDLED.labels(method="GET", route=route.path, status=answer.status).inc()
        HTTP_SECONDS.labels(method="GET", route=route.path).observe(time.perf_counter() - started)
        return Response(answer.body, status=answer.status, headers=dict(answer.headers), content_type=answer.media_type)

    method.__name__ = name
    return http("GET", route.path)(method)


def _answer(route: Route, values: Mapping[str, str]) -> HttpResponse:
    try:
        return route.handle(values)
    except TongdangError as error:
        return HttpResponse(503, error.code.encode())
    except Exception as defect:
        log.exception("route-failed", route=route.path, defect=type(defect).__name__)
        return HttpResponse(500, b"INTERNAL")


def _timer_method(one: Timer, name: str) -> Any:
    def work() -> None:
        try:
            one.run()
        except Exception as problem:
            log.exception("timer-failed", timer=one.name, problem=type(problem).__name__)

    def method(self: Any) -> None:
        tpool.execute(carrying_context(work))

    method.__name__ = name
    return timer(interval=one.every_s)(method)


def _health_routes(components: Sequence[Component]) -> list[Route]:
    def alive(_: Mapping[str, str]) -> HttpResponse:
        return HttpResponse(200, b"ok")

    def ready(_: Mapping[str, str]) -> HttpResponse:
        troubles = readiness(components)
        body = json.dumps({"ready": not troubles, "troubles": troubles}).encode()
        return HttpResponse(503 if troubles else 200, body, "application/json")

    return [Route("/healthz", alive), Route("/readyz", ready)]


def readiness(components: Sequence[Component]) -> dict[str, str]:
    """Component → error code, for each that is not ready."""
    troubles: dict[str, str] = {}
    for component in components:
        try:
            component.check()
        except TongdangError as error:
            troubles[component.name] = error.code
    return troubles


class _Life(DependencyProvider):  # type: ignore[misc]  # nameko is untyped
    """Starts the components with the container and stops them with it."""

    def __init__(self, components: Sequence[Component] = ()) -> None:
        self._components = list(components)
        super().__init__()  # nameko keeps the arguments itself, for its copies

    def start(self) -> None:
        for component in self._components:
            tpool.execute(component.start)

    def stop(self) -> None:
        for component in reversed(self._components):
            tpool.execute(component.stop)

    def get_dependency(self, worker_ctx: Any) -> None:
        return None


def _require_free(host: str, port: int) -> None:
    """SO_REUSEPORT would hide a second process on the same port.

    Raises: SystemExit with the port's number.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            sys.exit(f"port {port} is taken")
