"""Schemas of operators' resources, from the Go modules that carry them, pinned by go.mod and go.sum."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deploy.local.layout import ROOT

_MODULE = ROOT / "deploy" / "tools" / "crds"
_FILES = {
    "github.com/cert-manager/cert-manager": ("deploy/crds", ("certificates", "clusterissuers")),
    "github.com/prometheus-operator/prometheus-operator": (
        "example/prometheus-operator-crd",
        ("podmonitors", "prometheusrules"),
    ),
    "sigs.k8s.io/gateway-api": ("config/crd/standard", ("gateways", "httproutes")),
}
"""Module → where its definitions lie, and those that we use."""
Schema = dict[str, Any]


class NoSchemas(RuntimeError):
    """Go is not here, or the module proxy out of reach."""


@cache
def schemas() -> dict[tuple[str, str], Schema]:
    """API version and kind → schema (OpenAPI 3.0).

    Raises: NoSchemas.
    """
    return {key: schema for path in _files() for key, schema in definitions(path)}


def definitions(path: Path) -> Iterator[tuple[tuple[str, str], Schema]]:
    """Of one file of CustomResourceDefinitions."""
    for one in yaml.load_all(path.read_text(encoding="utf-8"), Loader=_Loader):
        spec = one["spec"]
        for version in spec["versions"]:
            key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
            yield key, version["schema"]["openAPIV3Schema"]


def _files() -> Iterator[Path]:
    go = shutil.which("go")
    if go is None:
        raise NoSchemas("go is not here")
    listed = subprocess.run([go, "mod", "edit", "-json"], cwd=_MODULE, check=True, capture_output=True, text=True)
    wanted = [f"{row['Path']}@{row['Version']}" for row in json.loads(listed.stdout)["Require"]]
    command = [go, "mod", "download", "-json", *wanted]
    done = subprocess.run(command, cwd=_MODULE, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NoSchemas(f"the modules could not be had: {(done.stderr or done.stdout).strip()[-200:]}")
    decoder, text = json.JSONDecoder(), done.stdout.strip()
    while text:
        module, end = decoder.raw_decode(text)
        text = text[end:].strip()
        folder, names = _FILES[module["Path"]]
        yield from (path for name in names for path in (Path(module["Dir"]) / folder).glob(f"*_{name}.yaml"))


class _Loader(yaml.SafeLoader):
    """Takes `=`, which an enumeration holds, for the text that it is."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: str(node.value))
