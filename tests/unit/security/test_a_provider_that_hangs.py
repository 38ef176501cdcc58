"""Keycloak takes the connection and never answers: who is known goes on, few wait, nobody can use up the threads."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from services.common.domain.errors import Unauthenticated, Unavailable
from services.common.security import tokens as tokens_module
from services.common.security.tokens import TokenVerifier

ISSUER = "http://localhost:8081/realms/tongdang"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """Publishes the key, or hangs until told otherwise; counts who asks."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.asked = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                provider.answers.wait(30)
                jwk = {**jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "k1", "use": "sig"}
                body = json.dumps({"keys": [jwk]}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/certs"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setattr(tokens_module, "_TIMEOUT_S", 0.5)
    monkeypatch.setattr(tokens_module, "_REFETCH_S", 0.0)
    provider = Provider()
    yield provider
    provider.answers.set()
    provider.server.shutdown()
    provider.server.server_close()


def token(kid: str = "k1", subject: str = "s") -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "tongdang", "sub": subject, "iat": now, "exp": now + 300}
    return jwt.encode(claims, KEY, "RS256", {"kid": kid})


def outcome(verifier: TokenVerifier, bearer: str) -> str:
    try:
        verifier.verify(bearer)
    except (Unavailable, Unauthenticated) as problem:
        return type(problem).__name__
    return "known"


def test_invented_keys_neither_ask_again_and_again_nor_hold_up_known_ones(provider: Provider) -> None:
    verifier = TokenVerifier(ISSUER, "tongdang", provider.url)
    assert outcome(verifier, token()) == "known"
    provider.answers.clear()
    before = provider.asked

    with ThreadPoolExecutor(32) as pool:
        invented = [pool.submit(outcome, verifier, token(f"invented-{number}")) for number in range(24)]
        known = [pool.submit(outcome, verifier, token(subject=f"citizen-{number}")) for number in range(8)]
        assert [one.result() for one in known] == ["known"] * 8
        assert {one.result() for one in invented} == {"Unavailable"}

    assert provider.asked == before + 1, "one question for all of them"
    assert outcome(verifier, token("invented")) == "Unavailable", "and none so soon after it failed"
    assert provider.asked == before + 1


def test_a_new_key_is_believed_as_soon_as_the_provider_is_back(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens_module, "_RETRY_S", 0.0)
    provider.answers.clear()
    verifier = TokenVerifier(ISSUER, "tongdang", provider.url)
    assert outcome(verifier, token()) == "Unavailable"
    provider.answers.set()
    assert outcome(verifier, token()) == "known"
    assert outcome(verifier, token("invented")) == "Unauthenticated"
