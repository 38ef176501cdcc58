"""The environment variables a settings class reads: what every way of deploying is held to."""

import typing
from collections.abc import Iterator
from types import UnionType

from pydantic import BaseModel
from pydantic_settings import BaseSettings


def names(settings: type[BaseSettings]) -> tuple[set[str], set[str]]:
    """Those it needs, and all that it knows."""
    prefix = str(settings.model_config["env_prefix"])
    rows = list(_fields(settings))
    return {prefix + name for name, needed in rows if needed}, {prefix + name for name, _ in rows}


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
    """The model behind `Group` or `Group | None`."""
    options = typing.get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    models = [one for one in options if isinstance(one, type) and issubclass(one, BaseModel)]
    return models[0] if models else None
