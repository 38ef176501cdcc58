"""The witness's port: one POST, and whether it lives."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog

from services.audit.witness.witness import Answer

MAX_BODY = 64 * 1024
"""Bytes; a proof of 63 hashes and a checkpoint with many signatures need a tenth."""
_PATIENCE_S = 10
_AT_ONCE = 16

log = structlog.get_logger()


class WitnessServer(ThreadingHTTPServer):
    """`POST /add-checkpoint`, `GET /healthz`, `GET /readyz`.

    A connection that is silent for ten seconds is closed; of more than sixteen at a time the later ones wait.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, add_checkpoint: Callable[[bytes], Answer]) -> None:
        super().__init__((host, port), _Handler)
        self.add_checkpoint = add_checkpoint
        self.places = threading.BoundedSemaphore(_AT_ONCE)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE_S
    server_version = "tongdang-witness"
    sys_version = ""
    server: WitnessServer

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._refuse(404, "no such path\n")
        elif not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
            self._refuse(413, f"expected: a body of known length, at most {MAX_BODY} bytes\n")
        else:
            body = self.rfile.read(int(length))
            with self.server.places:
                answer = self._answered(body)
            self._say(answer.status, answer.body, answer.media_type)

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._say(200, "ok")
        elif self.path == "/readyz":
            self._say(200, json.dumps({"ready": True, "troubles": {}}), "application/json")
        else:
            self._say(404, "no such path\n")

    def _answered(self, body: bytes) -> Answer:
        try:
            return self.server.add_checkpoint(body)
        except OSError as problem:
            log.error("memory-not-kept", problem=type(problem).__name__)
            return Answer(503, "the witness cannot remember, so it does not cosign\n", "not-kept")

    def _refuse(self, status: int, text: str) -> None:
        """Without reading a body, so the connection cannot go on."""
        self.close_connection = True
        self._say(status, text)

    def _say(self, status: int, text: str, media_type: str = "text/plain; charset=utf-8") -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: refusals that matter are told by the witness, and addresses are nobody's business."""
