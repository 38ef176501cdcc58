"""tongdang-verify dump against files that were changed on the way, and provinces that sign what they should not."""

import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.verifier import dump_command
from services.audit.verifier.dump import verify_dump
from services.common.domain.canonical import canonical_bytes
from services.common.domain.open_dump import CSV, JSON_LINES, MANIFEST, RETRACTED, SIGNATURE, NotAuthentic
from services.common.domain.registry import Region, Registry
from services.portal.domain.proofs import public_registry
from tests.builders.dumps import Dumped, retraction
from tests.builders.publications import REGION, entry, public_key

FILES = (MANIFEST, SIGNATURE, CSV, JSON_LINES, RETRACTED)


@pytest.fixture
def dumped(tmp_path: Path) -> Dumped:
    return Dumped(tmp_path / "dump")


def failing(dumped: Dumped) -> str:
    with pytest.raises(NotAuthentic) as failure:
        list(verify_dump(dumped.folder, dumped.registry()))
    return failure.value.file


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_a_dump_is_verified_with_the_provinces_key_alone(tmp_path: Path, count: int) -> None:
    dumped = Dumped(tmp_path, entries=[entry(number) for number in range(count)], gone=[retraction(999)])
    told = list(verify_dump(tmp_path, dumped.registry()))
    assert len(told) == 3 and f"{count} entries" in told[-1][1]


@pytest.mark.parametrize("name", FILES)
def test_one_byte_changed_anywhere_fails_and_names_its_file(dumped: Dumped, name: str) -> None:
    path = dumped.folder / name
    whole = path.read_bytes()
    for at in {0, len(whole) // 2, len(whole) - 1}:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert failing(dumped) in ({MANIFEST, SIGNATURE} if name == MANIFEST else {name})
    path.write_bytes(whole[:-1])
    assert failing(dumped) in ({MANIFEST, SIGNATURE} if name == MANIFEST else {name})
    path.unlink()
    assert failing(dumped) == name


def test_another_provinces_key_a_strangers_and_one_of_another_year_verify_nothing(dumped: Dumped) -> None:
    for registry in (
        dumped.registry(valid_until=date(2026, 11, 26)),
        dumped.registry(key=Ed25519PrivateKey.generate().public_key().public_bytes_raw()),
        dumped.registry(use="sealing"),
        {"520000": dumped.registry()[REGION]},
    ):
        with pytest.raises(NotAuthentic) as failure:
            list(verify_dump(dumped.folder, registry))
        assert failure.value.file in (MANIFEST, SIGNATURE)


LIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another type": (lambda says: says.update(type="something"), MANIFEST),
    "no time": (lambda says: says.pop("created"), MANIFEST),
    "another key": (lambda says: says.update(key_id="00" * 8), SIGNATURE),
    "another count": (lambda says: says.update(count=8), MANIFEST),
    "a file less": (lambda says: says["resources"].pop(), MANIFEST),
    "no files": (lambda says: says.update(resources=7), MANIFEST),
    "a path": (lambda says: says["resources"][0].update(path="../entries.csv.gz"), MANIFEST),
    "rows": (lambda says: says["resources"][0].update(rows=8), CSV),
}


@pytest.mark.parametrize("name", LIES)
def test_a_manifest_that_lies_fails_although_the_province_signed_it(dumped: Dumped, name: str) -> None:
    change, file = LIES[name]
    says = json.loads(dumped.dump.manifest)
    change(says)
    dumped.resigned(canonical_bytes(says))
    assert failing(dumped) == file


@pytest.mark.parametrize("manifest", [b"", b"[]", b"7", b'{"a": 1}', b"\xff", b'{"a":1.5e300}', b"[" * 100_000])
def test_what_is_no_manifest_is_refused_in_words(dumped: Dumped, manifest: bytes) -> None:
    dumped.resigned(manifest)
    assert failing(dumped) == MANIFEST


def repacked(dumped: Dumped, name: str, content: bytes) -> None:
    """The province puts other data into a file, and signs that."""
    (dumped.folder / name).write_bytes(gzip.compress(content, mtime=0))
    says = json.loads(dumped.dump.manifest)
    for resource in says["resources"]:
        if resource["path"] == name:
            packed = (dumped.folder / name).read_bytes()
            resource["bytes"] = len(packed)
            resource["hash"] = "sha256:" + hashlib.sha256(packed).hexdigest()
    dumped.resigned(canonical_bytes(says))


def test_csv_and_json_lines_must_say_the_same(dumped: Dumped) -> None:
    repacked(dumped, CSV, dumped.unpacked(CSV).replace("第3号".encode(), "第8号".encode()))
    assert failing(dumped) == CSV


def test_a_retracted_record_among_the_entries_is_found(tmp_path: Path) -> None:
    assert failing(Dumped(tmp_path, gone=[retraction(3)])) == RETRACTED


def test_a_record_of_another_province_or_an_unknown_archive_is_found(tmp_path: Path) -> None:
    for number, fields in enumerate(({"region_id": "520000"}, {"archive_id": "a520000"})):
        assert failing(Dumped(tmp_path / str(number), entries=[entry(0), entry(1, **fields)])) == JSON_LINES


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (JSON_LINES, b"[1]\n"),
        (JSON_LINES, b"not json\n"),
        (JSON_LINES, b'{"a": 1}\n'),
        (JSON_LINES, b"\xff\n"),
        (CSV, b"record_id\r\n"),
        (RETRACTED, b"record_id\r\n1\r\n"),
    ],
)
def test_data_that_nobody_can_read_fails_in_its_file(dumped: Dumped, name: str, content: bytes) -> None:
    repacked(dumped, name, content)
    assert failing(dumped) == name


def test_the_command_says_which_file_and_ends_with_1(dumped: Dumped, capsys: pytest.CaptureFixture[str]) -> None:
    registry = dumped.folder / "registry.json"
    region = Region(REGION, "江苏省", "Jiangsu", "catalog-320000", "", (public_key(dumped.key),), ())
    registry.write_text(json.dumps(public_registry(Registry(1, (region,), {}), "")), encoding="utf-8")
    empty = Dumped(dumped.folder.parent / "empty", entries=[], key=dumped.key)
    assert dump_command.main([str(empty.folder), "--registry", str(registry)]) == 0
    assert "Verified." in capsys.readouterr().out
    (empty.folder / CSV).write_bytes(b"")
    assert dump_command.main([str(empty.folder), "--registry", str(registry), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verified"], answer["failing"]) == (False, CSV)
    assert dump_command.main([str(empty.folder), "--registry", str(registry.with_name("none"))]) == 2
    assert dump_command.main([str(empty.folder), "--registry", "file:///etc/passwd"]) == 2
