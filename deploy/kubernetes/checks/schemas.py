"""Each object against its schema: Kubernetes' own as a package bundles them, operators' where a module carries them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema
import kubernetes_validate

from deploy.kubernetes.checks.crds import Schema, schemas
from deploy.kubernetes.checks.objects import spoken
from deploy.kubernetes.document import Document

KUBERNETES = "1.34"
"""The oldest release that the tree is for."""
UNCHECKED = (
    "kafka.strimzi.io/v1",
    "mongodbcommunity.mongodb.com/v1",
    "k8s.keycloak.org/v2alpha1",
    "postgresql.cnpg.io/v1",
)
"""No package carries their schemas; ADR 13 says how they were compared."""


def check(objects: Sequence[Document]) -> list[str]:
    """`Deployment a/b: spec.replicas: 'x' is not of type 'integer'`."""
    return [f"{spoken(one)}: {problem}" for one in objects for problem in problems(one, schemas())]


def problems(one: Document, known: Mapping[tuple[str, str], Schema]) -> list[str]:
    """Of one object."""
    key = one["apiVersion"], one["kind"]
    if key in known:
        return [*_violations(one, known[key]), *_unknown(one, known[key], "")]
    if one["apiVersion"] in UNCHECKED:
        return []
    try:
        kubernetes_validate.validate(one, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as problem:
        return [f"{'.'.join(map(str, problem.path))}: {problem.message}"[:200]]
    except kubernetes_validate.SchemaNotFoundError:
        return [f"nobody knows {one['apiVersion']} {one['kind']}"]
    return []


def _violations(one: Document, schema: Schema) -> Iterator[str]:
    validator = jsonschema.Draft4Validator(_as_json_schema(schema))
    for problem in validator.iter_errors(one):
        yield f"{'.'.join(map(str, problem.path))}: {problem.message}"[:200]


def _as_json_schema(part: Any) -> Any:
    """OpenAPI's `nullable` and Kubernetes' integer-or-string, which JSON Schema does not know."""
    if isinstance(part, list):
        return [_as_json_schema(one) for one in part]
    if not isinstance(part, dict):
        return part
    told = {key: _as_json_schema(value) for key, value in part.items()}
    if told.pop("nullable", False) is True and isinstance(told.get("type"), str):
        told["type"] = [told["type"], "null"]
    if told.get("x-kubernetes-int-or-string") is True:
        told.pop("type", None)
    return told


def _unknown(value: Any, schema: Schema, where: str) -> Iterator[str]:
    """Fields that the cluster would drop without a word."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _unknown(one, schema.get("items", {}), f"{where}[{number}]")
    if not isinstance(value, dict) or schema.get("x-kubernetes-preserve-unknown-fields"):
        return
    properties: Mapping[str, Schema] = schema.get("properties", {})
    others = schema.get("additionalProperties")
    for key, part in value.items():
        if key in properties:
            if where or key == "spec":  # metadata is Kubernetes' own
                yield from _unknown(part, properties[key], f"{where}.{key}")
        elif isinstance(others, dict):
            yield from _unknown(part, others, f"{where}.{key}")
        elif others is not True:
            yield f"{where.lstrip('.')}: no field {key}"
