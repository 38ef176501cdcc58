"""Who speaks to whom, and nobody else: calls from the services' own access tables, the rest from one table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from deploy.kubernetes.workloads import GRPC, HTTP, METRICS
from deploy.kubernetes.zones import EXCHANGE, GOVERNMENT, PUBLIC, ROLE, WITNESSES, ZONE
from services.audit.entrypoints.access import ACCESS as AUDIT
from services.auth.entrypoints.access import ACCESS as AUTH
from services.catalog.operations import ACCESS as CATALOG
from services.common.domain.access import AccessTable
from services.discovery.entrypoints.access import ACCESS as DISCOVERY
from services.requests.entrypoints.access import ACCESS as REQUESTS

NAMESPACE_NAME = "kubernetes.io/metadata.name"
ACCESS: Mapping[str, AccessTable] = {
    "requests": REQUESTS,
    "auth": AUTH,
    "audit": AUDIT,
    "discovery": DISCOVERY,
    "catalog": CATALOG,
}


@dataclass(frozen=True)
class Party:
    """Pods, by the labels of their namespace and their own; `ours`: we write its policy, in `namespace`.

    `namespace` is empty where the same party stands in several: a province's.
    """

    name: str
    namespace: str
    namespace_labels: Mapping[str, str] = field(hash=False)
    pod_labels: Mapping[str, str] = field(hash=False)
    ours: bool = True


def _party(name: str, namespace: str, **pod_labels: str) -> Party:
    labels = {key.replace("__", "/").replace("_", "."): value for key, value in pod_labels.items()}
    return Party(name, namespace, {NAMESPACE_NAME: namespace}, labels or _named(name))


def _named(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name}


_INNER = {ZONE: "inner"}
PARTIES: Mapping[str, Party] = {
    party.name: party
    for party in (
        _party("portal", PUBLIC),
        _party("discovery", PUBLIC),
        Party("mongodb-public", PUBLIC, {NAMESPACE_NAME: PUBLIC}, _named("mongodb")),
        _party("requests", GOVERNMENT),
        _party("auth", GOVERNMENT),
        _party("audit", GOVERNMENT),
        Party("mongodb-government", GOVERNMENT, {NAMESPACE_NAME: GOVERNMENT}, _named("mongodb")),
        Party("keycloak", GOVERNMENT, {NAMESPACE_NAME: GOVERNMENT}, {"app": "keycloak"}),
        _party("keycloak-operator", GOVERNMENT),
        Party("keycloak-db", GOVERNMENT, {NAMESPACE_NAME: GOVERNMENT}, {"cnpg.io/cluster": "keycloak-db"}),
        Party("catalog", "", _INNER, _named("catalog")),
        Party("mongodb-inner", "", _INNER, _named("mongodb")),
        Party("kafka", EXCHANGE, {NAMESPACE_NAME: EXCHANGE}, {"strimzi.io/name": "kafka-kafka"}),
        Party("entity-operator", EXCHANGE, {NAMESPACE_NAME: EXCHANGE}, {"strimzi.io/name": "kafka-entity-operator"}),
        _party("witness", WITNESSES),
        Party("gateway", "", {ROLE: "gateway"}, {}, ours=False),
        Party("monitoring", "", {ROLE: "monitoring"}, {}, ours=False),
        Party("operators", "", {ROLE: "operator"}, {}, ours=False),
        Party("kubernetes-api", "", {}, {}, ours=False),
    )
}


@dataclass(frozen=True)
class Edge:
    """`source` opens connections to `port` of `target`."""

    source: str
    target: str
    port: int


SERVICES = ("portal", "discovery", "requests", "auth", "audit", "catalog")
_DATABASE = {
    "portal": "mongodb-public",
    "discovery": "mongodb-public",
    "requests": "mongodb-government",
    "auth": "mongodb-government",
    "audit": "mongodb-government",
    "catalog": "mongodb-inner",
}
_ENGINES = (
    *(Edge(service, "kafka", 9093) for service in SERVICES),
    *(Edge(service, database, 27017) for service, database in _DATABASE.items()),
    *(Edge(service, "keycloak", 8443) for service in SERVICES),  # the keys that tokens are verified with
    *(Edge(database, database, 27017) for database in sorted(set(_DATABASE.values()))),
    *(Edge(database, "kubernetes-api", 443) for database in sorted(set(_DATABASE.values()))),  # its agent's own pod
    Edge("kafka", "kafka", 9090),
    Edge("kafka", "kafka", 9091),
    Edge("entity-operator", "kafka", 9091),
    Edge("entity-operator", "kubernetes-api", 443),
    Edge("operators", "kafka", 9090),
    Edge("operators", "kafka", 9091),
    Edge("operators", "kafka", 8443),
    Edge("keycloak", "keycloak-db", 5432),
    Edge("keycloak", "keycloak", 7800),
    Edge("keycloak", "keycloak", 57800),
    Edge("keycloak-operator", "kubernetes-api", 443),
    Edge("keycloak-operator", "keycloak", 9000),
    Edge("keycloak-db", "keycloak-db", 5432),
    Edge("keycloak-db", "keycloak-db", 8000),
    Edge("keycloak-db", "kubernetes-api", 443),
    Edge("operators", "keycloak-db", 8000),
    Edge("operators", "keycloak-db", 5432),
)
_OUTSIDE = (
    Edge("gateway", "portal", HTTP),
    Edge("gateway", "audit", HTTP),
    Edge("gateway", "keycloak", 8080),
    Edge("audit", "witness", HTTP),
    *(Edge("monitoring", name, METRICS) for name in (*SERVICES, "witness")),
    Edge("monitoring", "keycloak", 9000),
)


@cache
def edges() -> frozenset[Edge]:
    """Every connection of the architecture."""
    return frozenset({*calls(), *_ENGINES, *_OUTSIDE})


def calls() -> set[Edge]:
    """gRPC: whoever a service's access table admits. The operator's tools are run inside a service's own pod."""
    return {
        Edge("catalog" if caller == "catalog-" else caller, callee, GRPC)
        for callee, table in ACCESS.items()
        for row in table.values()
        for caller in row.callers
        if caller != "operator"
    }
