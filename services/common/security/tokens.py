"""Access tokens: verified in each service against the realm's published keys, never by asking Keycloak."""

import hashlib
import threading
import time
from typing import Any, Protocol

import httpx
import jwt
import structlog

from services.common.domain.errors import Unauthenticated, Unavailable
from services.common.security.measured import asking_keycloak

_ALGORITHMS = ["RS256"]
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
_LEEWAY_S = 5
_REFETCH_S = 10.0
_RETRY_S = 5.0
_TIMEOUT_S = 5.0
_MAY_WAIT = 8
"""Callers of an unknown key that may wait for the provider at once: a quarter of a service's threads."""
_CACHED_TOKENS = 5_000

log = structlog.get_logger()


class Tokens(Protocol):
    """Turns a bearer token into claims it has verified."""

    def verify(self, bearer: str) -> dict[str, Any]:
        """Raises: Unauthenticated, Unavailable."""
        ...


class TokenVerifier:
    """Checks signature (RS256 by kid), issuer, audience and times; remembers tokens by hash until they expire."""

    def __init__(self, issuer: str, audience: str, jwks_url: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._jwks_url = jwks_url
        self._keys: dict[str, jwt.PyJWK] = {}
        self._not_before = float("-inf")
        self._reachable = True
        self._known: dict[bytes, tuple[float, dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._fetching = threading.Lock()
        """Apart from the other, so that a provider that hangs delays only those whose key is not known."""
        self._places = threading.BoundedSemaphore(_MAY_WAIT)

    def verify(self, bearer: str) -> dict[str, Any]:
        digest = hashlib.sha256(bearer.encode()).digest()
        known = self._known.get(digest)
        if known is not None and time.time() < known[0]:
            return known[1]
        claims = self._decode(bearer)
        with self._lock:
            if len(self._known) >= _CACHED_TOKENS:
                self._known.clear()
            self._known[digest] = (float(claims["exp"]), claims)
        return claims

    def _decode(self, bearer: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(bearer)
            key = self._key(str(header.get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                bearer,
                key,
                algorithms=_ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY_S,
                options={"require": _REQUIRED},
            )
        except jwt.PyJWTError as problem:
            raise Unauthenticated(type(problem).__name__) from problem
        return claims

    def _key(self, kid: str) -> jwt.PyJWK:
        key = self._keys.get(kid)
        if key is None:
            self._refetch()
            key = self._keys.get(kid)
        if key is None:
            raise Unauthenticated("unknown signing key")
        return key

    def _refetch(self) -> None:
        """Asks for the keys, at most once in ten seconds: an invented kid must not become a flood.

        Nor must it take all of a service's threads while the provider hangs: few wait, the others are told to come
        again, and after a failure nobody waits for five seconds.
        Raises: Unavailable.
        """
        if not self._places.acquire(blocking=False):
            raise Unavailable("identity provider", retry_after_s=_RETRY_S)
        try:
            with self._fetching:
                if time.monotonic() >= self._not_before:
                    self._fetch()
                elif not self._reachable:
                    raise Unavailable("identity provider", retry_after_s=_RETRY_S)
        finally:
            self._places.release()

    def _fetch(self) -> None:
        try:
            with asking_keycloak("keys"):
                answer = httpx.get(self._jwks_url, timeout=_TIMEOUT_S)
                answer.raise_for_status()
                keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        except (httpx.HTTPError, ValueError, jwt.PyJWTError) as problem:
            self._reachable, self._not_before = False, time.monotonic() + _RETRY_S
            log.warning("jwks-unreachable", problem=type(problem).__name__)
            raise Unavailable("identity provider", retry_after_s=_RETRY_S) from problem
        self._keys = {key.key_id: key for key in keys if key.key_id and key.public_key_use in (None, "sig")}
        self._reachable, self._not_before = True, time.monotonic() + _REFETCH_S
