"""Each pod's environment is what its settings class reads: every required name, none it does not know, its ports."""

from collections.abc import Iterator, Mapping, Sequence

from deploy.kubernetes.checks.objects import SERVERS, Pod, pods, variables
from deploy.kubernetes.document import Document
from deploy.kubernetes.workloads import WITNESS, Workload, workloads
from deploy.settings_names import names

_OWN = "TONGDANG_"


def check(objects: Sequence[Document]) -> list[str]:
    """`Deployment a/b: TONGDANG_REQUESTS__GRPC__PROT is no setting`."""
    return [f"{pod}: {problem}" for pod in pods(objects) for problem in _problems(objects, pod)]


def _problems(objects: Sequence[Document], pod: Pod) -> Iterator[str]:
    workload = _workload(pod)
    found = {name: value for name, value in variables(objects, pod).items() if name.startswith(_OWN)}
    needed, known = names(workload.settings)
    yield from (f"{name} is not set" for name in sorted(needed - set(found)))
    yield from (f"{name} is no setting" for name in sorted(set(found) - known))
    yield from (f"{name} listens for its own pod alone" for name in sorted(known) if _closed(name, found))
    opened = {row["containerPort"] for one in pod.containers for row in one.get("ports", ())}
    listened = {int(value) for name, value in found.items() if name.endswith("__PORT")}
    if pod.kind in SERVERS and opened != listened:
        yield f"listens at {sorted(listened)}, opens {sorted(opened)}"
    module = next((one["args"][0] for one in pod.containers if "args" in one), workload.module)
    if module != workload.module:
        yield f"starts {module}, expected {workload.module}"


def _closed(name: str, found: Mapping[str, str]) -> bool:
    return name.endswith("__HOST") and found.get(name) != "0.0.0.0"  # noqa: S104 - what a pod has to listen on


def _workload(pod: Pod) -> Workload:
    rows = [*workloads([pod.labels.get("tongdang/region", "")]), WITNESS]
    return next(row for row in rows if row.name == pod.workload)
