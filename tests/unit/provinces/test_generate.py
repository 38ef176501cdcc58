"""A generated province: complete, valid at once, and never in the place of something else."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.provinces.catalogue import DEFAULT, SAMPLE_ROLES, codes, folder, load, people_of
from deploy.provinces.divisions import DIVISIONS
from deploy.provinces.generate import Refused, generate
from deploy.samples.archives import sample_archives
from deploy.samples.generator import catalogue


@pytest.fixture(autouse=True)
def provinces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own with the three that are delivered."""
    for code in DEFAULT:
        shutil.copytree(folder() / code, tmp_path / code)
    monkeypatch.setenv("TONGDANG_PROVINCES_DIR", str(tmp_path))
    return tmp_path


def contents(at: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in at.iterdir()}


def test_a_generated_province_is_a_whole_one(provinces: Path) -> None:
    assert set(generate("440000")) == {"province.toml", "people.toml", "samples.toml"}

    province = load("440000")
    [archive] = province.archives
    assert (province.name, province.name_en) == ("广东省", "Guangdong")
    assert archive.sample
    assert [fonds.name for fonds in archive.fonds if not fonds.unit_id] == ["广东省手工业管理局（已撤销）"]
    assert {unit.unit_id for unit in archive.units} == {fonds.unit_id for fonds in archive.fonds if fonds.unit_id}
    names = {person["username"] for person in province.people}
    assert names >= {f"gd-{role}" for role in (*SAMPLE_ROLES, "unit", "unit2", "unit3")}


def test_its_archive_has_sample_holdings_of_every_fonds() -> None:
    generate("440000")

    rows = list(catalogue(sample_archives()["a440000"], 200, 7))

    assert {row[0].partition("-")[0] for row in rows} == {"A001", "A002", "A003", "A004"}
    assert {row[2] for row in rows} == {
        "广东省民政厅", "广东省农业农村厅", "广东省教育厅", "广东省手工业管理局",
    }  # fmt: skip


def test_all_34_divisions_can_be_run_together() -> None:
    for code in DIVISIONS:
        if code not in codes():
            generate(code)

    assert codes() == tuple(DIVISIONS)
    names = [person["username"] for person in people_of(codes())]
    assert len(set(names)) == len(names)
    archives = list(itertools.chain.from_iterable(load(code).archives for code in codes()))
    assert len({archive.code for archive in archives}) == len({a.archive_id for a in archives}) == len(archives)


def test_letters_that_somebody_bears_already_go_to_nobody_else() -> None:
    """Hebei's people are hb-…, which are Hubei's letters in the standard."""
    generate("420000")

    prefix = load("420000").people[0]["username"].partition("-")[0]

    assert prefix[0] == "h"
    assert prefix not in {"hb", *(division.letters.lower() for division in DIVISIONS.values())}


def test_names_can_be_given(provinces: Path) -> None:
    generate("810000", '香港"特区"', "Hong\nKong")

    assert (load("810000").name, load("810000").name_en) == ('香港"特区"', "Hong\nKong")


@pytest.mark.parametrize("code", ["", "44", "440100", "999999", "../440000", "４４００００"])
def test_a_code_that_is_no_province_is_refused_with_those_that_are(code: str, provinces: Path) -> None:
    before = sorted(provinces.rglob("*"))

    with pytest.raises(Refused, match="no provincial code of GB/T 2260; these are: 110000 北京市"):
        generate(code)

    assert sorted(provinces.rglob("*")) == before


def test_a_province_that_was_edited_is_refused_and_left_alone(provinces: Path) -> None:
    generate("440000")
    edited = provinces / "440000" / "province.toml"
    edited.write_text(edited.read_text("utf-8").replace("广东省档案馆", "广州市档案馆"), encoding="utf-8")
    before = contents(edited.parent)

    with pytest.raises(Refused, match=r"says something else in province\.toml"):
        generate("440000")

    assert contents(edited.parent) == before


def test_generating_again_changes_nothing(provinces: Path) -> None:
    generate("440000")
    generate("420000")
    before = contents(provinces / "440000")

    assert generate("440000") == ()

    assert contents(provinces / "440000") == before


def test_a_writing_that_was_killed_is_no_province_yet_and_is_finished_by_the_next(provinces: Path) -> None:
    written = generate("440000")
    whole = contents(provinces / "440000")
    for survivors in range(len(written)):
        for file in written[survivors:]:
            (provinces / "440000" / file).unlink()
        assert "440000" not in codes()

        assert generate("440000") == written[survivors:]
        assert contents(provinces / "440000") == whole
