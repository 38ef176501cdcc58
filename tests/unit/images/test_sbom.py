"""The bill of materials: made, valid, and complete."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.images import sbom
from deploy.local.layout import ROOT

_STATUS = """\
Package: tini
Status: install ok installed
Architecture: amd64
Version: 0.19.0-1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("sbom")
    sbom.write(folder / "out" / "sbom.json", folder / "no-root")
    text = (folder / "out" / "sbom.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    made: dict[str, Any] = json.loads(text)
    return made


def python_packages(bill: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in bill["components"] if one["purl"].startswith("pkg:pypi/")]


def test_every_locked_package_is_in_it_with_hashes_and_licence(bill: dict[str, Any]) -> None:
    lock = (ROOT / "requirements" / "base.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==(\S+)", lock, re.M))
    hashes = [line["content"] for one in python_packages(bill) for line in one["externalReferences"][0]["hashes"]]

    assert {(one["name"], one["version"]) for one in python_packages(bill)} == locked
    assert sorted(hashes) == sorted(re.findall(r"--hash=sha256:(\w+)", lock))
    assert [one["name"] for one in python_packages(bill) if not one.get("licenses")] == []


def test_who_needs_whom_is_in_it(bill: dict[str, Any]) -> None:
    needs = {row["ref"].partition("@")[0]: row.get("dependsOn", []) for row in bill["dependencies"]}

    assert [ref.partition("@")[0] for ref in needs["pkg:pypi/grpcio-status"]].count("pkg:pypi/grpcio") == 1


def test_without_an_image_debian_packages_are_named_as_the_containerfile_does(bill: dict[str, Any]) -> None:
    named = [one for one in bill["components"] if one["purl"].startswith("pkg:deb/debian/")]

    assert {"fonts-noto-cjk", "libpango-1.0-0", "python3", "tini"} <= {one["name"] for one in named}
    assert not any("version" in one for one in named)
    assert {"name": "tongdang:debian-packages", "value": "named"} in bill["metadata"]["properties"]


def test_with_an_image_they_are_those_installed_in_it(tmp_path: Path) -> None:
    status = tmp_path / "var" / "lib" / "dpkg" / "status"
    status.parent.mkdir(parents=True)
    status.write_text(_STATUS)

    assert [str(one.purl) for one in sbom.installed(tmp_path)] == [
        "pkg:deb/debian/tini@0.19.0-1?arch=amd64&distro=bookworm"
    ]


def test_no_address_of_an_index_is_in_it(bill: dict[str, Any]) -> None:
    urls = {line["url"] for one in python_packages(bill) for line in one["externalReferences"]}

    assert all(url.startswith("pkg:pypi/") for url in urls)
