"""Tokens of sample people, by password grant of the client that only local stacks have."""

import time

import httpx

from deploy.local.keys import secret
from deploy.local.layout import Layout

_REFRESH_S = 200


class SampleTokens:
    """Access tokens by username, asked for again before they end."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._known: dict[str, tuple[float, str]] = {}

    def __call__(self, username: str) -> str:
        """The access token.

        Raises: httpx.HTTPError: Keycloak refused or is down.
        """
        at, token = self._known.get(username, (0.0, ""))
        if time.monotonic() - at > _REFRESH_S or not token:
            answer = httpx.post(
                f"{self._layout.keycloak_inside_url}/realms/tongdang/protocol/openid-connect/token",
                data={
                    "grant_type": "password",
                    "client_id": "local-tools",
                    "username": username,
                    "password": secret(self._layout, "people"),
                },
                timeout=30,
            )
            answer.raise_for_status()
            token = str(answer.json()["access_token"])
            self._known[username] = (time.monotonic(), token)
        return token
