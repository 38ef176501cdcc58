"""A province joins a stack that exists: it gets what it needs, and nobody else's anything changes."""

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from deploy.files import write_public
from deploy.local.layout import Layout
from deploy.local.members import Members, chosen_for, remember, remembered
from deploy.local.stack import Stack
from deploy.local.supervisor import Supervisor
from deploy.provinces.catalogue import DEFAULT, UnknownProvince, folder
from deploy.provinces.divisions import DIVISIONS
from deploy.provinces.generate import generate
from services.common.domain.registry import load_registry

ALL = Members(tuple(DIVISIONS))


def layout(folder: Path, *regions: str) -> Layout:
    return Layout(19_000, folder, Path("engines"), members=Members(regions or DEFAULT))


def files(of: Layout) -> dict[str, bytes]:
    kept = [*(of.etc / "tls").iterdir(), *(of.etc / "secrets").iterdir()]
    return {str(path.relative_to(of.etc)): path.read_bytes() for path in kept}


def test_ports_never_meet_and_lie_close_however_many_provinces_there_are() -> None:
    ports = Layout(19_000, Path(), Path(), members=ALL).ports()

    assert len(set(ports.values())) == len(ports) == 5 + 3 * 34 + 4 + 2 * 8
    assert max(ports.values()) - min(ports.values()) < 200
    assert min(ports.values()) == ports["portal (HTTP)"] == 19_000


def test_no_newcomer_moves_anothers_ports() -> None:
    members = Members(("520000",))
    for code in DIVISIONS:
        before = Layout(19_000, Path(), Path(), members=members).ports()
        members = members.choosing((*members.regions, code))

        assert before.items() <= Layout(19_000, Path(), Path(), members=members).ports().items()


def test_a_newcomer_leaves_certificates_keys_and_passwords_of_the_others_alone(tmp_path: Path) -> None:
    Stack(layout(tmp_path, "320000")).prepare()
    before = files(layout(tmp_path))

    Stack(layout(tmp_path, "320000", "520000")).prepare()

    after = files(layout(tmp_path))
    assert before.items() <= after.items()
    assert {name for name in after.keys() - before.keys() if "520000" not in name} == set()
    assert {"tls/catalog-520000.pem", "secrets/signing-520000.pem", "secrets/mongo-uri-catalog-520000"} <= after.keys()


def test_the_registry_keeps_the_days_of_keys_and_rises_in_version_when_somebody_joins(tmp_path: Path) -> None:
    Stack(layout(tmp_path, "320000")).prepare()
    file = tmp_path / "etc" / "regions.toml"
    text = file.read_text(encoding="utf-8")
    first = load_registry(file).region("320000")
    long_ago = first.keys[0].valid_from - timedelta(days=400)
    file.write_text(text.replace(first.keys[0].valid_from.isoformat(), long_ago.isoformat()), encoding="utf-8")

    Stack(layout(tmp_path, "320000", "520000")).prepare()

    registry = load_registry(file)
    assert registry.version == 2
    assert [region.region_id for region in registry.regions] == ["320000", "520000"]
    assert {key.valid_from for key in registry.region("320000").keys} == {long_ago}
    assert registry.region("520000").key("signing", date.today())


def test_a_start_that_changes_nothing_leaves_the_registry_as_it_is(tmp_path: Path) -> None:
    Stack(layout(tmp_path)).prepare()
    before = (tmp_path / "etc" / "regions.toml").read_bytes()

    Stack(layout(tmp_path)).prepare()

    assert (tmp_path / "etc" / "regions.toml").read_bytes() == before
    assert load_registry(tmp_path / "etc" / "regions.toml").version == 1


def test_a_stack_remembers_who_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGDANG_LOCAL_DIR", str(tmp_path))
    assert Layout.from_environment().regions == DEFAULT

    Stack(layout(tmp_path, "520000", "320000")).prepare()
    assert Layout.from_environment().regions == ("520000", "320000")

    members = chosen_for(tmp_path, ("130000", "320000"))
    assert members == Members(("520000", "320000", "130000"), frozenset({"520000"}))
    remember(tmp_path, members)
    assert remembered(tmp_path) == members
    assert chosen_for(tmp_path, ("520000",)).left_out == {"320000", "130000"}


def test_a_new_stack_has_the_provinces_it_was_asked_for_and_no_others(tmp_path: Path) -> None:
    assert chosen_for(tmp_path, ("130000",)) == Members(("130000",))


def test_a_stack_from_before_provinces_were_chosen_has_the_default_ones(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()

    assert chosen_for(tmp_path, ("320000", "440000")).regions == (*DEFAULT, "440000")


def test_a_province_left_out_is_registered_and_not_started(tmp_path: Path) -> None:
    whole = layout(tmp_path)
    less = replace(whole, members=whole.members.choosing(("320000",)))
    Stack(less).prepare()

    assert "catalog-520000" in less.services
    assert "catalog-520000" not in (*less.running, *less.processes)
    assert not any("520000" in name for name in less.ports())
    assert load_registry(tmp_path / "etc" / "regions.toml").region("520000").archives


def test_a_province_whose_folder_is_gone_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Stack(layout(tmp_path)).prepare()
    monkeypatch.setenv("TONGDANG_PROVINCES_DIR", str(tmp_path))

    with pytest.raises(UnknownProvince, match=r"'320000'.*make province CODE=320000"):
        Stack(layout(tmp_path)).prepare()


@pytest.mark.parametrize(
    ("stamp", "unseeded"),
    [(None, ["320000", "130000", "440000"]), ("", ["440000"]), ("320000\n130000\n", ["440000"])],
    ids=["a new stack", "a stack from before the stamp named them", "today's"],
)
def test_samples_are_for_those_that_run_and_have_none_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stamp: str | None, unseeded: list[str]
) -> None:
    provinces = tmp_path / "provinces"
    for code in DEFAULT:
        shutil.copytree(folder() / code, provinces / code)
    monkeypatch.setenv("TONGDANG_PROVINCES_DIR", str(provinces))
    generate("440000")
    if stamp is not None:
        write_public(tmp_path / "data" / "samples-ready", stamp)
    members = Members((*DEFAULT, "440000"), frozenset({"520000"}))

    supervisor = Supervisor(replace(layout(tmp_path), members=members), samples=True)

    assert supervisor._unseeded() == unseeded
