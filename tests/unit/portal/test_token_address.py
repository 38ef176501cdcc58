"""Where the issuer's address is for browsers alone, codes are exchanged at the provider's address inside."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from services.portal.adapters.identity_provider import IdentityProvider
from services.portal.settings import PortalOidc

OUTSIDE = "https://id.tongdang.example/realms/tongdang"


class Inside(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.dumps({"access_token": self.path, "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def inside() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Inside)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_code_goes_to_the_address_inside(inside: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s")
    oidc = PortalOidc(
        issuer=OUTSIDE,
        jwks_url=f"{inside}/certs",
        client_id="portal",
        client_secret_file=secret,
        token_url=f"{inside}/token",
    )
    provider = IdentityProvider(oidc, "https://tongdang.example")

    assert provider.finish("code", "v" * 64)["access_token"] == "/token"
    assert provider.refresh("refresh")["access_token"] == "/token"
    assert provider.sign_out_url("id").startswith(OUTSIDE)
