"""What is derived is what is committed; a province more is a folder more."""

import re
import shutil
from pathlib import Path

import pytest

from deploy.kubernetes import province
from deploy.kubernetes.checks import CHECKS
from deploy.kubernetes.document import DERIVED
from deploy.kubernetes.render import NoTool, render
from deploy.kubernetes.site import TREE, read_site
from deploy.kubernetes.tree import derive, provinces_of, write
from deploy.local.layout import ROOT
from deploy.provinces.catalogue import UnknownProvince, codes
from deploy.provinces.generate import generate


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    copy = tmp_path / "k8s"
    shutil.copytree(TREE, copy)
    return copy


def contents(tree: Path) -> dict[str, str]:
    files = (path for path in tree.rglob("*") if path.is_file())
    return {path.relative_to(tree).as_posix(): path.read_text(encoding="utf-8") for path in files}


def test_the_committed_files_are_what_the_tables_say() -> None:
    committed = contents(TREE)

    derived = derive(provinces_of(), read_site())

    assert {name: committed.get(name) for name in derived} == derived


def test_no_file_that_says_it_is_derived_is_left_over() -> None:
    mark = DERIVED.partition(":")[0]
    marked = {name for name, text in contents(TREE).items() if text.startswith(mark)}

    assert marked <= set(derive(provinces_of(), read_site()))


def test_every_province_there_is_has_its_folder() -> None:
    assert provinces_of() == sorted(codes())


def test_writing_again_changes_nothing(tree: Path) -> None:
    before = contents(tree)

    assert write(tree) == []
    province.write("320000", tree)

    assert contents(tree) == before


def test_a_province_is_written_whole_and_put_on_the_list(tree: Path) -> None:
    before = contents(tree)
    shutil.rmtree(tree / "provinces" / "520000")
    province.write("130000", tree)
    assert "520000" not in (tree / "provinces" / "kustomization.yaml").read_text()

    province.write("520000", tree)

    assert contents(tree) == before


def test_an_overlay_with_other_provinces_is_sound_too(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `make province` makes them. Nothing of the shared part names a province."""
    monkeypatch.setenv("TONGDANG_PROVINCES_DIR", str(tmp_path / "provinces"))
    generate("440000", "", "")
    shutil.rmtree(tree / "provinces")
    province.write("440000", tree)

    try:
        objects = render("trial", tree)
    except NoTool as missing:
        pytest.skip(str(missing))

    assert {name: find(objects) for name, find in CHECKS.items() if name != "schemas" and find(objects)} == {}
    assert "catalog-440000" in str(objects)
    assert not re.search(r"\b320000\b", str(objects))


def test_a_province_that_nobody_made_is_refused(tree: Path) -> None:
    with pytest.raises(UnknownProvince, match="make province CODE=440000"):
        province.write("440000", tree)


@pytest.mark.parametrize("domain", ["", "https://archives.example", "Archives.Example", "localhost", "a b.example"])
def test_what_is_no_name_of_a_host_is_refused(domain: str, tree: Path) -> None:
    before = contents(tree)
    (tree / "site.toml").write_text(f'domain = "{domain}"\n', encoding="utf-8")

    with pytest.raises(ValueError, match="domain"):
        write(tree)

    assert {name: text for name, text in contents(tree).items() if name != "site.toml"} == {
        name: text for name, text in before.items() if name != "site.toml"
    }


def test_engines_are_of_the_versions_that_everything_is_tested_with() -> None:
    pinned = (ROOT / "deploy" / "local" / "engines.lock").read_text()
    [kafka] = re.findall(r"kafka_2\.13-([\d.]+)\.jar", pinned)
    [keycloak] = re.findall(r"keycloak-quarkus-dist-([\d.]+)\.zip", pinned)

    assert f"version: {kafka} " in (TREE / "base" / "exchange" / "cluster.yaml").read_text()
    assert f"| Keycloak operator | {keycloak} |" in (ROOT / "docs" / "kubernetes.md").read_text()


def test_another_domain_goes_everywhere(tree: Path) -> None:
    (tree / "site.toml").write_text('domain = "archives.example"\n', encoding="utf-8")

    write(tree)

    left = [name for name, text in contents(tree).items() if "tongdang.example" in text]
    assert left == []
