"""One certificate for each principal: for its gRPC port, and as a client of the others, of Kafka and of MongoDB.

Its subject is the principal and nothing else, since Kafka's rights and MongoDB's users are named after it.
"""

from collections.abc import Sequence

from deploy.kubernetes.document import Document, object_
from deploy.kubernetes.workloads import Workload
from deploy.kubernetes.zones import EXCHANGE, GOVERNMENT

_VALID, _RENEW_BEFORE = "2160h", "1080h"
"""90 days, renewed after 45. What is in use changes with a restart; the alert comes 21 days before its end."""


def certificate(workload: Workload) -> Document:
    """Of a service."""
    return _certificate(workload.name, workload.namespace, workload.principal, _names(workload.host))


def database_certificate(namespace: str) -> Document:
    """Of the members of a namespace's MongoDB."""
    service = f"mongodb-svc.{namespace}.svc"
    return _certificate("mongodb", namespace, "mongodb", [*_names(service), *(f"*.{name}" for name in _names(service))])


def kafka_certificate() -> Document:
    """Of its listener: the bootstrap address, and each broker's."""
    brokers = f"kafka-kafka-brokers.{EXCHANGE}.svc"
    hosts = [*_names(f"kafka-kafka-bootstrap.{EXCHANGE}.svc"), *(f"*.{name}" for name in _names(brokers))]
    return _certificate("kafka", EXCHANGE, "kafka", hosts)


def keycloak_certificate() -> Document:
    """Of its address inside."""
    return _certificate("keycloak", GOVERNMENT, "keycloak", _names(f"keycloak-service.{GOVERNMENT}.svc"))


def _names(host: str) -> list[str]:
    return [host, f"{host}.cluster.local"]


def _certificate(name: str, namespace: str, common_name: str, hosts: Sequence[str]) -> Document:
    spec = {
        "secretName": f"{name}-tls",
        "commonName": common_name,
        "dnsNames": list(hosts),
        "duration": _VALID,
        "renewBefore": _RENEW_BEFORE,
        "usages": ["digital signature", "server auth", "client auth"],
        "privateKey": {"algorithm": "ECDSA", "size": 256, "encoding": "PKCS8", "rotationPolicy": "Always"},
        "additionalOutputFormats": [{"type": "CombinedPEM"}],
        "issuerRef": {"name": "tongdang", "kind": "ClusterIssuer", "group": "cert-manager.io"},
    }
    return object_("cert-manager.io/v1", "Certificate", name, namespace, spec=spec)
