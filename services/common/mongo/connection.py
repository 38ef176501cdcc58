"""How to reach MongoDB where it is not on the same machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class MongoTls:
    """Mutual TLS: our certificate and its key in one PEM file, and the authority the server's must come from."""

    certificate_key_file: Path
    ca_file: Path

    def options(self) -> dict[str, Any]:
        """As the driver names them; the server's name is checked too."""
        return {
            "tls": True,
            "tlsCertificateKeyFile": str(self.certificate_key_file),
            "tlsCAFile": str(self.ca_file),
        }
