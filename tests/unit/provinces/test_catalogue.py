"""The folders of the provinces: each is whole, and a stack names those it runs."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from deploy.provinces.catalogue import (
    DEFAULT,
    InvalidProvince,
    UnknownProvince,
    chosen,
    codes,
    folder,
    load,
    load_all,
    people_of,
)
from deploy.provinces.divisions import DIVISIONS
from deploy.provinces.registry import registry_text
from services.common.domain.registry import PublicKey, parse_registry
from services.common.kafka.topics import CENTRAL


@pytest.mark.parametrize("code", DEFAULT)
def test_a_province_is_named_as_the_standard_names_it(code: str) -> None:
    province = load(code)

    assert (province.name, province.name_en) == (DIVISIONS[code].name, DIVISIONS[code].name_en)


@pytest.mark.parametrize("code", codes())
def test_samples_and_people_belong_to_archives_and_units_of_their_province(code: str) -> None:
    province = load(code)
    units = {archive.archive_id: {unit.unit_id for unit in archive.units} for archive in province.archives}
    names = {person["username"] for person in province.people}

    for person in province.people:
        assert person.get("region_id", code) == code
        assert person.get("unit_id", "") in {"", *units.get(person.get("archive_id", ""), set())}
    if sample := province.sample:
        assert sample.unit_officers.keys() <= units[sample.archive_id]
        assert {*sample.unit_officers.values()} <= names
        assert {f"{sample.people}-{role}" for role in ("clerk", "reviewer", "reviewer2", "director")} <= names


def test_nobody_is_named_twice() -> None:
    names = [person["username"] for person in people_of(codes())]

    assert len(set(names)) == len(names)


def test_a_registry_of_all_provinces_reads_back() -> None:
    keys = {code: [PublicKey("signing", bytes(32), date(2026, 1, 1), date(2036, 12, 31))] for code in codes()}
    addresses = dict.fromkeys((*CENTRAL, *(f"catalog-{code}" for code in codes())), "localhost:1")

    registry = parse_registry(registry_text(codes(), version=4, addresses=addresses, keys=keys))

    assert registry.version == 4
    assert registry.services.keys() == set(CENTRAL)
    assert {region.region_id: region.archives for region in registry.regions} == {
        code: load(code).archives for code in codes()
    }
    assert all(region.keys == tuple(keys[region.region_id]) for region in registry.regions)


def test_where_nobody_says_otherwise_three_provinces_run() -> None:
    assert chosen({}) == chosen({"PROVINCES": ""}) == DEFAULT
    assert chosen({"PROVINCES": "520000, 320000,520000"}) == ("520000", "320000")


def test_an_unknown_province_is_told_with_those_there_are_and_how_one_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder() / "320000", tmp_path / "320000")
    monkeypatch.setenv("TONGDANG_PROVINCES_DIR", str(tmp_path))

    with pytest.raises(UnknownProvince, match=r"no province '810000'; there are 320000; `make province CODE=810000"):
        chosen({"PROVINCES": "320000,810000"})
    with pytest.raises(UnknownProvince, match=r"no province '\.\./x'; there are 320000$"):
        chosen({"PROVINCES": "../x"})


def test_a_folder_that_bears_another_provinces_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(folder() / "130000", tmp_path / "140000")
    monkeypatch.setenv("TONGDANG_PROVINCES_DIR", str(tmp_path))

    assert codes() == ("140000",)
    with pytest.raises(InvalidProvince, match="region_id is '130000'"):
        load("140000")


@pytest.mark.parametrize(
    ("file", "written", "instead", "told"),
    [
        ("province.toml", 'name_en = "Hebei"', "", "KeyError 'name_en'"),
        ("province.toml", 'unit_id = "u130123-ny", name', 'unit_id = "u130123-x", name', "fonds A002 .* 'u130123-ny'"),
        ("province.toml", "[[archives]]", "[archives", "TOMLDecodeError"),
        ("samples.toml", "a130123", "a999999", "archive 'a999999' is not there"),
        ("samples.toml", "districts.130123", "districts.130124", "no words for district 130123"),
        ("samples.toml", "people", "persons", "TypeError"),
    ],
)
def test_what_cannot_be_is_told_with_its_folder(
    file: str, written: str, instead: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder() / "130000", tmp_path / "130000")
    text = (tmp_path / "130000" / file).read_text(encoding="utf-8")
    (tmp_path / "130000" / file).write_text(text.replace(written, instead, 1), encoding="utf-8")
    monkeypatch.setenv("TONGDANG_PROVINCES_DIR", str(tmp_path))

    with pytest.raises(InvalidProvince, match=f"130000: .*{told}"):
        load("130000")


def test_two_provinces_cannot_share_an_archive_or_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in ("130000", "140000"):
        shutil.copytree(folder() / "130000", tmp_path / code)
    entry = tmp_path / "140000" / "province.toml"
    entry.write_text(entry.read_text("utf-8").replace('region_id = "130000"', 'region_id = "140000"'), encoding="utf-8")
    monkeypatch.setenv("TONGDANG_PROVINCES_DIR", str(tmp_path))

    with pytest.raises(InvalidProvince, match="more than once in 130000, 140000: a130123, hb-clerk"):
        load_all(("130000", "140000"))


def test_the_standard_has_34_divisions_and_no_two_share_letters_or_sign() -> None:
    assert len(DIVISIONS) == 34
    assert len({one.letters for one in DIVISIONS.values()}) == 34
    assert len({one.sign for one in DIVISIONS.values()}) == 34
    assert list(DIVISIONS) == sorted(DIVISIONS)
