"""A witness of the audit log: `python -m services.audit.witness serve`; `key` prints its verifier key.

It is meant to be run by somebody else than the log: needs no database, no Kafka and none of the platform's
certificates, only its own key, the log's public key and a file that survives.
"""

import signal
import threading
import time
from typing import cast

import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.domain.notes import COSIGNATURE, InvalidNote, verifier_key
from services.audit.witness.memory import Memory, MemoryUnreadable
from services.audit.witness.server import WitnessServer
from services.audit.witness.settings import WitnessSettings
from services.audit.witness.witness import Witness
from services.common.command_line import run_command
from services.common.logging import configure_logging
from services.common.metrics_endpoint import MetricsEndpoint
from services.common.settings import read_secret

log = structlog.get_logger()


def run_service() -> None:
    """Serves until told to stop."""
    settings = WitnessSettings()
    name = settings.identity.principal
    configure_logging(name, settings.log.level)
    memory = Memory(settings.state.file)
    log_key = read_secret(settings.keys.log_file)
    witness = Witness(name, _key(settings), log_key, memory, lambda: int(time.time()))
    server = WitnessServer(settings.http.host, settings.http.port, witness.add_checkpoint)
    metrics = MetricsEndpoint(settings.metrics.host, settings.metrics.port)
    metrics.start()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    log.info("serving", http=settings.http.port)
    stopping.wait()
    server.shutdown()
    metrics.stop()
    log.info("stopped")


def print_key() -> None:
    """The verifier key that logs and verifiers are given."""
    settings = WitnessSettings()
    public = _key(settings).public_key().public_bytes_raw()
    print(verifier_key(settings.identity.principal, public, COSIGNATURE))  # noqa: T201 - a command's answer


def _key(settings: WitnessSettings) -> Ed25519PrivateKey:
    return cast(Ed25519PrivateKey, serialization.load_pem_private_key(settings.keys.own_file.read_bytes(), None))


if __name__ == "__main__":
    run_command({"serve": run_service, "run": run_service, "key": print_key}, (InvalidNote, MemoryUnreadable))
