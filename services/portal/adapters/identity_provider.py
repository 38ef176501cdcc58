"""Signing in at Keycloak: authorisation code with PKCE, by Authlib."""

from dataclasses import dataclass
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client

from services.common.domain.errors import Unauthenticated, Unavailable
from services.common.security.measured import asking_keycloak
from services.common.security.tokens import TokenVerifier
from services.common.settings import read_secret
from services.portal.settings import PortalOidc

_REACH_S = 3


class ProviderUnavailable(Unavailable):
    """Nobody can sign in at the moment; who is signed in goes on."""

    code = "SIGN_IN_UNAVAILABLE"


@dataclass(frozen=True)
class SignIn:
    """A sign-in under way; kept on our side until the browser comes back."""

    url: str
    state: str
    verifier: str
    nonce: str


class IdentityProvider:
    """The realm, as the portal's client sees it."""

    def __init__(self, oidc: PortalOidc, public_url: str) -> None:
        self._oidc = oidc
        self._callback = f"{public_url}/signin/callback"
        self._after = f"{public_url}/"
        self._base = f"{oidc.issuer}/protocol/openid-connect"
        self._token_url = oidc.token_url or f"{self._base}/token"
        self._access = TokenVerifier(oidc.issuer, oidc.audience, oidc.jwks_url)
        self._identity = TokenVerifier(oidc.issuer, oidc.client_id, oidc.jwks_url)

    def begin(self, language: str) -> SignIn:
        """Where to send the browser, once the provider has answered us: its own error page would be the browser's.

        Raises: ProviderUnavailable.
        """
        try:
            httpx.get(self._oidc.jwks_url, timeout=_REACH_S).raise_for_status()
        except httpx.HTTPError as problem:
            raise ProviderUnavailable(type(problem).__name__, retry_after_s=5) from problem
        verifier, nonce = generate_token(64), generate_token(32)
        locale = "zh-CN" if language == "zh" else "en"
        with self._client() as client:
            url, state = client.create_authorization_url(
                f"{self._base}/auth", code_verifier=verifier, nonce=nonce, ui_locales=locale
            )
        return SignIn(url, state, verifier, nonce)

    def finish(self, code: str, verifier: str) -> dict[str, Any]:
        """Tokens for a code.

        Raises: Unauthenticated, ProviderUnavailable.
        """
        return self._fetch(lambda client: client.fetch_token(self._token_url, code=code, code_verifier=verifier))

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        """Fresh tokens.

        Raises: Unauthenticated: the session at the provider ended; ProviderUnavailable.
        """
        return self._fetch(lambda client: client.refresh_token(self._token_url, refresh_token=refresh_token))

    def claims(self, tokens: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Verified claims of access and ID token.

        Raises: Unauthenticated.
        """
        return self._access.verify(str(tokens["access_token"])), self._identity.verify(str(tokens["id_token"]))

    def sign_out_url(self, id_token: str) -> str:
        """Ends the session at the provider and comes back to the home page."""
        query = httpx.QueryParams(id_token_hint=id_token, post_logout_redirect_uri=self._after)
        return f"{self._base}/logout?{query}"

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            client_id=self._oidc.client_id,
            client_secret=read_secret(self._oidc.client_secret_file),
            redirect_uri=self._callback,
            scope="openid",
            code_challenge_method="S256",
            timeout=10,
        )

    def _fetch(self, work: Any) -> dict[str, Any]:
        try:
            with asking_keycloak("token"), self._client() as client:
                return dict(work(client))
        except AuthlibBaseError as problem:
            raise Unauthenticated(str(problem.error)) from problem
        except httpx.HTTPError as problem:
            raise ProviderUnavailable(type(problem).__name__, retry_after_s=5) from problem
