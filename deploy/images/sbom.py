"""The image's bill of materials in CycloneDX: Python packages with hashes and licences, and Debian packages."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from deploy.images.containerfile import containerfile
from deploy.images.debian import release_of
from deploy.local.layout import ROOT

_LOCK = ROOT / "requirements" / "base.txt"
_INSTALL = re.compile(r"apt-get install ([^&]*)")
_FORMAT = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n"
_HOW = "tongdang:debian-packages"


def write(file: Path, root: Path) -> str:
    """Writes the bill; answers what it holds, in a line.

    Args: root: of the assembled image; where it is not there, the packages that the Containerfile names stand without
        a version, and the bill says so.
    Raises: ValueError: the bill is not what CycloneDX 1.6 allows.
    """
    debian = list(installed(root) if root.exists() else named())
    python = _python()
    bom = Bom(components=[*python.components, *debian])
    bom.metadata.component = Component(name="tongdang", type=ComponentType.CONTAINER, version=_version())
    bom.metadata.properties.add(Property(name=_HOW, value="installed" if root.exists() else "named"))
    bom.register_dependency(bom.metadata.component, bom.components)
    for one in python.dependencies:
        bom.dependencies.add(one)
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    if problem := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"not CycloneDX 1.6: {problem}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")
    how = "installed in the image" if root.exists() else "named in the Containerfile"
    return f"{file}: {len(python.components)} Python packages, {len(debian)} Debian packages {how}"


def installed(root: Path) -> Iterator[Component]:
    """Debian packages in an assembled root."""
    command = ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "--show", f"--showformat={_FORMAT}"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        status, name, version, architecture = line.split("\t")
        if status.startswith("ii"):
            yield _package(name, version, {"arch": architecture})


def named() -> Iterator[Component]:
    """Debian packages the Containerfile asks for in the stage that the services run in."""
    runtime = next(stage for stage in containerfile() if stage.name == "runtime")
    for step in runtime.steps:
        for found in _INSTALL.findall(step.value) if step.instruction == "RUN" else ():
            for name in found.split():
                if not name.startswith("-"):
                    yield _package(name, None, {})


def _package(name: str, version: str | None, qualifiers: Mapping[str, str]) -> Component:
    distribution = {**qualifiers, "distro": release_of(containerfile()[0].base)}
    purl = PackageURL("deb", "debian", name, version, distribution)
    return Component(name=name, version=version, type=ComponentType.LIBRARY, bom_ref=str(purl), purl=purl)


def _python() -> Bom:
    """What the lock names, with its hashes; licences and who needs whom from the packages themselves."""
    locked, environment = _told("requirements", str(_LOCK)), _told("environment", sys.executable)
    here = {_name(one): one for one in environment["components"]}
    references = {here[_name(one)]["bom-ref"]: one["purl"] for one in locked["components"]}
    for one in locked["components"]:
        one |= {"bom-ref": one["purl"], "licenses": here[_name(one)].get("licenses") or _in_words(one["name"])}
        one.pop("description", None)
        for reference in one["externalReferences"]:
            reference["url"] = one["purl"]  # whichever index it came from, the hashes are what counts
    dependencies = [
        {
            "ref": references[row["ref"]],
            "dependsOn": [references[ref] for ref in row.get("dependsOn", ()) if ref in references],
        }
        for row in environment["dependencies"]
        if row["ref"] in references
    ]
    return Bom.from_json({**locked, "dependencies": dependencies})  # type: ignore[attr-defined, no-any-return]


def _in_words(name: str) -> list[dict[str, Any]]:
    """A licence that a package names in no way the tool knows."""
    return [{"license": {"name": metadata(name)["License"], "acknowledgement": "declared"}}]


def _told(*arguments: str) -> dict[str, Any]:
    options = ["--output-reproducible", "--no-validate", "--sv", "1.6"]  # the whole is validated at the end
    command = [sys.executable, "-m", "cyclonedx_py", *arguments, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _name(component: Mapping[str, Any]) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", component["name"]).lower()


def _version() -> str:
    label = next(step for stage in containerfile() if stage.name == "service" for step in stage.steps)
    return label.pairs()["VERSION"]
