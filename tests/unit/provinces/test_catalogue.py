"""The folders of the provinces: each is whole, and a stack names those it runs."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from deploy.provinces.catalogue import DEFAULT, UnknownProvince, chosen, codes, folder, load, people_of
from deploy.provinces.divisions import DIVISIONS
from deploy.provinces.registry import registry_text
from services.common.domain.registry import PublicKey, parse_registry
from services.common.kafka.topics import CENTRAL


@pytest.mark.parametrize("code", codes())
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
    assert province.sample is not None
    assert province.sample.unit_officers.keys() <= units[province.sample.archive_id]
    assert {*province.sample.unit_officers.values()} <= names
    assert {f"{province.sample.people}-{role}" for role in ("clerk", "reviewer", "reviewer2", "director")} <= names
    assert {archive.district_code for archive in province.archives} <= province.districts.keys()


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


def test_an_unknown_province_is_told_with_those_there_are_and_how_one_is_made() -> None:
    with pytest.raises(UnknownProvince, match=r"no province '810000'; there are .*320000.*make province CODE=810000"):
        chosen({"PROVINCES": "320000,810000"})
    with pytest.raises(UnknownProvince, match=r"no province '\.\./x'; there are [\d, ]+$"):
        chosen({"PROVINCES": "../x"})


def test_a_folder_that_bears_another_provinces_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(folder() / "130000", tmp_path / "140000")
    monkeypatch.setenv("TONGDANG_PROVINCES_DIR", str(tmp_path))

    assert codes() == ("140000",)
    with pytest.raises(ValueError, match="region_id is '130000'"):
        load("140000")


def test_the_standard_has_34_divisions_and_no_two_share_letters_or_sign() -> None:
    assert len(DIVISIONS) == 34
    assert len({one.letters for one in DIVISIONS.values()}) == 34
    assert len({one.sign for one in DIVISIONS.values()}) == 34
    assert list(DIVISIONS) == sorted(DIVISIONS)
