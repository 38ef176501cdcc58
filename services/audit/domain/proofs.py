"""Inclusion and consistency proofs from tiles, without reading the leaves."""

from collections.abc import Callable
from functools import cache

from services.audit.domain.tiles import TILE_HEIGHT, TILE_WIDTH
from services.common.domain.merkle import HASH_SIZE, node_hash, root_of_hashes

ReadTile = Callable[[int, int, int], bytes]
"""(level, number, at least so many hashes) → the tile's bytes."""


def inclusion_from_tiles(index: int, size: int, read: ReadTile) -> list[bytes]:
    """Sibling hashes from the leaf up, for a tree of `size` leaves; `index` < `size`."""
    return _path(0, size, index, _once(read, size))


def consistency_from_tiles(first: int, size: int, read: ReadTile) -> list[bytes]:
    """That the tree of the first `first` leaves is a prefix of that of `size` (RFC 6962 §2.1.2); 0 < first ≤ size."""
    return _subproof(0, first, size, True, _once(read, size))


def _once(read: ReadTile, size: int) -> ReadTile:
    """Each tile once, as wide as it is in a tree of `size`: hashes of the last one are made from all its leaves."""

    @cache
    def tile(level: int, number: int) -> bytes:
        return read(level, number, min(TILE_WIDTH, (size >> level * TILE_HEIGHT) - number * TILE_WIDTH))

    return lambda level, number, _: tile(level, number)


def _subproof(start: int, first: int, size: int, whole: bool, read: ReadTile) -> list[bytes]:
    if first == size:
        return [] if whole else [_range_root(start, size, read)]
    split = 1 << (size - 1).bit_length() - 1
    if first <= split:
        return [*_subproof(start, first, split, whole, read), _range_root(start + split, size - split, read)]
    return [
        *_subproof(start + split, first - split, size - split, False, read),
        _range_root(start, split, read),
    ]


def _path(start: int, size: int, index: int, read: ReadTile) -> list[bytes]:
    if size == 1:
        return []
    split = 1 << (size - 1).bit_length() - 1
    if index < start + split:
        return [*_path(start, split, index, read), _range_root(start + split, size - split, read)]
    return [*_path(start + split, size - split, index, read), _range_root(start, split, read)]


def _range_root(start: int, size: int, read: ReadTile) -> bytes:
    """Root over leaves [start, start + size); `start` is a multiple of the largest power of two in `size`."""
    power = 1 << size.bit_length() - 1
    if size == power:
        return _perfect_root(start, power, read)
    return node_hash(_perfect_root(start, power, read), _range_root(start + power, size - power, read))


def _perfect_root(start: int, size: int, read: ReadTile) -> bytes:
    height = size.bit_length() - 1
    level, within = divmod(height, TILE_HEIGHT)
    first, count = start >> (level * TILE_HEIGHT), 1 << within
    number, at = divmod(first, TILE_WIDTH)
    tile = read(level, number, at + count)
    hashes = [tile[HASH_SIZE * i : HASH_SIZE * (i + 1)] for i in range(at, at + count)]
    return root_of_hashes(hashes)
