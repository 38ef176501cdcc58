"""Any published record of the running stack is proven by command from public keys alone, and no forgery is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.client import LocalClient
from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from services.common.domain.canonical import canonical_bytes
from tests.integration.publication.ground import Province, Site, until

pytestmark = pytest.mark.integration

Bundle = dict[str, Any]


@pytest.fixture(scope="module")
def site(stack: Stack) -> Site:
    return Site(stack)


@pytest.fixture(scope="module")
def province(stack: Stack) -> Province:
    return Province(LocalClient(stack.layout, "portal"), "320000", "a320581", "js")


@pytest.fixture(scope="module")
def batch(province: Province) -> str:
    return province.publish("u320581-jy", "js-unit3", 7)


@pytest.fixture(scope="module")
def bundle(site: Site, province: Province, batch: str) -> Bundle:
    """Of a record of that batch, once the index shows it and the log can be asked for it."""
    path = f"/records/{province.records(batch)[3]}/provenance.json"
    until(lambda: site.get(path)[0] == 200 and "leaf_index" in site.json(path))
    return cast(Bundle, site.json(path))


@pytest.fixture(scope="module")
def registry(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "registry.json"
    path.write_bytes(site.get("/registry.json")[1])
    return path


def told(site: Site, bundle: Bundle, registry: Path, tmp_path: Path) -> tuple[int, str]:
    path = tmp_path / "provenance.json"
    path.write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")
    done = site.verify(str(path), registry=registry)
    return done.returncode, done.stdout + done.stderr


def signed_by(site: Site, region_id: str, manifest: bytes) -> str:
    """As a province's own key would sign it."""
    pem = (site.layout.etc / "secrets" / f"signing-{region_id}.pem").read_bytes()
    key = cast(Ed25519PrivateKey, serialization.load_pem_private_key(pem, None))
    return key.sign(manifest).hex()


def test_every_record_of_a_batch_is_proven_from_public_keys_alone(
    site: Site, province: Province, batch: str, bundle: Bundle, registry: Path, tmp_path: Path
) -> None:
    assert bundle["count"] == 7
    for record_id in province.records(batch):
        path = f"/records/{record_id}/provenance.json"
        until(lambda path=path: site.get(path)[0] == 200)
        code, words = told(site, site.json(path), registry, tmp_path)
        assert code == 0, words
    by_portal = site.verify("--portal", site.layout.portal_url, bundle["record_id"])
    assert by_portal.returncode == 0, by_portal.stdout
    by_toml = site.verify(str(tmp_path / "provenance.json"), registry=site.layout.etc / "regions.toml")
    assert by_toml.returncode == 0, "the provinces' own file says the same"


def test_what_is_proven_does_not_rest_on_the_hint_where_to_look(
    site: Site, bundle: Bundle, registry: Path, tmp_path: Path
) -> None:
    without = {name: value for name, value in bundle.items() if name != "leaf_index"}
    assert told(site, without, registry, tmp_path)[0] == 0
    assert told(site, {**bundle, "leaf_index": 0}, registry, tmp_path)[0] == 0


def _signer(bundle: Bundle, change: Callable[[dict[str, Any]], None]) -> bytes:
    content = json.loads(bundle["manifest"])
    change(content["signers"][0])
    return canonical_bytes(content)


