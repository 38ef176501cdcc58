"""Signing in and out. Both are recorded before they take effect; refused sign-ins too."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.errors import Unauthenticated
from services.portal.adapters.sessions import SESSION_TERM, SIGN_IN_TERM
from services.portal.domain.person import Person
from services.portal.entrypoints.visit import COOKIE, LANGUAGE_COOKIE, SIZE_COOKIE, Visit, form, visit

router = APIRouter()
At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]
PENDING = "signin"


@router.get("/signin")
def begin(at: At, next: str = "/") -> Response:
    """Sends the browser to the identity provider."""
    started = at.site.provider.begin(at.t.language)
    pending = {"state": started.state, "verifier": started.verifier, "nonce": started.nonce, "next": _local(next)}
    cookie = at.site.store.open_session(pending, SIGN_IN_TERM)
    answer = RedirectResponse(started.url, status_code=303)
    _set(at, answer, PENDING, cookie, int(SIGN_IN_TERM.total_seconds()))
    return answer


@router.get("/signin/callback")
def finish(at: At, state: str = "", code: str = "", error: str = "") -> Response:
    """The browser comes back with a code; the session is opened once the sign-in is recorded."""
    cookie = at.request.cookies.get(PENDING, "")
    pending = at.site.store.session(cookie) if cookie else None
    if pending is None or error or not code or not secrets.compare_digest(state, str(pending["state"])):
        _record(at, Actor.anonymous("portal"), Role.ANONYMOUS, refused="SIGN_IN_REFUSED")
        raise Unauthenticated("sign-in was not completed")
    at.site.store.close_session(cookie)
    tokens = at.site.provider.finish(code, pending["verifier"])
    access, identity = at.site.provider.claims(tokens)
    if identity.get("nonce") != pending["nonce"]:
        _record(at, Actor.anonymous("portal"), Role.ANONYMOUS, refused="SIGN_IN_REFUSED")
        raise Unauthenticated("nonce")
    person = Person.from_claims(access, identity)
    _record(at, *_actor(person, str(access.get("acr", ""))))
    session = {"tokens": tokens, "person": vars(person), "csrf": at.site.store.form_secret(person.pseudonym)}
    opened = at.site.store.open_session(session)
    target = pending["next"] if pending["next"] != "/" else (person.door if not person.is_citizen else "/")
    answer = RedirectResponse(target, status_code=303)
    _set(at, answer, COOKIE, opened, int(SESSION_TERM.total_seconds()))
    answer.delete_cookie(PENDING)
    return answer


@router.post("/signout")
def sign_out(at: At, fields: Form) -> Response:
    """Ends the session here and at the identity provider."""
    at.check_form(fields)
    person = at.person
    url = at.site.provider.sign_out_url(str(at.session["tokens"].get("id_token", "")))
    if person is not None:
        _record(at, *_actor(person, ""), action="session.sign-out")
    at.site.store.close_session(at.cookie)
    answer = RedirectResponse(url, status_code=303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/language/{language}")
def choose_language(at: At, language: str, next: str = "/") -> Response:
    """Remembers the language for a year."""
    answer = RedirectResponse(_local(next), status_code=303)
    if language in at.site.texts:
        _set(at, answer, LANGUAGE_COOKIE, language, 365 * 24 * 3600)
    return answer


@router.get("/size/{size}")
def choose_size(at: At, size: str, next: str = "/") -> Response:
    """大字版: the same pages, larger."""
    answer = RedirectResponse(_local(next), status_code=303)
    _set(at, answer, SIZE_COOKIE, "large" if size == "large" else "normal", 365 * 24 * 3600)
    return answer


def _actor(person: Person, acr: str) -> tuple[Actor, Role]:
    known = {role.value: role for role in Role}
    roles = frozenset(known[name] for name in person.roles if name in known)
    actor = Actor(
        person.pseudonym,
        roles,
        via="portal",
        region_id=person.region_id,
        archive_id=person.archive_id,
        unit_id=person.unit_id,
        acr=acr,
    )
    return actor, min(roles, default=Role.ANONYMOUS)


def _record(at: Visit, actor: Actor, role: Role, *, action: str = "session.sign-in", refused: str = "") -> None:
    caller = Caller(actor, role, action, at.correlation, "", at.site.clock, at.site.ids)
    target = ObjectRef("session", "", actor.region_id, actor.archive_id)
    at.site.recorder.record(caller.refused(target, refused) if refused else caller.granted(target))


def _set(at: Visit, answer: Response, name: str, value: str, seconds: int) -> None:
    secure = at.site.settings.site.public_url.startswith("https://")
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)


def _local(path: str) -> str:
    """Only pages of this site are come back to."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
