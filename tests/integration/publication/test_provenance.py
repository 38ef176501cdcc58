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


Forge = Callable[[Site, Bundle], Bundle]
"""What somebody changes of a bundle that is genuine."""


def _entry(**change: str) -> Forge:
    return lambda site, bundle: {"entry": {**bundle["entry"], **change}}


def _signer(**change: str) -> Forge:
    def forge(site: Site, bundle: Bundle) -> Bundle:
        content = json.loads(bundle["manifest"])
        content["signers"][0].update(change)
        return {"manifest": canonical_bytes(content).decode()}

    return forge


def _manifest(**change: Any) -> Forge:
    return lambda site, bundle: {"manifest": canonical_bytes({**json.loads(bundle["manifest"]), **change}).decode()}


def _signed(forge: Forge, region_id: str = "320000") -> Forge:
    """The same with a province's own signature: it lies, and holds the key."""

    def forge_and_sign(site: Site, bundle: Bundle) -> Bundle:
        forged = {**bundle, **forge(site, bundle)}
        return {**forged, "signature": signed_by(site, region_id, forged["manifest"].encode())}

    return forge_and_sign


def _other_batch(site: Site, bundle: Bundle) -> Bundle:
    first = site.json("/api/v1/search?q=&region=320000&page_size=1")["hits"][0]["entry"]
    other = site.json(f"/records/{first['record_id']}/provenance.json")
    assert other["entry"]["batch_id"] != bundle["entry"]["batch_id"]
    return {"manifest": other["manifest"], "signature": other["signature"]}


def _nothing(site: Site, bundle: Bundle) -> Bundle:
    return {}


_STRANGER = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
FORGERIES: dict[str, tuple[Forge, str]] = {
    "another title": (_entry(title="另一个题名"), "commitment"),
    "another rule": (_entry(rule="O2"), "commitment"),
    "another rule table": (_manifest(rule_version="rules-0"), "province"),
    "another rule table, signed again": (_signed(_manifest(rule_version="rules-0")), "signers"),
    "another signer": (_signer(pseudonym="9" * 32), "province"),
    "another signer, signed again": (_signed(_signer(pseudonym="9" * 32)), "signers"),
    "another signer's key, signed again": (_signed(_signer(public_key=_STRANGER)), "signers"),
    "no signers, signed again": (_signed(_manifest(signers=[])), "signers"),
    "another batch": (_other_batch, "commitment"),
    "another province's signature": (_signed(_nothing, "520000"), "province"),
    "another province's manifest, signed by it": (_signed(_manifest(region_id="520000"), "520000"), "entry"),
}


@pytest.mark.parametrize(("forge", "step"), FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_is_refused_at_its_step(
    site: Site, bundle: Bundle, registry: Path, tmp_path: Path, forge: Forge, step: str
) -> None:
    code, words = told(site, {**bundle, **forge(site, bundle)}, registry, tmp_path)
    assert code == 1 and f"FAILED: {step}" in words, words


def test_the_same_manifest_signed_again_by_its_province_is_the_same(
    site: Site, bundle: Bundle, registry: Path, tmp_path: Path
) -> None:
    assert told(site, {**bundle, **_signed(_nothing)(site, bundle)}, registry, tmp_path)[0] == 0


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
