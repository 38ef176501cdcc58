"""The open catalogue is taken along from the portal, checked with the public command, and forgets what is retracted."""

import gzip
import http.client
import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.local.client import LocalClient
from deploy.local.layout import ROOT
from deploy.local.services import command
from deploy.local.stack import Stack
from services.common.domain.open_dump import CSV, JSON_LINES, MANIFEST, RETRACTED, SIGNATURE
from tests.integration.publication.ground import Province, Site, until

pytestmark = pytest.mark.integration

REGION = "130000"
TITLE = "=关于翠云乡水渠界址的复函"
FILES = (MANIFEST, SIGNATURE, CSV, JSON_LINES, RETRACTED)


@pytest.fixture(scope="module")
def site(stack: Stack) -> Site:
    return Site(stack)


@pytest.fixture(scope="module")
def province(stack: Stack) -> Province:
    return Province(LocalClient(stack.layout, "portal"), REGION, "a130123", "hb")


@pytest.fixture(scope="module")
def published(stack: Stack, site: Site, province: Province) -> list[str]:
    """Two records with a title that a spreadsheet would run, in the newest dump."""
    common = {"题名": TITLE, "责任者": "正定县农业局", "日期": "19490306", "保管期限": "永久", "页数": "2"}
    province.take_in([{**common, "档号": f"A002-WS·1949-Y-NYJ-8{number:04d}"} for number in range(2)])
    ids = province.records(province.publish("u130123-ny", "hb-unit2", 2))
    assert command(stack.layout, f"catalog-{REGION}", "dump").returncode == 0
    until(lambda: set(ids) <= set(entries(site)))
    return ids


def latest(site: Site, name: str) -> bytes:
    status, content = site.get(f"/open-data/{REGION}/latest/{name}")
    return content if status == 200 else b""


def entries(site: Site) -> dict[str, dict[str, Any]]:
    """Of the newest dump; empty where none is offered."""
    packed = latest(site, JSON_LINES)
    lines = gzip.decompress(packed).splitlines() if packed else []
    return {entry["record_id"]: entry for entry in map(json.loads, lines)}


def asked(site: Site, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, redirections not followed."""
    connection = http.client.HTTPConnection(urlsplit(site.layout.portal_url).netloc, timeout=60)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def paths(site: Site) -> dict[str, str]:
    """Where the page has the province's newest files, by name."""
    page = site.get("/open-data")[1].decode()
    found = re.findall(rf'href="(/open-data/{REGION}/[0-9a-f-]+/([a-z.]+))"', page)
    return {name: path for path, name in reversed(found)}


def verified(site: Site, folder: Path) -> "subprocess.CompletedProcess[str]":
    folder.mkdir(exist_ok=True)
    for name, path in paths(site).items():
        (folder / name).write_bytes(site.get(path)[1])
    registry = folder.parent / "registry.json"
    registry.write_bytes(site.get("/registry.json")[1])
    verifier = [str(ROOT / "bin" / "tongdang-verify"), "dump", str(folder), "--registry", str(registry)]
    return subprocess.run(verifier, capture_output=True, text=True, check=False)


def test_whoever_takes_a_catalogue_along_can_check_it_with_public_keys_alone(
    site: Site, published: list[str], tmp_path: Path
) -> None:
    done = verified(site, tmp_path / "dump")
    assert done.returncode == 0, done.stdout + done.stderr
    assert entries(site)[published[0]] == site.json(f"/api/v1/records/{published[0]}")
    assert ",'=关于翠云乡".encode() in gzip.decompress((tmp_path / "dump" / CSV).read_bytes())
    packed = tmp_path / "dump" / CSV
    packed.write_bytes(packed.read_bytes()[:-1] + b"\x07")
    verifier = [str(ROOT / "bin" / "tongdang-verify"), "dump", str(packed.parent)]
    changed = subprocess.run(
        [*verifier, "--registry", str(tmp_path / "registry.json")], capture_output=True, text=True, check=False
    )
    assert changed.returncode == 1 and CSV in changed.stdout


def test_the_page_names_every_province_its_files_their_sizes_and_checksums(site: Site, published: list[str]) -> None:
    page = site.get("/open-data")[1].decode()
    assert set(paths(site)) == set(FILES)
    for region in site.json("/registry.json")["regions"]:
        assert region["name"] in page
    says = json.loads(latest(site, MANIFEST))
    assert all(one["hash"].removeprefix("sha256:") in page for one in says["resources"])
    assert says["key_id"] in page and says["conditions"]["zh"] in page
    assert f"{says['count']:,} 条" in page
    assert "tongdang-verify dump" in page and "retracted.csv.gz" in page and "/oai" in page and "/feed.atom" in page


def test_a_broken_download_goes_on_and_an_unchanged_file_is_not_sent_again(site: Site, published: list[str]) -> None:
    path = paths(site)[CSV]
    status, headers, whole = asked(site, path)
    assert (status, headers["accept-ranges"], int(headers["content-length"])) == (200, "bytes", len(whole))
    etag, half = headers["etag"], len(whole) // 2
    status, told, nothing = asked(site, path, "HEAD")
    assert (status, {**told, "date": ""}, nothing) == (200, {**headers, "date": ""}, b"")
    status, part, rest = asked(site, path, Range=f"bytes={half}-", If_Range=etag)
    assert (status, rest) == (206, whole[half:])
    assert part["content-range"] == f"bytes {half}-{len(whole) - 1}/{len(whole)}"
    status, beyond, nothing = asked(site, path, Range=f"bytes={len(whole)}-")
    assert (status, beyond["content-range"], nothing) == (416, f"bytes */{len(whole)}", b"")
    assert asked(site, path, If_None_Match=etag)[0::2] == (304, b"")
    assert asked(site, path, Range="bytes=x-")[2] == whole
    assert asked(site, f"/open-data/{REGION}/latest/{CSV}")[1]["location"] == path


@pytest.mark.parametrize(
    "path",
    [
        "999999/latest/entries.csv.gz",
        f"{REGION}/latest/passwd",
        f"{REGION}/00000000-0000-7000-8000-000000000000/entries.csv.gz",
        f"{REGION}/..%2F..%2Fetc/passwd",
    ],
)
def test_what_is_not_offered_is_not_found(site: Site, published: list[str], path: str) -> None:
    assert site.get(f"/open-data/{path}")[0] == 404


def test_a_retracted_record_leaves_every_dump_that_is_offered(
    site: Site, province: Province, published: list[str], tmp_path: Path
) -> None:
    gone, stays = published
    before = paths(site)
    province.retract(gone)
    assert site.get(before[JSON_LINES])[0] == 404, "with the retraction's own commit"
    until(lambda: stays in entries(site))
    assert gone not in entries(site)
    done = verified(site, tmp_path / "dump")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in (CSV, JSON_LINES, MANIFEST):
        assert gone.encode() not in gzip_or_plain(tmp_path / "dump" / name)
    assert gone.encode() in gzip_or_plain(tmp_path / "dump" / RETRACTED)


def gzip_or_plain(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content
