"""compose.yaml: what the code writes, valid, and held to the project's own rules."""

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.compose import jobs, zones
from deploy.compose.document import FILE, text
from deploy.compose.files import ENGINES, files_of, settings
from deploy.compose.layout import ETC, PUBLISHED, ComposeLayout
from deploy.local.layout import WITNESSES
from deploy.local.members import USUAL, Members
from deploy.settings_names import names
from services.audit.settings import AuditSettings
from services.audit.witness.settings import WitnessSettings
from services.auth.settings import AuthSettings
from services.catalog.settings import CatalogSettings
from services.common.domain.registry import load_registry
from services.discovery.settings import DiscoverySettings
from services.portal.settings import PortalSettings
from services.requests.settings import RequestsSettings

LAYOUT = ComposeLayout.of(USUAL.regions)
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS = {
    "catalog": CatalogSettings, "requests": RequestsSettings, "auth": AuthSettings, "audit": AuditSettings,
    "discovery": DiscoverySettings, "portal": PortalSettings, "witness": WitnessSettings,
}  # fmt: skip
OURS = [name for name, one in SERVICES.items() if one["image"].startswith("tongdang-service")]
every = pytest.mark.parametrize("name", SERVICES)
ours = pytest.mark.parametrize("name", OURS)


def mounts(name: str) -> Iterator[tuple[str, str]]:
    for volume in SERVICES[name].get("volumes", ()):
        source, target, *_ = volume.split(":")
        yield source, target


def test_the_file_is_what_the_code_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == text(LAYOUT), "run make compose"


def test_it_is_what_the_compose_specification_allows() -> None:
    schema = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"

    jsonschema.validate(COMPOSE, json.loads(schema.read_text(encoding="utf-8")))


def test_the_schema_notices_a_word_that_compose_does_not_know() -> None:
    schema = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    broken = {**COMPOSE, "services": {"portal": {**SERVICES["portal"], "read_onyl": True}}}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, json.loads(schema.read_text(encoding="utf-8")))


def test_every_service_witness_and_engine_is_there() -> None:
    assert {*LAYOUT.processes, *ENGINES} <= set(SERVICES)


@every
def test_a_container_may_do_no_more_than_it_must(name: str) -> None:
    one = SERVICES[name]

    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in one
    if name != "keycloak":  # the official image builds its configuration into its own folder
        assert one["read_only"] is True
    if name == "ownership":  # new volumes belong to root: this job gives them away, and does nothing else
        assert (one["user"], one["cap_add"], one["network_mode"]) == ("0:0", ["CHOWN"], "none")
    else:
        assert one["user"].startswith("10001:")
        assert "cap_add" not in one


@every
def test_whatever_a_container_names_exists(name: str) -> None:
    one = SERVICES[name]

    assert {source for source, _ in mounts(name)} <= set(COMPOSE["volumes"])
    assert set(one.get("networks", ())) <= set(COMPOSE["networks"])
    assert set(one.get("depends_on", {})) <= set(SERVICES)
    if (shared := one.get("network_mode", "none")) != "none":
        assert shared.removeprefix("service:") in SERVICES


