"""One visit to one page: who, in which language, under which correlation id; and how a page is answered."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.common.audit.recorder import Recorder
from services.common.domain.clock import Clock, legal_day
from services.common.domain.errors import Kind, NotFound, RoleNotAllowed, TongdangError, Unauthenticated
from services.common.domain.ids import Ids
from services.common.domain.registry import Archive
from services.portal.adapters.backends import Backends
from services.portal.adapters.identity_provider import IdentityProvider
from services.portal.adapters.sessions import Store
from services.portal.domain.person import Person
from services.portal.domain.texts import LANGUAGES, Texts, load_texts
from services.portal.settings import PortalSettings

COOKIE, LANGUAGE_COOKIE, SIZE_COOKIE, KEYS_COOKIE = "tongdang", "language", "size", "keys"
FRAGMENT = "X-Fragment"
"""Header by which our script asks for the changed parts of a page alone, from the same route."""
_HERE = Path(__file__).resolve().parents[1]
_REFRESH_BEFORE_S = 40


class FormExpired(TongdangError):
    """The form's secret is not this session's."""

    code = "FORM_EXPIRED"
    kind = Kind.FORBIDDEN


@dataclass
class Site:
    """What every page needs; built once."""

    settings: PortalSettings
    backends: Backends
    provider: IdentityProvider
    store: Store
    recorder: Recorder
    clock: Clock
    ids: Ids
    texts: dict[str, Texts] = field(default_factory=lambda: load_texts(_HERE / "locale"))
    pages: Environment = field(
        default_factory=lambda: Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
    )


@dataclass
class Visit:
    """Handed to each page function."""

    site: Site
    request: Request
    t: Texts
    correlation: str
    cookie: str = ""
    session: dict[str, Any] = field(default_factory=dict)

    @property
    def person(self) -> Person | None:
        """Who is signed in."""
        fields = self.session.get("person")
        return Person(**{**fields, "roles": tuple(fields["roles"])}) if fields else None

    @property
    def csrf(self) -> str:
        """The secret every form of this session carries."""
        return str(self.session.get("csrf", ""))

    @property
    def wants_fragment(self) -> bool:
        """Whether our script asks, which replaces parts of its page."""
        return FRAGMENT in self.request.headers

    def require(self, test: Callable[[Person], bool]) -> Person:
        """The person, if this door is theirs.

        Raises: Unauthenticated: nobody is signed in; RoleNotAllowed.
        """
        person = self.person
        if person is None:
            raise Unauthenticated("sign in first")
        if not test(person):
            raise RoleNotAllowed("another door")
        return person

    def call(self, method: Any, request: Any, timeout_s: float = 10.0) -> Any:
        """A service's method, as this person.

        Raises: TongdangError.
        """
        return self.site.backends.call(method, request, self._token(), self.correlation, timeout_s)

    def names(self, pseudonyms: set[str]) -> dict[str, str]:
        """Officers' names, where this person may see them."""
        return self.site.backends.names(pseudonyms, self._token(), self.correlation)

    def archive(self, archive_id: str) -> Archive | None:
        """An archive of the registry."""
        try:
            return self.site.backends.registry.archive(archive_id)
        except NotFound:
            return None

    def today(self) -> date:
        """The legal day."""
        return legal_day(self.site.clock.now())

    def page(self, template: str, title: str, *, status: int = 200, **values: Any) -> Response:
        """A whole page. Personal ones are never cached."""
        content = self.site.pages.get_template(template).render(
            visit=self,
            t=self.t,
            title=title,
            person=self.person,
            csrf=self.csrf,
            path=self.request.url.path,
            registry=self.site.backends.registry,
            phone=self.site.settings.site.phone,
            large=self.request.cookies.get(SIZE_COOKIE) == "large",
            errors=values.pop("errors", {}),
            **values,
        )
        headers = {"Cache-Control": "no-store"} if self.person else {"Cache-Control": "no-cache"}
        return HTMLResponse(content, status_code=status, headers=headers)

    def to(self, path: str) -> Response:
        """POST → 303."""
        return RedirectResponse(path, status_code=303)

    def check_form(self, form: dict[str, Any]) -> None:
        """Raises: FormExpired."""
        if not self.csrf or not secrets.compare_digest(str(form.get("csrf", "")), self.csrf):
            raise FormExpired("csrf")

    def _token(self) -> str:
        """The access token, renewed when it is about to end; a session that ended at the provider ends here.

        Raises: Unauthenticated.
        """
        tokens = self.session.get("tokens")
        if not tokens:
            return ""
        if tokens["expires_at"] - self.site.clock.now().timestamp() < _REFRESH_BEFORE_S:
            try:
                tokens = self.site.provider.refresh(tokens["refresh_token"])
            except Unauthenticated:
                self.site.store.close_session(self.cookie)
                self.session = {}
                raise
            self.session["tokens"] = tokens
            self.site.store.update_session(self.cookie, self.session)
        return str(tokens["access_token"])


def visit(request: Request) -> Visit:
    """Dependency of every page."""
    site: Site = request.app.state.site
    cookie = request.cookies.get(COOKIE, "")
    session = site.store.session(cookie) if cookie else None
    return Visit(site, request, site.texts[language_of(request)], correlation_of(request), cookie, session or {})


def language_of(request: Request) -> str:
    """From the cookie, else from what the browser prefers, else Chinese."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    preferred = request.headers.get("accept-language", "").lower()
    return "en" if preferred.startswith("en") else "zh"


def correlation_of(request: Request) -> str:
    """One id a visit; shown on error pages."""
    if not hasattr(request.state, "correlation"):
        request.state.correlation = str(uuid.uuid4())
    return str(request.state.correlation)


async def form(request: Request) -> dict[str, Any]:
    """The submitted fields; all values of a name, where it may be repeated, as a list under the name + `[]`."""
    submitted = await request.form(max_part_size=MAX_UPLOAD, max_fields=MAX_FIELDS)
    request.state.form = submitted
    fields: dict[str, Any] = {"record_id[]": [], **submitted}
    fields.update({f"{name}[]": submitted.getlist(name) for name in submitted})
    return fields


MAX_UPLOAD = 64 * 1024 * 1024
MAX_FIELDS = 2_000
"""A plan of 200 rows has 1,200."""


def signin_path(request: Request) -> str:
    """Signs in and comes back: to the page itself, or for a form to the page it stood on."""
    back = request.url.path if request.method == "GET" else request.headers.get("referer", "/")
    if back.startswith("http"):
        back = "/" + back.split("/", 3)[-1]
    query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
    return f"/signin?next={quote(back + query, safe='/')}"
