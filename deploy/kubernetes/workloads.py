"""Our own workloads: where each runs, how it is started, and the ports that all of them share."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_settings import BaseSettings

from deploy.kubernetes.zones import GOVERNMENT, PUBLIC, WITNESSES, inner
from services.audit.settings import AuditSettings
from services.audit.witness.settings import WitnessSettings
from services.auth.settings import AuthSettings
from services.catalog.settings import CatalogSettings
from services.common.kafka.topics import catalog_principal
from services.discovery.settings import DiscoverySettings
from services.portal.settings import PortalSettings
from services.requests.settings import RequestsSettings

GRPC, HTTP, METRICS = 8443, 8080, 9090
"""The same in every pod."""


@dataclass(frozen=True)
class Workload:
    """A service in one namespace. `name`: of its objects there; `principal`: of its certificate, topics and stream."""

    name: str
    principal: str
    namespace: str
    module: str
    settings: type[BaseSettings]
    region: str = ""

    @property
    def serves_grpc(self) -> bool:
        """Whether other services call it."""
        return "grpc" in self.settings.model_fields

    @property
    def has_database(self) -> bool:
        """Whether it has one of its own, to be migrated and backed up."""
        return "mongo" in self.settings.model_fields

    @property
    def is_backed_up(self) -> bool:
        """The portal's sessions and drafts are not (docs/operations.md, Backup)."""
        return self.has_database and self.name != "portal"

    @property
    def database(self) -> str:
        """`catalog-320000` → `catalog_320000`."""
        return self.principal.replace("-", "_")

    @property
    def host(self) -> str:
        """Name of its Service, as its certificate carries it."""
        return f"{self.name}.{self.namespace}.svc"


CENTRAL = (
    Workload("requests", "requests", GOVERNMENT, "services.requests", RequestsSettings),
    Workload("auth", "auth", GOVERNMENT, "services.auth", AuthSettings),
    Workload("audit", "audit", GOVERNMENT, "services.audit", AuditSettings),
    Workload("discovery", "discovery", PUBLIC, "services.discovery", DiscoverySettings),
    Workload("portal", "portal", PUBLIC, "services.portal", PortalSettings),
)
WITNESS = Workload("witness", "witness", WITNESSES, "services.audit.witness", WitnessSettings)
WITNESS_PRINCIPALS = ("witness-1", "witness-2", "witness-3")
"""Of the component `witnesses`: pods of one StatefulSet, counted from 1."""


def catalog(code: str) -> Workload:
    """A province's own service."""
    return Workload("catalog", catalog_principal(code), inner(code), "services.catalog", CatalogSettings, code)


def workloads(codes: Sequence[str]) -> list[Workload]:
    """All of the platform's with these provinces; witnesses are others' and not among them."""
    return [*CENTRAL, *map(catalog, codes)]
