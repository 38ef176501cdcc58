"""YAML that people read in reviews: keys in the order given, a first line that says where it comes from."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

Document = dict[str, Any]
DERIVED = "# Written by `python -m deploy.kubernetes write`: change {source} instead."


class _Dumper(yaml.SafeDumper):
    """Without anchors, with lists indented as people write them."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def derived(documents: Iterable[Any], source: str) -> str:
    """A file of one or more documents."""
    parts = [yaml.dump(one, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True) for one in documents]
    return f"{DERIVED.format(source=source)}\n" + "---\n".join(parts)


def derived_lines(values: Mapping[str, str], source: str) -> str:
    """`KEY=value` lines."""
    return f"{DERIVED.format(source=source)}\n" + "".join(f"{key}={value}\n" for key, value in values.items())


def object_(api: str, kind: str, name: str, namespace: str = "", **fields: Any) -> Document:
    """`labels` and `annotations` go to its metadata, everything else beside it."""
    metadata: Document = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    for field in ("labels", "annotations"):
        if field in fields:
            metadata[field] = fields.pop(field)
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}
