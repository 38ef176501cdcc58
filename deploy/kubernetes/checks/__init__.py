"""What must hold of a rendered overlay before anybody applies it: each check names every object it finds fault with."""

from collections.abc import Callable, Mapping, Sequence

from deploy.kubernetes.checks import environment, kafka, names, network, pods, references, schemas
from deploy.kubernetes.document import Document

CHECKS: Mapping[str, Callable[[Sequence[Document]], list[str]]] = {
    "schemas": schemas.check,
    "pods": pods.check,
    "environment": environment.check,
    "kafka": kafka.check,
    "network": network.check,
    "references": references.check,
    "names": names.check,
}