def test_a_changed_title_rule_or_signer_another_batch_and_another_province_each_fail(
    site: Site, province: Province, bundle: Bundle, registry: Path, tmp_path: Path
) -> None:
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    renamed = _signer(bundle, lambda one: one.update(pseudonym="9" * 32))
    rekeyed = _signer(bundle, lambda one: one.update(public_key=stranger))
    first = site.json("/api/v1/search?q=&region=320000&page_size=1")["hits"][0]["entry"]
    other = site.json(f"/records/{first['record_id']}/provenance.json")
    assert other["entry"]["batch_id"] != bundle["entry"]["batch_id"]
    exact = bundle["manifest"].encode()
    forgeries = {
        "title": ({"entry": {**bundle["entry"], "title": "另一个题名"}}, "commitment"),
        "rule": ({"entry": {**bundle["entry"], "rule": "O2"}}, "commitment"),
        "signer": ({"manifest": renamed.decode()}, "province"),
        "signer, signed again": (
            {"manifest": renamed.decode(), "signature": signed_by(site, "320000", renamed)},
            "signers",
        ),
        "key, signed again": (
            {"manifest": rekeyed.decode(), "signature": signed_by(site, "320000", rekeyed)},
            "signers",
        ),
        "batch": ({"manifest": other["manifest"], "signature": other["signature"]}, "commitment"),
        "province": ({"signature": signed_by(site, "520000", exact)}, "province"),
    }
    for name, (change, step) in forgeries.items():
        code, words = told(site, {**bundle, **change}, registry, tmp_path)
        assert code == 1 and f"FAILED: {step}" in words, (name, words)
    assert told(site, {**bundle, "signature": signed_by(site, "320000", exact)}, registry, tmp_path)[0] == 0


def test_a_manifest_that_the_province_signs_again_afterwards_is_not_the_one_in_the_log(
    site: Site, bundle: Bundle, registry: Path, tmp_path: Path
) -> None:
    content = json.loads(bundle["manifest"])
    again = canonical_bytes({**content, "skipped": ["a record that vanished"]})
    forged = {**bundle, "manifest": again.decode(), "signature": signed_by(site, "320000", again)}
    code, words = told(site, forged, registry, tmp_path)
    assert code == 1 and "FAILED: log" in words


def test_the_page_gives_a_verdict_and_a_changed_record_is_called_so(stack: Stack, site: Site, bundle: Bundle) -> None:
    page = f"/records/{bundle['record_id']}/check"
    assert "已证明" in site.get(page)[1].decode()
    with admin_client(stack.layout) as admin:
        lines = admin["catalog_320000"]["batch_entries"]
        mine = {"record_id": bundle["record_id"], "batch_id": bundle["entry"]["batch_id"]}
        lines.update_one(mine, {"$set": {"salt": bytes(32)}})
        try:
            status, words = site.get(page)
        finally:
            lines.update_one(mine, {"$set": {"salt": bytes.fromhex(bundle["salt"])}})
    assert status == 200 and "没有证明成功" in words.decode()


def test_a_record_that_is_not_open_tells_nothing_of_itself(stack: Stack, site: Site) -> None:
    with admin_client(stack.layout) as admin:
        closed = admin["catalog_320000"]["records"].find_one({"access_status": "controlled"})
    assert closed is not None
    answers = {site.get(f"/records/{one}/provenance.json")[0] for one in (closed["_id"], "nonsense", "0" * 36)}
    assert answers == {404}


def test_a_retracted_record_says_so_and_offers_no_salt_while_its_neighbours_stay_proven(
    site: Site, province: Province, batch: str, bundle: Bundle, registry: Path, tmp_path: Path
) -> None:
    retracted, neighbour = province.records(batch)[5:7]
    path = f"/records/{retracted}/provenance.json"
    kept = site.json(path)
    province.retract(retracted)
    until(lambda: site.get(path)[0] == 410)
    gone = site.get(path)[1].decode()
    assert kept["salt"] not in gone and kept["entry"]["title"] not in gone and "manifest" not in gone
    by_portal = site.verify("--portal", site.layout.portal_url, retracted)
    assert by_portal.returncode == 3 and "retracted" in by_portal.stdout
    assert site.get(f"/records/{retracted}/check")[0] == 410
    assert told(site, kept, registry, tmp_path)[0] == 0, "what was kept still shows what stood there"
    code, words = told(site, site.json(f"/records/{neighbour}/provenance.json"), registry, tmp_path)
    assert code == 0, words
