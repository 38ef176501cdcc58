"""Tiles and entry bundles as C2SP tlog-tiles lays them out: height 8, 256 hashes or entries each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_ENTRY = 65_535

_PATH = re.compile(r"(?:(?P<level>\d{1,2})|entries)/(?P<number>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>\d{1,3}))?")


@dataclass(frozen=True)
class TileId:
    """Which tile: `level` None for a bundle of entries; `width` 256 for a full one."""

    level: int | None
    number: int
    width: int

    @property
    def path(self) -> str:
        """Path below the log's prefix, e.g. `tile/0/x001/234.p/17`."""
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_number_path(self.number)}{partial}"


def parse_tile_path(path: str) -> TileId | None:
    """The tile a path below `tile/` names; None when it names none."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    number = int(match["number"].replace("x", "").replace("/", ""))
    width = int(match["width"] or TILE_WIDTH)
    level = int(match["level"]) if match["level"] else None
    tile = TileId(level, number, width)
    return tile if 0 < width <= TILE_WIDTH and tile.path == f"tile/{path}" else None


def tiles_of(size: int) -> Iterator[TileId]:
    """Every hash tile of a tree of this size, partial ones last in their level."""
    level, count = 0, size
    while count > 0:
        for number in range(count // TILE_WIDTH):
            yield TileId(level, number, TILE_WIDTH)
        if count % TILE_WIDTH:
            yield TileId(level, count // TILE_WIDTH, count % TILE_WIDTH)
        level, count = level + 1, count // TILE_WIDTH


def bundles_of(size: int) -> Iterator[TileId]:
    """Every entry bundle of a tree of this size."""
    return (TileId(None, tile.number, tile.width) for tile in tiles_of(size) if tile.level == 0)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries one after the other, each behind its length as a big-endian 16-bit number."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(bundle: bytes) -> list[bytes]:
    """The entries of a bundle.

    Raises: ValueError: the lengths do not add up.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if at + 2 > len(bundle) or end > len(bundle):
            raise ValueError("a bundle ends in the middle of an entry")
        entries.append(bundle[at + 2 : end])
        at = end
    return entries


def _number_path(number: int) -> str:
    """Groups of three digits, all but the last behind an x: 1234067 → x001/x234/067."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)