@every
def test_it_waits_for_what_it_needs_and_what_it_waits_for_can_come(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        condition, other = how["condition"], SERVICES[needed]
        if condition == "service_healthy":
            assert "test" in other["healthcheck"], needed
        else:
            assert condition == "service_completed_successfully"
            assert other["restart"] == "on-failure", needed


def test_the_order_of_starts_has_no_circle() -> None:
    left = {name: set(one.get("depends_on", ())) for name, one in SERVICES.items()}
    while ready := [name for name, needed in left.items() if not needed & set(left)]:
        for name in ready:
            del left[name]

    assert left == {}


@ours
def test_its_environment_is_what_its_settings_class_reads(name: str) -> None:
    kind = {"realm": "auth"}.get(name, name.partition("-")[0])
    needed, known = names(SETTINGS[kind])
    given = set(SERVICES[name]["environment"])

    assert needed <= given <= known
    assert {key for key in given if key.endswith("__HOST")} == {key for key in known if key.endswith("__HOST")}
    assert all(SERVICES[name]["environment"][key] == "0.0.0.0" for key in given if key.endswith("__HOST"))


@ours
def test_a_setting_that_lacks_is_noticed(name: str) -> None:
    kind = {"realm": "auth"}.get(name, name.partition("-")[0])
    needed, known = names(SETTINGS[kind])

    assert "HTTP__PORT" in {key.partition("__")[2] for key in needed}
    assert not {key.replace("PORT", "PROT") for key in needed if "PORT" in key} <= known


def test_only_what_a_browser_needs_is_published_and_on_the_loopback() -> None:
    published = {name: port for name, one in SERVICES.items() for port in one.get("ports", ())}

    assert set(published) == set(PUBLISHED)
    assert all(port.startswith("127.0.0.1:") for port in published.values())
    assert [name for name, how in COMPOSE["networks"].items() if not how] == [zones.OUTSIDE]


def test_callers_reach_those_whose_access_tables_admit_them() -> None:
    for caller, callee in zones.calls():
        pairs = [
            (one, other)
            for one in LAYOUT.services
            for other in LAYOUT.services
            if (one.partition("-")[0], other.partition("-")[0]) == (caller, callee)
        ]
        assert pairs
        for one, other in pairs:
            assert set(SERVICES[one]["networks"]) & set(SERVICES[other]["networks"]), (one, other)


def test_zones_that_do_not_call_one_another_share_no_network() -> None:
    assert not set(zones.networks_of("discovery")) & set(zones.networks_of("catalog-320000"))
    for witness in WITNESSES:
        assert SERVICES[witness]["networks"] == [zones.WITNESSING]
    assert [name for name in LAYOUT.services if zones.WITNESSING in SERVICES[name]["networks"]] == ["audit"]


@ours
def test_a_service_has_its_own_files_and_nobody_elses(name: str) -> None:
    own = "auth" if name == "realm" else name
    sources = {source for source, target in mounts(name) if target == str(ETC)}

    assert sources == {f"etc-{own}"}
    assert [other for other in OURS if other not in (name, own, "realm") and f"etc-{own}" in dict(mounts(other))] == []


def test_keys_are_made_once_and_given_to_whoever_names_them(tmp_path: Path) -> None:
    layout = _Elsewhere(0, tmp_path, tmp_path, members=Members(USUAL.regions))
    jobs.make_keys(layout, tmp_path / "volumes")
    before = {path: path.read_bytes() for path in (tmp_path / "volumes").rglob("*") if path.is_file()}

    jobs.make_keys(layout, tmp_path / "volumes")

    after = {path: path.read_bytes() for path in (tmp_path / "volumes").rglob("*") if path.is_file()}
    assert after == before
    for name in (*layout.processes, *ENGINES):
        given = {path.relative_to(tmp_path / "volumes" / name) for path in (tmp_path / "volumes" / name).rglob("*.*")}
        assert given <= set(files_of(layout, name))
        for file in files_of(layout, name):
            assert (tmp_path / "volumes" / name / file).stat().st_mode & 0o077 == 0
    assert not list((tmp_path / "volumes").rglob("ca.key"))


def test_the_registry_names_each_province_by_its_host(tmp_path: Path) -> None:
    layout = _Elsewhere(0, tmp_path, tmp_path, members=Members(USUAL.regions))
    jobs.make_keys(layout, tmp_path / "volumes")

    registry = load_registry(tmp_path / "volumes" / "portal" / "regions.toml")

    assert [region.grpc_address for region in registry.regions] == [f"{name}:8443" for name in layout.catalogs]
    assert "advertised.listeners=CLIENT://kafka:9092" in (tmp_path / "etc" / "kafka.properties").read_text()
    assert "@mongo:27017/" in (tmp_path / "etc" / "secrets" / "mongo-uri-portal").read_text()
    assert "http://witness-1:8080 " in (tmp_path / "etc" / "witnesses").read_text()


def test_a_fourth_province_changes_nothing_of_the_others() -> None:
    more = yaml.safe_load(text(ComposeLayout.of((*USUAL.regions, "110000"))))["services"]

    assert set(more) - set(SERVICES) == {"catalog-110000"}
    jobs_change = {"ownership", "keys", "mongo-setup", "kafka-setup", "samples", "password"}
    assert {name for name in SERVICES if more[name] != SERVICES[name]} <= jobs_change


def test_no_secret_stands_in_the_file() -> None:
    assert not re.search(r"(?i)(password|secret|key)['\"]?[:=]\s*['\"]?[A-Za-z0-9+/_-]{16,}", FILE.read_text())
    assert not [key for name in OURS for key in settings(LAYOUT, name if name != "realm" else "auth") if "PASSWORD" in
                key and not key.endswith("_FILE")]  # fmt: skip


class _Elsewhere(ComposeLayout):
    """The same in a folder of this machine."""

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def data(self) -> Path:
        return self.folder / "data"
