"""Network policies: nothing is allowed but the edges of the table, each at both of its ends."""

from collections.abc import Iterable
from itertools import groupby

from deploy.kubernetes.document import Document, object_
from deploy.kubernetes.edges import PARTIES, Edge, Party, edges

_API = "networking.k8s.io/v1"
_BOTH = ["Ingress", "Egress"]
_DNS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}  # fmt: skip
_API_SERVER_PORTS = (443, 6443)
"""Of the Service, and of what stands behind it: plugins differ in which of the two they look at."""


def policies(namespace: str) -> list[Document]:
    """Of one namespace; empty: of every province's, each in its own."""
    own = [party for party in PARTIES.values() if party.ours and party.namespace == namespace]
    return [_deny(namespace), _names(namespace), *(_policy(party) for party in own)]


def listener_peers() -> list[Document]:
    """Strimzi opens its listener by a policy of its own, to everybody unless it is told to whom."""
    rows = [edge for edge in edges() if edge.target == "kafka" and edge.port == 9093]
    return [_peer(PARTIES[name], PARTIES["kafka"]) for name in sorted(edge.source for edge in rows)]


def _deny(namespace: str) -> Document:
    return object_(_API, "NetworkPolicy", "deny", namespace, spec={"podSelector": {}, "policyTypes": _BOTH})


def _names(namespace: str) -> Document:
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [_DNS], "ports": ports}]}
    return object_(_API, "NetworkPolicy", "resolve-names", namespace, spec=spec)


def _policy(party: Party) -> Document:
    coming = [edge for edge in edges() if edge.target == party.name]
    going = [edge for edge in edges() if edge.source == party.name]
    spec = {
        "podSelector": {"matchLabels": dict(party.pod_labels)},
        "policyTypes": _BOTH,
        "ingress": [
            {"from": [_peer(PARTIES[name], party)], "ports": ports} for name, ports in _by_peer(coming, "source")
        ],
        "egress": [_egress(name, party, ports) for name, ports in _by_peer(going, "target")],
    }
    return object_(_API, "NetworkPolicy", party.name, party.namespace, spec=spec)


def _by_peer(rows: Iterable[Edge], end: str) -> list[tuple[str, list[Document]]]:
    def peer(edge: Edge) -> str:
        return str(getattr(edge, end))

    ordered = sorted(rows, key=lambda edge: (peer(edge), edge.port))
    return [(name, [_port(edge.port) for edge in own]) for name, own in groupby(ordered, key=peer)]


def _egress(name: str, party: Party, ports: list[Document]) -> Document:
    if name == "kubernetes-api":  # no pod, so no selector reaches it
        return {"ports": [_port(port) for port in _API_SERVER_PORTS]}
    return {"to": [_peer(PARTIES[name], party)], "ports": ports}


def _peer(other: Party, party: Party) -> Document:
    """Within one namespace without naming it: of two provinces neither reaches the other's database."""
    pods = {"podSelector": {"matchLabels": dict(other.pod_labels)}} if other.pod_labels else {}
    if other.ours and other.namespace == party.namespace:
        return pods
    return {"namespaceSelector": {"matchLabels": dict(other.namespace_labels)}, **pods}


def _port(port: int) -> Document:
    return {"protocol": "TCP", "port": port}
