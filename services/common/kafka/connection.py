"""How to reach Kafka: mutual TLS with the service's own certificate."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class KafkaConnection:
    """Broker addresses and PEM files."""

    bootstrap: str
    certificate_file: Path
    key_file: Path
    ca_file: Path

    def options(self) -> dict[str, Any]:
        """Options every kafka-python client of this service shares."""
        return {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": "SSL",
            "ssl_cafile": str(self.ca_file),
            "ssl_certfile": str(self.certificate_file),
            "ssl_keyfile": str(self.key_file),
            "ssl_check_hostname": True,
            "reconnect_backoff_ms": 100,
            "reconnect_backoff_max_ms": 2_000,
        }
