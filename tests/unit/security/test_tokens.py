"""Whose tokens are believed: one realm's, for this audience, signed by its key, while they last."""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from services.common.domain.errors import Unauthenticated
from services.common.security.tokens import TokenVerifier

ISSUER = "http://localhost:8081/realms/tongdang"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FOREIGN = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> TokenVerifier:
    """A verifier that knows the realm's key."""
    jwk = {**jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "k1", "use": "sig"}

    class Answer:
        def raise_for_status(self) -> None: ...

        def json(self) -> dict[str, Any]:
            return {"keys": [jwk]}

    monkeypatch.setattr("services.common.security.tokens.httpx.get", lambda *_, **__: Answer())
    return TokenVerifier(ISSUER, "tongdang", "http://localhost/certs")


def _token(key: Any = KEY, kid: str = "k1", algorithm: str = "RS256", **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "tongdang", "sub": "s", "iat": now, "exp": now + 300, **changes}
    return jwt.encode({name: value for name, value in claims.items() if value}, key, algorithm, {"kid": kid})


def test_a_live_token_of_the_realm_is_believed(tokens: TokenVerifier) -> None:
    assert tokens.verify(_token())["sub"] == "s"


@pytest.mark.parametrize(
    "token",
    [
        _token(iss="http://localhost:8081/realms/master"),
        _token(aud="account"),
        _token(aud=None),
        _token(exp=int(time.time()) - 60),
        _token(exp=None),
        _token(key=FOREIGN),
        _token(kid="other"),
        _token(key="a shared secret of thirty-two bytes", algorithm="HS256"),
        jwt.encode({"sub": "s"}, None, "none"),
        "not a token",
    ],
    ids=[
        "realm",
        "audience",
        "no audience",
        "expired",
        "no end",
        "foreign key",
        "unknown kid",
        "HS256",
        "none",
        "noise",
    ],
)
def test_any_other_is_not(tokens: TokenVerifier, token: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.verify(token)
