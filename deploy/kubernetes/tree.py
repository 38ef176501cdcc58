"""All derived files of `deploy/k8s`, and where each comes from."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from deploy.kubernetes import kafka
from deploy.kubernetes.certificates import (
    certificate,
    database_certificate,
    kafka_certificate,
    keycloak_certificate,
)
from deploy.kubernetes.databases import uri, users
from deploy.kubernetes.document import Document, derived, derived_lines
from deploy.kubernetes.environment import environment
from deploy.kubernetes.gateway import gateway, government_routes
from deploy.kubernetes.jobs import backups, migration, realm
from deploy.kubernetes.monitoring import RULES, rules
from deploy.kubernetes.network import listener_peers, policies
from deploy.kubernetes.province import FOLDER, files, listed, namespace_of
from deploy.kubernetes.site import TREE, Site, read_site
from deploy.kubernetes.workloads import CENTRAL, WITNESS
from deploy.kubernetes.zones import EXCHANGE, GOVERNMENT, PUBLIC, WITNESSES
from deploy.provinces.catalogue import DEFAULT

_EDGES, _WORKLOADS, _SITE = (
    "deploy/kubernetes/edges.py",
    "deploy/kubernetes/workloads.py",
    "deploy/k8s/site.toml",
)
_ZONES = {"public": PUBLIC, "government": GOVERNMENT}


def derive(codes: Sequence[str], site: Site) -> dict[str, str]:
    """Path in the tree → text."""
    written = {
        **{path: derived(documents, source) for path, source, documents in _shared(site)},
        **_plain(site),
        **listed(sorted(codes)),
    }
    for code in codes:
        written |= files(code, site)
    return written


def write(tree: Path = TREE) -> list[Path]:
    """Brings the tree to the tables, with the provinces that are on its list; returns what changed."""
    changed = []
    for name, text in derive(provinces_of(tree), read_site(tree)).items():
        path = tree / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def provinces_of(tree: Path = TREE) -> list[str]:
    """Those that have a folder in the tree; the default ones where none has."""
    return sorted(path.parent.name for path in (tree / FOLDER).glob("*/kustomization.yaml")) or sorted(DEFAULT)


def _shared(site: Site) -> Iterator[tuple[str, str, Sequence[Any]]]:
    """Path, source, documents."""
    namespaces = {**_ZONES, "exchange": EXCHANGE}
    yield (
        "base/namespaces.yaml",
        "deploy/kubernetes/zones.py",
        [namespace_of(name, zone) for zone, name in namespaces.items()],
    )
    for zone, namespace in _ZONES.items():
        own = [row for row in CENTRAL if row.namespace == namespace]
        backed_up = [row for row in own if row.is_backed_up]
        certificates = [*map(certificate, own), database_certificate(namespace)]
        certificates += [keycloak_certificate()] if namespace == GOVERNMENT else []
        jobs = [*map(migration, own), *(realm(row) for row in own if row.name == "auth"), *backups(backed_up)]
        yield f"base/{zone}/network.yaml", _EDGES, policies(namespace)
        yield f"base/{zone}/certificates.yaml", _WORKLOADS, certificates
        yield f"base/{zone}/mongodb-users.yaml", _WORKLOADS, [users(own)]
        yield f"base/{zone}/jobs.yaml", _WORKLOADS, jobs
    topics = "services/common/kafka/topics.py"
    yield "base/exchange/kafka.yaml", topics, kafka.central()
    yield "base/exchange/network.yaml", _EDGES, policies(EXCHANGE)
    yield "base/exchange/certificates.yaml", _WORKLOADS, [kafka_certificate()]
    yield "components/province/network.yaml", _EDGES, policies("")
    yield "components/witnesses/network.yaml", _EDGES, [namespace_of(WITNESSES, "outside"), *policies(WITNESSES)]
    yield "base/public/gateway.yaml", _SITE, gateway(site)
    yield "base/government/routes.yaml", _SITE, government_routes(site)
    yield "base/monitoring/rules.yaml", str(RULES), [rules()]
    yield (
        "base/exchange/listener-peers.yaml",
        _EDGES,
        [_patch("/spec/kafka/listeners/0/networkPolicyPeers", listener_peers())],
    )
    identity = f"https://{site.identity_host}"
    yield "base/government/hostname.yaml", _SITE, [_patch("/spec/hostname/hostname", identity)]


def _plain(site: Site) -> dict[str, str]:
    """Settings, a line each, and connection strings."""
    written = {f"base/{zone}/mongodb-uri": f"{uri(namespace)}\n" for zone, namespace in _ZONES.items()}
    for row in CENTRAL:
        zone = next(zone for zone, namespace in _ZONES.items() if namespace == row.namespace)
        written[f"base/{zone}/{row.name}.env"] = derived_lines(environment(row, site), f"{_WORKLOADS} or {_SITE}")
    written["components/witnesses/witness.env"] = derived_lines(environment(WITNESS, site), _WORKLOADS)
    return written


def _patch(path: str, value: Any) -> list[Document]:
    """Adds a field (RFC 6902)."""
    return [{"op": "add", "path": path, "value": value}]
