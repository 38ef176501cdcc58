"""Each container of ours: what it may use, what it may not do, and how it is known to be well."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from deploy.kubernetes.checks.objects import SERVERS, Pod, pods
from deploy.kubernetes.document import Document

_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_STOPS_WITHIN_S = 10
_Holds = Callable[[Pod, Document], bool]

RULES: Mapping[str, _Holds] = {
    "requests": lambda pod, one: all(one.get("resources", {}).get("requests", {}).get(name) for name in _RESOURCES),
    "limits": lambda pod, one: all(one.get("resources", {}).get("limits", {}).get(name) for name in _RESOURCES),
    "probes": lambda pod, one: pod.kind not in SERVERS or all(probe in one for probe in _PROBES),
    "time to stop": lambda pod, one: pod.kind not in SERVERS or _stops_in_time(pod, one),
    "a read-only root": lambda pod, one: _security(one).get("readOnlyRootFilesystem") is True,
    "no privilege escalation": lambda pod, one: _security(one).get("allowPrivilegeEscalation") is False,
    "all capabilities dropped": lambda pod, one: _security(one).get("capabilities") == {"drop": ["ALL"]},
    "a user that is not root": lambda pod, one: (
        _person(pod).get("runAsNonRoot") is True and int(_person(pod).get("runAsUser", 0)) > 0
    ),
    "a seccomp profile": lambda pod, one: _person(pod).get("seccompProfile") == {"type": "RuntimeDefault"},
    "no token of the cluster": lambda pod, one: pod.spec.get("automountServiceAccountToken") is False,
    "no part of the node": lambda pod, one: (
        not any(pod.spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC"))
        and not any("hostPath" in volume for volume in pod.spec.get("volumes", ()))
    ),
}


def check(objects: Sequence[Document]) -> list[str]:
    """`Deployment a/b, container c: lacks limits`."""
    return list(_lacking(objects))


def _lacking(objects: Sequence[Document]) -> Iterator[str]:
    for pod in pods(objects):
        for container in pod.containers:
            for name, holds in RULES.items():
                if not holds(pod, container):
                    yield f"{pod}, container {container['name']}: lacks {name}"


def _security(container: Document) -> Document:
    return dict(container.get("securityContext", {}))


def _person(pod: Pod) -> Document:
    return dict(pod.spec.get("securityContext", {}))


def _stops_in_time(pod: Pod, container: Document) -> bool:
    """It leaves the endpoints first, and then has the ten seconds that a service takes at most."""
    pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    return bool(pause > 0 and pod.spec.get("terminationGracePeriodSeconds", 0) > pause + _STOPS_WITHIN_S)
