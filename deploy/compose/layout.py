"""Where everything is, seen from inside the containers: each has its own host name, and all have the same ports."""

from dataclasses import dataclass
from pathlib import Path

from deploy.local.layout import Layout
from deploy.local.members import Members

ETC, DATA = Path("/etc/tongdang"), Path("/var/lib/tongdang")
GRPC, HTTP, METRICS = 8443, 8080, 9464
_ENGINES = {"mongo": 27017, "kafka": 9092, "kafka-controller": 9093, "keycloak": 8080, "keycloak-management": 9000}
PUBLISHED = {"portal": 8080, "keycloak": 8081, "audit": 8082}
"""What a browser on the machine reaches, and on which port: the site, where people sign in, the public log."""


@dataclass(frozen=True)
class ComposeLayout(Layout):
    """A stack whose engines and services are hosts named like themselves."""

    @classmethod
    def of(cls, regions: tuple[str, ...]) -> "ComposeLayout":
        """With these provinces."""
        return cls(base_port=0, folder=DATA, engines=Path("/opt"), members=Members(regions))

    @property
    def listens_on(self) -> str:
        return "0.0.0.0"  # noqa: S104 - of a container; what leaves the machine is published by name

    def host(self, name: str) -> str:
        return name

    @property
    def etc(self) -> Path:
        return ETC

    @property
    def data(self) -> Path:
        return DATA

    def port(self, name: str) -> int:
        return _ENGINES[name]

    def grpc_port(self, service: str) -> int:
        return GRPC

    def http_port(self, service: str) -> int:
        return HTTP

    def metrics_port(self, service: str) -> int:
        return METRICS

    @property
    def portal_url(self) -> str:
        return _published("portal")

    @property
    def keycloak_url(self) -> str:
        return _published("keycloak")

    @property
    def keycloak_inside_url(self) -> str:
        return f"http://keycloak:{self.port('keycloak')}"

    @property
    def log_url(self) -> str:
        return f"{_published('audit')}/log"


def _published(name: str) -> str:
    return f"http://localhost:{PUBLISHED[name]}"
