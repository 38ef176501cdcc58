"""A province's folder in the tree: its namespace, certificates, users, topics, settings; and the list that names it."""

from collections.abc import Sequence
from pathlib import Path

from deploy.kubernetes import kafka
from deploy.kubernetes.certificates import certificate, database_certificate
from deploy.kubernetes.databases import uri, users
from deploy.kubernetes.document import Document, derived, derived_lines, object_
from deploy.kubernetes.environment import environment
from deploy.kubernetes.jobs import backups, fixity, migration
from deploy.kubernetes.site import TREE, Site, read_site
from deploy.kubernetes.workloads import catalog
from deploy.kubernetes.zones import ZONE, inner
from deploy.provinces.catalogue import load

FOLDER = "provinces"
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
KUSTOMIZATION = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}


def write(code: str, root: Path = TREE) -> Path:
    """Writes a province's folder and puts it on the list; again and again without harm.

    Raises: UnknownProvince: `make province` has not made it yet.
    """
    load(code)
    there = {path.parent.name for path in (root / FOLDER).glob("*/kustomization.yaml")}
    for name, text in {**files(code, read_site(root)), **listed(sorted({*there, code}))}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root / FOLDER / code


def listed(codes: Sequence[str]) -> dict[str, str]:
    """The list that overlays take provinces from."""
    document = {**KUSTOMIZATION, "resources": list(codes)}
    return {f"{FOLDER}/kustomization.yaml": derived([document], "the folders of deploy/provinces")}


def files(code: str, site: Site) -> dict[str, str]:
    """Path in the tree → text."""
    workload, namespace = catalog(code), inner(code)
    source = f"deploy/provinces/{code}"
    documents: dict[str, list[Document]] = {
        "kustomization": [_kustomization(code)],
        "namespace": [namespace_of(namespace, "inner")],
        "certificates": [certificate(workload), database_certificate(namespace)],
        "mongodb-users": [users([workload])],
        "jobs": [migration(workload), *backups([workload]), fixity(workload)],
        "kafka": kafka.provincial(code),
        # of what names none: topics and user are Kafka's
        "own-namespace": [object_("builtin", "NamespaceTransformer", "own-namespace", namespace, unsetOnly=True)],
    }
    folder = f"{FOLDER}/{code}"
    return {
        **{f"{folder}/{name}.yaml": derived(own, source) for name, own in documents.items()},
        f"{folder}/catalog.env": derived_lines(environment(workload, site), f"{source} or deploy/k8s/site.toml"),
        f"{folder}/mongodb-uri": f"{uri(namespace)}\n",
    }


def namespace_of(name: str, zone: str) -> Document:
    """Pods that could reach the node are not admitted."""
    return object_("v1", "Namespace", name, labels={ZONE: zone, **RESTRICTED})


def _kustomization(code: str) -> Document:
    return {
        **KUSTOMIZATION,
        "resources": ["namespace.yaml", "certificates.yaml", "jobs.yaml", "kafka.yaml"],
        "components": ["../../components/province"],
        "patches": [{"path": "mongodb-users.yaml"}],
        "configMapGenerator": [
            {"name": "catalog-settings", "envs": ["catalog.env"]},
            {"name": "mongodb", "files": ["uri=mongodb-uri"]},
        ],
        "labels": [
            {
                "pairs": {"tongdang/principal": catalog(code).principal, "tongdang/region": code},
                "includeTemplates": True,
            }
        ],
        "transformers": ["own-namespace.yaml"],
    }
