"""Tiles and notes as C2SP lays them out; proofs that come from tiles."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.notes import (
    Checkpoint,
    InvalidNote,
    open_checkpoint,
    parse_verifier_key,
    sign_checkpoint,
    verifier_key,
)
from services.audit.domain.proofs import consistency_from_tiles, inclusion_from_tiles
from services.audit.domain.tiles import (
    TILE_WIDTH,
    TileId,
    bundles_of,
    decode_bundle,
    encode_bundle,
    parse_tile_path,
    tiles_of,
)
from services.common.domain.merkle import leaf_hash, root_of_hashes, verify_consistency, verify_inclusion

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VKEY = verifier_key("tongdang.test/audit", KEY.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint("tongdang.test/audit", 7, leaf_hash(b"seven"))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (TileId(0, 0, 256), "tile/0/000"),
        (TileId(0, 1234067, 256), "tile/0/x001/x234/067"),
        (TileId(1, 999, 17), "tile/1/999.p/17"),
        (TileId(None, 1000, 1), "tile/entries/x001/000.p/1"),
    ],
)
def test_paths_of_tiles_are_those_of_the_specification(tile: TileId, path: str) -> None:
    assert tile.path == path
    assert parse_tile_path(path.removeprefix("tile/")) == tile


@pytest.mark.parametrize(
    "path",
    ["0/1", "0/0001", "0/x000/001", "0/000.p/0", "0/000.p/256", "0/000.p/017", "00/000", "entries/", "x/000", "0/٠٠٠"],
)
def test_no_tile_has_two_paths(path: str) -> None:
    assert parse_tile_path(path) is None


def test_a_tree_has_full_tiles_and_at_most_one_partial_one_a_level() -> None:
    assert [tile.path for tile in tiles_of(256 * 2 + 3)] == [
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/3",
        "tile/1/000.p/2",
    ]
    assert [tile.path for tile in bundles_of(257)] == ["tile/entries/000", "tile/entries/001.p/1"]
    assert list(tiles_of(0)) == []


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x02a", b"\x00\x01ab"])
def test_a_bundle_that_ends_in_the_middle_is_refused(bundle: bytes) -> None:
    with pytest.raises(ValueError, match="middle"):
        decode_bundle(bundle)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, TILE_WIDTH * 3 + 5), st.data())
def test_tiles_are_enough_to_prove_any_leaf(size: int, data: st.DataObject) -> None:
    hashes = [leaf_hash(bytes([number % 256, number // 256])) for number in range(size)]
    levels = [hashes]
    while len(levels[-1]) >= TILE_WIDTH:
        below = levels[-1]
        ends = range(TILE_WIDTH, len(below) + 1, TILE_WIDTH)
        levels.append([root_of_hashes(below[end - TILE_WIDTH : end]) for end in ends])

    asked: list[tuple[int, int]] = []

    def read(level: int, number: int, count: int) -> bytes:
        asked.append((level, number))
        start = number * TILE_WIDTH
        found = levels[level][start : start + count]
        assert len(found) == count <= TILE_WIDTH
        return b"".join(found)

    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_from_tiles(index, size, read)
    verify_inclusion(hashes[index], index, size, proof, root_of_hashes(hashes))
    assert len(asked) == len(set(asked)), "a tile that is not full costs a hash for each of its leaves"

    asked.clear()
    first = data.draw(st.integers(1, size))
    older = consistency_from_tiles(first, size, read)
    verify_consistency(first, size, root_of_hashes(hashes[:first]), root_of_hashes(hashes), older)
    assert len(asked) == len(set(asked))


def test_a_signed_checkpoint_opens_with_its_key() -> None:
    note = sign_checkpoint(CHECKPOINT, KEY)
    assert open_checkpoint(note, VKEY) == CHECKPOINT
    other = "— somebody.else AAAAAAAA\n"
    assert open_checkpoint(note + other, VKEY) == CHECKPOINT, "a cosignature does not disturb"


def test_the_example_key_of_the_signed_note_package_is_read() -> None:
    key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    name, public_key = parse_verifier_key(key)
    assert (name, len(public_key)) == ("PeterNeumann", 32)
    assert verifier_key(name, public_key) == key


def test_a_note_changed_anywhere_is_refused() -> None:
    note = sign_checkpoint(CHECKPOINT, KEY)
    for changed in (
        note.replace("\n7\n", "\n8\n"),
        note.replace("tongdang.test/audit\n7", "tongdang.other/audit\n7"),
        note.replace("\n\n", "\n"),
        note[:-8],
        "",
    ):
        with pytest.raises(InvalidNote):
            open_checkpoint(changed, VKEY)


@pytest.mark.parametrize("size", ["007", "-1", "٧", "7 ", ""])
def test_a_size_is_written_in_one_way_only(size: str) -> None:
    text = f"tongdang.test/audit\n{size}\n{base64.b64encode(CHECKPOINT.root).decode()}\n"

    class AsWritten(Checkpoint):
        text = ""

    strange = AsWritten("tongdang.test/audit", 7, CHECKPOINT.root)
    object.__setattr__(strange, "text", text)
    with pytest.raises(InvalidNote):
        open_checkpoint(sign_checkpoint(strange, KEY), VKEY)


@pytest.mark.parametrize("key", ["", "a+b", "a+00000000+AAAA", "a+zz+!!", VKEY.replace("+", "+0", 1)])
def test_a_verifier_key_that_does_not_fit_is_refused(key: str) -> None:
    with pytest.raises(InvalidNote):
        parse_verifier_key(key)
