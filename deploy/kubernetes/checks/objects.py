"""Looking into rendered objects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.kubernetes.document import Document

SERVERS = ("Deployment", "StatefulSet")
PARTS = {"app.kubernetes.io/part-of": "tongdang"}


@dataclass(frozen=True)
class Pod:
    """A pod template of ours. `kind`: of what makes it."""

    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    spec: Document
    claims: tuple[str, ...]
    """Volumes that a StatefulSet makes for itself."""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def containers(self) -> list[Document]:
        """Initialising ones too."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]

    @property
    def workload(self) -> str:
        """Of the table of workloads."""
        return self.labels["app.kubernetes.io/name"]


def of_kind(objects: Sequence[Document], *kinds: str) -> Iterator[Document]:
    """In their order."""
    return (one for one in objects if one["kind"] in kinds)


def name_of(one: Document) -> tuple[str, str]:
    """Namespace, empty where it has none, and name."""
    metadata = one["metadata"]
    return str(metadata.get("namespace", "")), str(metadata["name"])


def spoken(one: Document) -> str:
    """For a message."""
    return f"{one['kind']} {'/'.join(part for part in name_of(one) if part)}"


def pods(objects: Sequence[Document]) -> list[Pod]:
    """Of our own workloads; what operators make is theirs."""
    found = []
    for one in of_kind(objects, *SERVERS, "Job", "CronJob"):
        spec = one["spec"]
        template = (spec["jobTemplate"]["spec"] if one["kind"] == "CronJob" else spec)["template"]
        claims = tuple(claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", ()))
        labels = template["metadata"]["labels"]
        found.append(Pod(one["kind"], *name_of(one), labels, template["spec"], claims))
    return found


def config_map(objects: Sequence[Document], namespace: str, name: str) -> Mapping[str, str] | None:
    """Its entries."""
    for one in of_kind(objects, "ConfigMap"):
        if name_of(one) == (namespace, name):
            entries: Mapping[str, str] = one.get("data", {})
            return entries
    return None


def variables(objects: Sequence[Document], pod: Pod) -> dict[str, Any]:
    """What its one container finds in its environment: from ConfigMaps, then from itself."""
    found: dict[str, Any] = {}
    for container in pod.containers:
        for source in container.get("envFrom", ()):
            found |= config_map(objects, pod.namespace, source["configMapRef"]["name"]) or {}
        found |= {row["name"]: row.get("value", "") for row in container.get("env", ())}
    return found
