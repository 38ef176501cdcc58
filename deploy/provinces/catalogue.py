"""Reads the folders: which provinces there are, what each of them is, and which of them a stack was asked to run."""

import os
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.provinces.divisions import DIVISIONS
from deploy.samples.vocabulary import District
from services.common.domain.registry import Archive, archive_of

DEFAULT = ("320000", "520000", "130000")
"""What runs where nobody says otherwise."""

SAMPLE_ROLES = ("clerk", "reviewer", "reviewer2", "director")
"""Who loads and publishes sample holdings, besides the creating units' officers: `<people>-<role>`."""

Person = dict[str, Any]


class InvalidProvince(ValueError):
    """A folder's files say what cannot be; the message names the folder and what."""


class UnknownProvince(ValueError):
    """No folder of this code; the message says which there are and how one is made."""

    def __init__(self, code: str) -> None:
        make = f"; `make province CODE={code}` writes it" if code in DIVISIONS else ""
        super().__init__(f"no province {code!r}; there are {', '.join(codes())}{make}")


@dataclass(frozen=True)
class Sample:
    """Sample holdings: `rows` generated for one archive, signed by `<people>-reviewer`, `<people>-clerk` and so on.

    `unit_officers`: creating unit → who signs for it; the records of units left out stay unreviewed, so that a newcomer
    has something to review.
    """

    region_id: str
    archive_id: str
    rows: int
    people: str
    unit_officers: dict[str, str]


@dataclass(frozen=True)
class Province:
    """What its folder says. `entry`: its table in the registry without principal, address and keys."""

    code: str
    name: str
    name_en: str
    entry: dict[str, Any]
    archives: tuple[Archive, ...]
    people: tuple[Person, ...]
    sample: Sample | None
    districts: dict[str, District]
    """District code → the words that its archives' sample catalogues are made of."""


def folder() -> Path:
    """Where the folders are: `TONGDANG_PROVINCES_DIR`, or beside this file."""
    return Path(os.environ.get("TONGDANG_PROVINCES_DIR") or Path(__file__).parent).absolute()


def codes() -> tuple[str, ...]:
    """Of all folders, in ascending order."""
    return tuple(sorted(path.parent.name for path in folder().glob("*/province.toml")))


def load(code: str) -> Province:
    """One province.

    Raises: UnknownProvince; InvalidProvince: what its files say cannot be.
    """
    if code not in codes():
        raise UnknownProvince(code)
    home = folder() / code
    try:
        province = _province(code, home)
    except (KeyError, TypeError, ValueError) as problem:
        raise InvalidProvince(f"{home}: {type(problem).__name__} {problem}") from None
    if problems := list(_problems(province)):
        raise InvalidProvince(f"{home}: {'; '.join(problems)}")
    return province


def load_all(codes: Sequence[str]) -> tuple[Province, ...]:
    """Those of one registry.

    Raises: UnknownProvince; InvalidProvince: one of them, or two that share an archive's id or somebody's username.
    """
    provinces = tuple(map(load, codes))
    archives = Counter(archive.archive_id for province in provinces for archive in province.archives)
    people = Counter(str(person["username"]) for province in provinces for person in province.people)
    if twice := [name for name, count in (*archives.items(), *people.items()) if count > 1]:
        raise InvalidProvince(f"more than once in {', '.join(codes)}: {', '.join(twice)}")
    return provinces


def _province(code: str, home: Path) -> Province:
    entry, samples = _read(home / "province.toml"), _read(home / "samples.toml")
    return Province(
        code=code,
        name=entry["name"],
        name_en=entry["name_en"],
        entry=entry,
        archives=tuple(archive_of(code, row) for row in entry["archives"]),
        people=tuple(_read(home / "people.toml").get("people", ())),
        sample=Sample(code, **samples["sample"]) if "sample" in samples else None,
        districts={
            key: District(**{**row, "towns": tuple(row["towns"])}) for key, row in samples.get("districts", {}).items()
        },
    )


def _problems(province: Province) -> Iterator[str]:
    """What a reader of the files alone would not notice."""
    if province.code not in DIVISIONS:
        yield "its name is no provincial code of GB/T 2260"
    if (region_id := province.entry["region_id"]) != province.code:
        yield f"region_id is {region_id!r}"
    for archive in province.archives:
        units = {unit.unit_id for unit in archive.units}
        for fonds in archive.fonds:
            if fonds.unit_id and fonds.unit_id not in units:
                yield f"fonds {fonds.code} of {archive.archive_id} names unit {fonds.unit_id!r}, which is not there"
    if province.sample:
        yield from _sample_problems(province, province.sample)


def _sample_problems(province: Province, sample: Sample) -> Iterator[str]:
    archive = next((one for one in province.archives if one.archive_id == sample.archive_id), None)
    if archive is None:
        yield f"the sample's archive {sample.archive_id!r} is not there"
    elif archive.district_code not in province.districts:
        yield f"samples.toml has no words for district {archive.district_code}"
    people = {str(person["username"]) for person in province.people}
    needed = {f"{sample.people}-{role}" for role in SAMPLE_ROLES} | {*sample.unit_officers.values()}
    if not any(person.get("archive_id") == sample.archive_id and person.get("unit_id") for person in province.people):
        yield f"nobody in people.toml signs for a unit of {sample.archive_id}"
    if missing := sorted(needed - people):
        yield f"samples.toml needs {', '.join(missing)}, not in people.toml"


def chosen(environment: Mapping[str, str]) -> tuple[str, ...]:
    """What `PROVINCES=320000,520000` names, in that order and each once; `DEFAULT` where it is empty.

    Raises: UnknownProvince.
    """
    named = environment.get("PROVINCES", "").replace(",", " ").split()
    for code in named:
        if code not in codes():
            raise UnknownProvince(code)
    return tuple(dict.fromkeys(named)) or DEFAULT


def people_of(chosen: Sequence[str]) -> list[Person]:
    """Sample people of a stack with these provinces: everybody's, then each province's."""
    national: list[Person] = _read(Path(__file__).parent / "national.toml")["people"]
    return [*national, *(person for code in chosen for person in load(code).people)]


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
