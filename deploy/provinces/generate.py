"""Writes a new province's folder, complete and marked as a sample: its operator commits it and edits what it says."""

from random import Random
from typing import Any

import tomli_w

from deploy.files import write_public
from deploy.provinces.catalogue import codes, folder, people_of
from deploy.provinces.divisions import DIVISIONS, Division
from deploy.samples.vocabulary import GIVEN, SURNAMES

_ROWS = 1_000
_TOWNS = (
    "红旗",
    "东风",
    "新华",
    "和平",
    "胜利",
    "团结",
    "前进",
    "光明",
    "建设",
    "新民",
    "永丰",
    "太平",
    "城关",
    "河东",
)
"""Names that townships bear all over the country."""
_UNITS = (("mz", "民政"), ("ny", "农业农村"), ("jy", "教育"))
"""Creating units of the sample archive; the first one's records are published with the samples."""
_ABOLISHED = "手工业管理局（已撤销）"
_ROLES = (("clerk", "clerk"), ("reviewer", "reviewer"), ("reviewer2", "reviewer"), ("director", "director"))

_ABOUT = {
    "province.toml": "The province's entry in the registry, without addresses and keys; region_id never changes.\n"
    "The archive is a sample, marked as such: put the real archives, units and fonds in its place.\n"
    "A fonds without unit_id is one of which no unit is left to sign.",
    "people.toml": "Sample people of a local stack: invented names. A real deployment takes its people from elsewhere.",
    "samples.toml": "Sample holdings of a local stack: an archive's generated rows and their words.",
}


class Refused(ValueError):
    """Nothing was written; the message says why and what to do."""


def generate(code: str, name: str = "", name_en: str = "") -> tuple[str, ...]:
    """Writes the folder of a province; returns the files written, none where all of them say the same already.

    Args: name, name_en: in place of the standard's.
    Raises: Refused: no such division, or a folder that says something else.
    """
    if code not in DIVISIONS:
        known = ", ".join(f"{one.code} {one.name}" for one in DIVISIONS.values())
        raise Refused(f"{code!r} is no provincial code of GB/T 2260; these are: {known}")
    division = DIVISIONS[code]
    texts = _texts(division, name or division.name, name_en or division.name_en)
    home = folder() / code
    differing = [file for file in texts if (home / file).exists() and (home / file).read_text("utf-8") != texts[file]]
    if differing:
        raise Refused(f"{home} exists and says something else in {', '.join(differing)}: edit it, or delete it first")
    missing = tuple(file for file in texts if not (home / file).exists())
    for file in missing:
        write_public(home / file, texts[file])
    return missing


def _texts(division: Division, name: str, name_en: str) -> dict[str, str]:
    """By file name; the one that makes the folder a province comes last, so that a broken-off writing is none yet."""
    prefix = _prefix(division)
    tables = {
        "people.toml": {"people": _people(division.code, prefix)},
        "samples.toml": _samples(division, name, prefix),
        "province.toml": _entry(division, name, name_en),
    }
    return {file: _comment(_ABOUT[file]) + tomli_w.dumps(table) for file, table in tables.items()}


def _entry(division: Division, name: str, name_en: str) -> dict[str, Any]:
    code = division.code
    kind = "局" if division.name.endswith(("市", "特别行政区")) else "厅"
    units = [{"unit_id": f"u{code}-{short}", "name": f"{name}{matter}{kind}"} for short, matter in _UNITS]
    fonds = [{"code": f"A{number:03}", **_fonds(unit)} for number, unit in enumerate(units, 1)]
    archive = {
        "archive_id": f"a{code}",
        "name": f"{name}档案馆",
        "name_en": f"{name_en} Archives",
        "code": f"4{code[:2]}001",  # DOMAIN §3.1: type, province, serial; 4 is comprehensive
        "district_code": code,
        "address": f"{name}（样例地址）",
        "phone": "000-00000001",
        "sample": True,
        "units": units,
        "fonds": [*fonds, {"code": f"A{len(units) + 1:03}", "name": f"{name}{_ABOLISHED}"}],
    }
    return {"region_id": code, "name": name, "name_en": name_en, "archives": [archive]}


def _fonds(unit: dict[str, str]) -> dict[str, str]:
    return {"name": unit["name"], "unit_id": unit["unit_id"]}


def _people(code: str, prefix: str) -> list[dict[str, Any]]:
    rng = Random(code)  # noqa: S311 - the same names each time
    at = {"region_id": code, "archive_id": f"a{code}"}
    officers = [
        (f"unit{number if number > 1 else ''}", "unit_officer", {"unit_id": f"u{code}-{short}"})
        for number, (short, _) in enumerate(_UNITS, 1)
    ]
    rows = [*((user, role, {}) for user, role in _ROLES), *officers]
    return [
        {"username": f"{prefix}-{user}", "name": _name(rng), "roles": [role], **at, **unit} for user, role, unit in rows
    ]


def _name(rng: Random) -> str:
    return rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, 2))


def _samples(division: Division, name: str, prefix: str) -> dict[str, Any]:
    code = division.code
    sample = {
        "archive_id": f"a{code}",
        "rows": _ROWS,
        "people": prefix,
        "unit_officers": {f"u{code}-{_UNITS[0][0]}": f"{prefix}-unit"},
    }
    district = {"name": name, "former": name, "renamed_in": 1950, "sign": division.sign, "towns": list(_TOWNS)}
    return {"sample": sample, "districts": {code: district}}


def _prefix(division: Division) -> str:
    """Of usernames: the standard's letters, or a free pair that begins alike and is nobody's there."""
    others = [code for code in codes() if code != division.code]
    taken = {person["username"].partition("-")[0] for person in people_of(others)}
    own = division.letters.lower()
    foreign = {one.letters.lower() for one in DIVISIONS.values()}
    pairs = (own[0] + chr(letter) for letter in range(ord("a"), ord("z") + 1))
    return next(pair for pair in (own, *(pair for pair in pairs if pair not in foreign)) if pair not in taken)


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines()) + "\n"
