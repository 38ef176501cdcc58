"""Each pod's environment is what its settings class reads: every required name, none it does not know, its ports."""

import typing
from collections.abc import Iterator, Sequence
from types import UnionType

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from deploy.kubernetes.checks.objects import SERVERS, Pod, pods, variables
from deploy.kubernetes.document import Document
from deploy.kubernetes.workloads import WITNESS, Workload, workloads

_OWN = "TONGDANG_"


def check(objects: Sequence[Document]) -> list[str]:
    """`Deployment a/b: TONGDANG_REQUESTS__GRPC__PROT is no setting`."""
    return [f"{pod}: {problem}" for pod in pods(objects) for problem in _problems(objects, pod)]


def names(settings: type[BaseSettings]) -> tuple[set[str], set[str]]:
    """Variables of a settings class: those it needs, and all that it knows."""
    prefix = str(settings.model_config["env_prefix"])
    rows = list(_fields(settings))
    return {prefix + name for name, needed in rows if needed}, {prefix + name for name, _ in rows}


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


def _closed(name: str, found: typing.Mapping[str, str]) -> bool:
    return name.endswith("__HOST") and found.get(name) != "0.0.0.0"  # noqa: S104 - what a pod has to listen on


def _workload(pod: Pod) -> Workload:
    rows = [*workloads([pod.labels.get("tongdang/region", "")]), WITNESS]
    return next(row for row in rows if row.name == pod.workload)


def _fields(model: type[BaseModel], before: str = "", needed: bool = True) -> Iterator[tuple[str, bool]]:
    """`GRPC__PORT`, and whether it is needed: a field without default in groups without one."""
    for name, field in model.model_fields.items():
        own = needed and field.is_required()
        group = _group(field.annotation)
        if group is None:
            yield f"{before}{name.upper()}", own
        else:
            yield from _fields(group, f"{before}{name.upper()}__", own)


def _group(annotation: object) -> type[BaseModel] | None:
    options = typing.get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    return next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)
