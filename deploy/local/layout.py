"""Where everything of one local stack lies and listens. Two stacks differ in folder and base port alone."""

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.provinces.catalogue import DEFAULT

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_BASE_PORT = 8080
LOG_ORIGIN = "tongdang.local/audit"

REGIONS = DEFAULT
CATALOGS = tuple(f"catalog-{region}" for region in REGIONS)
SERVICES = (*CATALOGS, "requests", "auth", "discovery", "audit", "portal")
"""In the order they are started."""
WITNESSES = ("witness-1", "witness-2", "witness-3")
"""Of the audit log. On one machine they show how witnessing works, not that anybody independent has looked."""
PROCESSES = (*SERVICES, *WITNESSES)
"""Everything of ours that runs; witnesses need no engine."""

_GRPC_OFFSET = {name: 10 + number for number, name in enumerate(SERVICES) if name != "portal"}
_METRICS_OFFSET = {name: 20 + number for number, name in enumerate(PROCESSES)}
_HTTP_OFFSET = {name: 35 + number for number, name in enumerate(PROCESSES)} | {"portal": 0}
_ENGINE_OFFSET = {
    "keycloak": 1,
    "mongo": 2,
    "kafka": 3,
    "kafka-controller": 4,
    "keycloak-management": 5,
}


@dataclass(frozen=True)
class Layout:
    """Ports and folders of one stack."""

    base_port: int
    folder: Path
    engines: Path
    tracing: str = ""
    """Where the services send their spans (OTLP over HTTP); empty: nowhere."""

    @classmethod
    def from_environment(cls) -> "Layout":
        """`TONGDANG_LOCAL_BASE_PORT`, `…_DIR`, `…_TRACING` and `TONGDANG_ENGINES_DIR`, or the defaults."""
        local = ROOT / ".local"
        return cls(
            base_port=int(os.environ.get("TONGDANG_LOCAL_BASE_PORT", DEFAULT_BASE_PORT)),
            folder=Path(os.environ.get("TONGDANG_LOCAL_DIR", local / "state")).absolute(),
            engines=Path(os.environ.get("TONGDANG_ENGINES_DIR", local / "engines")).absolute(),
            tracing=os.environ.get("TONGDANG_LOCAL_TRACING", ""),
        )

    def as_environment(self) -> dict[str, str]:
        """What `from_environment` reads, for a process that works on this stack."""
        return {
            "TONGDANG_LOCAL_BASE_PORT": str(self.base_port),
            "TONGDANG_LOCAL_DIR": str(self.folder),
            "TONGDANG_ENGINES_DIR": str(self.engines),
            "TONGDANG_LOCAL_TRACING": self.tracing,
        }

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

    def port(self, name: str) -> int:
        """An engine's port."""
        return self.base_port + _ENGINE_OFFSET[name]

    def grpc_port(self, service: str) -> int:
        """A service's gRPC port."""
        return self.base_port + _GRPC_OFFSET[service]

    def http_port(self, service: str) -> int:
        """A service's HTTP port; the portal's is the site."""
        return self.base_port + _HTTP_OFFSET[service]

    def metrics_port(self, service: str) -> int:
        """Where Prometheus reads a service."""
        return self.base_port + _METRICS_OFFSET[service]

    def ports(self) -> dict[str, int]:
        """Name → port, of everything that listens."""
        return {
            **{name: self.port(name) for name in _ENGINE_OFFSET},
            **{f"{name} (gRPC)": self.grpc_port(name) for name in _GRPC_OFFSET},
            **{f"{name} (metrics)": self.metrics_port(name) for name in PROCESSES},
            **{f"{name} (HTTP)": self.http_port(name) for name in PROCESSES},
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
    def log_url(self) -> str:
        """The verifiable log's public read interface."""
        return f"http://localhost:{self.http_port('audit')}/log"

    @property
    def kafka_bootstrap(self) -> str:
        """Brokers' address."""
        return f"localhost:{self.port('kafka')}"
