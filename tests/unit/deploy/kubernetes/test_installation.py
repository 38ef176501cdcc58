"""An installation's keys: made once, readable by their owner alone, and such that services can start with them."""

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization

from deploy.kubernetes.document import Document
from deploy.kubernetes.environment import environment
from deploy.kubernetes.installation import addresses, manifests
from deploy.kubernetes.keys import ensure, signing_public
from deploy.kubernetes.site import Site
from deploy.kubernetes.workloads import WITNESS, WITNESS_PRINCIPALS, Workload, workloads
from services.audit.adapters.witness_client import read_witnesses
from services.common.domain.registry import load_registry
from services.common.settings import read_key

SITE = Site("tongdang.example")
CODES = ("130000", "320000")
FIRST, LATER = date(2026, 3, 1), date(2027, 3, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    manifests(tmp_path / "keys", CODES, SITE, FIRST)
    return tmp_path / "keys"


def decoded(documents: list[Document], namespace: str, name: str) -> dict[str, bytes]:
    [data] = [
        one["data"]
        for one in documents
        if one["kind"] == "Secret" and (one["metadata"]["namespace"], one["metadata"]["name"]) == (namespace, name)
    ]
    return {file: base64.b64decode(content) for file, content in data.items()}


def test_a_second_time_makes_nothing_new(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    first = manifests(folder, CODES, SITE, FIRST)

    assert manifests(folder, CODES, SITE, LATER) == first
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_run_that_died_half_way_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty key would be there, and so be kept."""

    def die(source: str, target: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(os, "link", die)
        with pytest.raises(SystemExit):
            manifests(tmp_path, CODES, SITE, FIRST)
    assert list(tmp_path.iterdir()) == []

    manifests(tmp_path, CODES, SITE, FIRST)

    assert all(path.stat().st_size > 0 for path in tmp_path.iterdir())


def test_two_at_once_end_with_the_same_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ensure(tmp_path, CODES), range(4)))
        made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    manifests(tmp_path, CODES, SITE, FIRST)

    assert {name: (tmp_path / name).read_bytes() for name in made} == made


def test_keys_are_their_owners_alone(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("kek", "audit-log.pem", "signing-320000.pem", "keycloak-admin"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_each_key_is_of_the_kind_that_its_service_reads(folder: Path) -> None:
    documents = manifests(folder, CODES, SITE, FIRST)
    portal = decoded(documents, "tongdang-public", "portal-keys")
    auth = decoded(documents, "tongdang-government", "auth-keys")

    Fernet(portal["portal-session"])
    assert portal["portal-client"] == auth["portal-client"]
    assert len(read_key(folder / "kek")) == len(read_key(folder / "backup")) == len(read_key(folder / "sealing-320000"))
    for code in CODES:
        pem = decoded(documents, f"tongdang-inner-{code}", "catalog-keys")["signing.pem"]
        serialization.load_pem_private_key(pem, None)


def test_provinces_do_not_get_one_anothers_keys(folder: Path) -> None:
    documents = manifests(folder, CODES, SITE, FIRST)
    one, other = (decoded(documents, f"tongdang-inner-{code}", "catalog-keys") for code in CODES)

    assert one["signing.pem"] != other["signing.pem"]
    assert one["sealing"] != other["sealing"]


def test_the_registry_has_the_addresses_and_keeps_the_days_of_keys(folder: Path) -> None:
    first = load_registry(folder / "regions.toml")
    manifests(folder, (*CODES, "520000"), SITE, LATER)
    later = load_registry(folder / "regions.toml")

    assert (first.version, later.version) == (1, 2)
    assert later.region("320000").keys == first.region("320000").keys
    assert later.region("520000").key("signing", LATER) == signing_public(folder, "signing-520000.pem")
    assert later.region("320000").grpc_address == "catalog.tongdang-inner-320000.svc:8443"
    assert set(later.services) == {"requests", "auth", "audit", "discovery"}
    assert set(addresses(CODES)) == {"requests", "auth", "audit", "discovery", "catalog-130000", "catalog-320000"}


def test_the_witnesses_list_is_read_by_the_log_and_then_the_operators(folder: Path) -> None:
    assert tuple(one.name for one in read_witnesses(folder / "witnesses")) == WITNESS_PRINCIPALS
    (folder / "witnesses").write_text("", encoding="utf-8")

    documents = manifests(folder, CODES, SITE, FIRST)

    [data] = [one["data"] for one in documents if one["metadata"]["name"] == "witnesses"]
    assert data == {"witnesses": ""}


@pytest.mark.parametrize("workload", [*workloads(["320000"]), WITNESS], ids=lambda one: one.name)
def test_settings_are_read_from_a_pods_environment(workload: Workload, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {  # what a witness's manifest sets for each pod
        "TONGDANG_WITNESS__IDENTITY__PRINCIPAL": "witness-1",
        "TONGDANG_WITNESS__KEYS__OWN_FILE": "/etc/tongdang/keys/witness-1.pem",
    }
    for name, value in {**environment(workload, SITE), **own}.items():
        monkeypatch.setenv(name, value)

    settings = workload.settings()

    assert settings.model_dump()["http"] == {"host": "0.0.0.0", "port": 8080}
