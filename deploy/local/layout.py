"""Where everything of one local stack lies and listens. Two stacks differ in folder and base port alone."""

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.local.members import USUAL, Members, remembered
from deploy.provinces.catalogue import folder as provinces
from services.common.kafka.topics import CENTRAL, catalog_principal

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_BASE_PORT = 8080
LOG_ORIGIN = "tongdang.local/audit"

WITNESSES = ("witness-1", "witness-2", "witness-3")
"""Of the audit log. On one machine they show how witnessing works, not that anybody independent has looked."""

_GRPC_OFFSET = {"requests": 13, "auth": 14, "discovery": 15, "audit": 16}
_METRICS_OFFSET = {name: 23 + number for number, name in enumerate((*CENTRAL, *WITNESSES))}
_HTTP_OFFSET = {name: 38 + number for number, name in enumerate((*CENTRAL, *WITNESSES))} | {"portal": 0}
_ENGINE_OFFSET = {
    "keycloak": 1,
    "mongo": 2,
    "kafka": 3,
    "kafka-controller": 4,
    "keycloak-management": 5,
}
_FIRST_PROVINCE, _PORTS_A_PROVINCE = 60, 3
"""Each province has gRPC, metrics and HTTP side by side, in the order of joining, and nobody ever leaves: so none moves
another's. With all 34 divisions a stack's ports lie within 162 from its base."""


@dataclass(frozen=True)
class Layout:
    """Ports and folders of one stack."""

    base_port: int
    folder: Path
    engines: Path
    tracing: str = ""
    """Where the services send their spans (OTLP over HTTP); empty: nowhere."""
    members: Members = USUAL
    """Provinces of this stack."""

    @classmethod
    def from_environment(cls) -> "Layout":
        """`TONGDANG_LOCAL_BASE_PORT`, `…_DIR`, `…_TRACING` and `TONGDANG_ENGINES_DIR`, or the defaults.

        The provinces are those that the stack in the folder remembers.
        """
        local = ROOT / ".local"
        folder = Path(os.environ.get("TONGDANG_LOCAL_DIR", local / "state")).absolute()
        return cls(
            base_port=int(os.environ.get("TONGDANG_LOCAL_BASE_PORT", DEFAULT_BASE_PORT)),
            folder=folder,
            engines=Path(os.environ.get("TONGDANG_ENGINES_DIR", local / "engines")).absolute(),
            tracing=os.environ.get("TONGDANG_LOCAL_TRACING", ""),
            members=remembered(folder),
        )

    def as_environment(self) -> dict[str, str]:
        """What `from_environment` reads, for a process that works on this stack."""
        return {
            "TONGDANG_LOCAL_BASE_PORT": str(self.base_port),
            "TONGDANG_LOCAL_DIR": str(self.folder),
            "TONGDANG_ENGINES_DIR": str(self.engines),
            "TONGDANG_LOCAL_TRACING": self.tracing,
            "TONGDANG_PROVINCES_DIR": str(provinces()),
        }

    @property
    def regions(self) -> tuple[str, ...]:
        """Codes of all its provinces, those left out of a run among them."""
        return self.members.regions

    @property
    def catalogs(self) -> tuple[str, ...]:
        """Their catalog services."""
        return tuple(map(catalog_principal, self.regions))

    @property
    def services(self) -> tuple[str, ...]:
        """Everyone who has a database, a certificate and an audit stream, in the order they are started."""
        return (*self.catalogs, *CENTRAL)

    @property
    def running(self) -> tuple[str, ...]:
        """Services that are started: without the provinces left out."""
        left_out = set(map(catalog_principal, self.members.left_out))
        return tuple(name for name in self.services if name not in left_out)

    @property
    def processes(self) -> tuple[str, ...]:
        """Everything of ours that is started; witnesses need no engine."""
        return (*self.running, *WITNESSES)

    @property
    def etc(self) -> Path:
        """Certificates, secrets and rendered configuration."""
        return self.folder / "etc"

    @property
    def data(self) -> Path:
        """What survives a stop."""
        return self.folder / "data"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.folder / "logs"

    @property
    def listens_on(self) -> str:
        """The address that engines and services of this stack listen on."""
        return "127.0.0.1"

    def host(self, name: str) -> str:
        """Where the others of this stack find an engine or a service."""
        return "localhost"

    def port(self, name: str) -> int:
        """An engine's port."""
        return self.base_port + _ENGINE_OFFSET[name]

    def grpc_port(self, service: str) -> int:
        """A service's gRPC port."""
        return self._port(_GRPC_OFFSET, service, 0)

    def http_port(self, service: str) -> int:
        """A service's HTTP port; the portal's is the site."""
        return self._port(_HTTP_OFFSET, service, 2)

    def metrics_port(self, service: str) -> int:
        """Where Prometheus reads a service."""
        return self._port(_METRICS_OFFSET, service, 1)

    def ports(self) -> dict[str, int]:
        """Name → port, of everything that listens."""
        return {
            **{name: self.port(name) for name in _ENGINE_OFFSET},
            **{f"{name} (gRPC)": self.grpc_port(name) for name in self.running if name != "portal"},
            **{f"{name} (metrics)": self.metrics_port(name) for name in self.processes},
            **{f"{name} (HTTP)": self.http_port(name) for name in self.processes},
        }

    @property
    def portal_url(self) -> str:
        """The site."""
        return f"http://localhost:{self.http_port('portal')}"

    @property
    def keycloak_url(self) -> str:
        """The identity provider, as browsers and services both name it."""
        return f"http://localhost:{self.port('keycloak')}"

    @property
    def keycloak_inside_url(self) -> str:
        """The identity provider, as services reach it."""
        return self.keycloak_url

    @property
    def log_url(self) -> str:
        """The verifiable log's public read interface."""
        return f"http://localhost:{self.http_port('audit')}/log"

    @property
    def kafka_bootstrap(self) -> str:
        """Brokers' address."""
        return f"{self.host('kafka')}:{self.port('kafka')}"

    def _port(self, offsets: dict[str, int], service: str, place: int) -> int:
        if service in self.catalogs:
            first = _FIRST_PROVINCE + _PORTS_A_PROVINCE * self.catalogs.index(service)
            return self.base_port + first + place
        return self.base_port + offsets[service]
