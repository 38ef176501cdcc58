"""Which provinces a stack has, and which of them are left out of its runs: remembered in its folder.

A province that ever ran stays in the registry. Left out, it is to the others like one that is down: its records are
found, requests to it wait, and it goes on where it was when it runs again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.files import write_public
from deploy.provinces.catalogue import DEFAULT

_LEFT_OUT = "left-out"


@dataclass(frozen=True)
class Members:
    """`regions`: codes in the order they joined; `left_out`: those of them that do not run."""

    regions: tuple[str, ...] = DEFAULT
    left_out: frozenset[str] = frozenset()

    def choosing(self, chosen: Sequence[str]) -> "Members":
        """With exactly these running; newcomers join at the end, nobody ever leaves."""
        regions = tuple(dict.fromkeys((*self.regions, *chosen)))
        return Members(regions, frozenset(regions) - frozenset(chosen))


USUAL = Members()
"""Where nobody chose."""


def remembered(folder: Path) -> Members:
    """Of the stack in this folder; the default ones where none was started, or before this was remembered."""
    file = _file(folder)
    if not file.exists():
        return USUAL
    rows = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line]
    return Members(tuple(row[0] for row in rows), frozenset(row[0] for row in rows if _LEFT_OUT in row))


def chosen_for(folder: Path, chosen: Sequence[str]) -> Members:
    """What the stack in this folder will have if these are to run."""
    begun = _file(folder).exists() or (folder / "etc").exists()
    return remembered(folder).choosing(chosen) if begun else Members(tuple(chosen))


def remember(folder: Path, members: Members) -> None:
    """Before anything is made for them."""
    lines = (f"{code} {_LEFT_OUT}" if code in members.left_out else code for code in members.regions)
    write_public(_file(folder), "".join(f"{line}\n" for line in lines))


def _file(folder: Path) -> Path:
    return folder / "provinces"
