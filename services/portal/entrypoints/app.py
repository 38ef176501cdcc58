"""The portal's application: routes, headers on every answer, and what an error looks like."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from pymongo.errors import PyMongoError
from starlette.formparsers import MultiPartParser

from services.common.components import Component
from services.common.domain.errors import Kind, TongdangError
from services.common.mongo.database import out_of_reach
from services.common.runner import readiness
from services.portal.entrypoints import (
    archive,
    citizen,
    corrections,
    desk,
    issues,
    kept,
    open_data,
    outlets,
    provenance,
    public,
    record_texts,
    registers,
    review,
    rules,
    signing_in,
    supervised_registers,
    supervision,
)
from services.portal.entrypoints.kept import keep
from services.portal.entrypoints.measured import Measured
from services.portal.entrypoints.visit import (
    COOKIE,
    FRAGMENT,
    MAX_UPLOAD,
    FormExpired,
    Site,
    Visit,
    correlation_of,
    language_of,
    signin_path,
    visit,
)

log = structlog.get_logger()

STATUS: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.PRECONDITION: 409,
    Kind.EXHAUSTED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "form-action 'self' {provider}; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_BODY_LIMIT = MAX_UPLOAD + 1024 * 1024

# An upload may be a state secret until the province has screened it: it must not touch a disk here (Secrecy Law 31).
MultiPartParser.spool_max_size = _BODY_LIMIT


def build_app(site: Site, components: Sequence[Component]) -> FastAPI:
    """Everything behind the public port."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for component in components:
            await run_in_threadpool(component.start)
        yield
        for component in reversed(components):
            await run_in_threadpool(component.stop)

    app = FastAPI(
        title="Tongdang 通档", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", lifespan=lifespan
    )
    app.state.site = site
    app.mount("/static", StaticFiles(directory=Path(__file__).resolve().parents[1] / "static"))
    staffed = (citizen, archive, record_texts, corrections, review, registers, rules, desk)
    doors = (*staffed, supervision, supervised_registers)
    for module in (public, issues, provenance, outlets, open_data, signing_in, kept, *doors):
        app.include_router(module.router, include_in_schema=module is public)
    _health(app, components)
    _errors(app)
    provider = "/".join(site.settings.oidc.issuer.split("/")[:3])
    headers = {name: value.replace("{provider}", provider) for name, value in HEADERS.items()}

    @app.middleware("http")
    async def around(request: Request, following: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length", "0")
        if request.method == "POST" and (not length.isdigit() or int(length) > _BODY_LIMIT):
            return PlainTextResponse("too large", 413)
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_of(request)):
            answer = await following(request)
        for name, value in headers.items():
            answer.headers.setdefault(name, value)
        return answer

    app.add_middleware(Measured)
    return app


def _health(app: FastAPI, components: Sequence[Component]) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> Response:
        return PlainTextResponse("ok")

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> Response:
        troubles = readiness(components)
        return JSONResponse({"ready": not troubles, "troubles": troubles}, 503 if troubles else 200)


def _errors(app: FastAPI) -> None:
    @app.exception_handler(TongdangError)
    async def typed(request: Request, error: TongdangError) -> Response:
        return await run_in_threadpool(_error_page, request, error.code, error.kind)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, _: RequestValidationError) -> Response:
        return await run_in_threadpool(_error_page, request, "INVALID_ARGUMENT", Kind.INVALID)

    @app.exception_handler(HTTPException)
    @app.exception_handler(404)
    async def plain(request: Request, error: HTTPException) -> Response:
        kind = Kind.NOT_FOUND if error.status_code in (404, 405) else Kind.INVALID
        return await run_in_threadpool(_error_page, request, kind.name, kind)

    @app.exception_handler(PyMongoError)
    async def unreachable(request: Request, problem: PyMongoError) -> Response:
        if not out_of_reach(problem):
            return await defect(request, problem)
        return await run_in_threadpool(_error_page, request, "UNAVAILABLE", Kind.UNAVAILABLE)

    @app.exception_handler(Exception)
    async def defect(request: Request, problem: Exception) -> Response:
        log.exception("page-failed", defect=type(problem).__name__)
        return await run_in_threadpool(_error_page, request, "INTERNAL", Kind.INTERNAL)


def _sign_in_again(site: Site, request: Request) -> Response:
    """A posted form is kept on the way."""
    answer = keep(site, request, "")
    if answer is None:
        answer = RedirectResponse(signin_path(request), 303)
        answer.delete_cookie(COOKIE)
    return answer


def _error_page(request: Request, code: str, kind: Kind) -> Response:
    """Problem details (RFC 9457) for the API; a page with words, a way on and the correlation id for people."""
    status = STATUS[kind]
    site: Site = request.app.state.site
    texts = site.texts[language_of(request)]
    key = f"error.{code}" if texts.has(f"error.{code}") else f"error.{kind.name}"
    if request.url.path.startswith("/api/"):
        problem = {
            "type": "about:blank",
            "title": texts(key),
            "status": status,
            "code": code,
            "instance": correlation_of(request),
        }
        return JSONResponse(problem, status, media_type="application/problem+json")
    signed_out = kind is Kind.UNAUTHENTICATED and request.url.path != "/signin/callback"
    if FRAGMENT in request.headers and (signed_out or code == FormExpired.code):
        return PlainTextResponse(code, 401)  # the script then sends its form as a page would, and that one is kept
    if signed_out:
        return _sign_in_again(site, request)
    try:
        at = visit(request)
    except Exception:  # the error page needs no session, and the store may be what failed
        at = Visit(site, request, texts, correlation_of(request))
    if code == FormExpired.code and (answer := keep(site, request, at.person.pseudonym if at.person else "")):
        return answer
    return at.page(
        "error.html",
        texts("error.prefix") + texts(key),
        status=status,
        message=texts(key),
        code=code,
        correlation=correlation_of(request),
    )
