"""Recomputes a whole log from its entries and compares everything it serves (C2SP tlog-tiles, RFC 6962)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.audit.domain.cosignatures import open_cosigned
from services.audit.domain.notes import Checkpoint, open_checkpoint
from services.audit.domain.tiles import TILE_WIDTH, TileId, bundles_of, decode_bundle, tiles_of
from services.common.domain.merkle import (
    HASH_SIZE,
    InvalidProof,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of_hashes,
    verify_consistency,
    verify_inclusion,
)


class VerificationFailed(Exception):
    """The log is not what its checkpoint says."""


class NotServed(OSError):
    """The log answers that it has no such thing."""


class LogReader(Protocol):
    """Reads a path below the log's prefix."""

    def read(self, path: str) -> bytes:
        """Raises: NotServed; OSError: out of reach."""
        ...


@dataclass(frozen=True)
class Verdict:
    """What was verified; `earlier` is the size of the last visit, None on a first one.

    `cosigned`: the newest checkpoint that enough witnesses vouch for; None where none was asked for.
    """

    checkpoint: Checkpoint
    earlier: int | None
    cosigned: Checkpoint | None = None


@dataclass(frozen=True)
class Witnesses:
    """Whose word is wanted besides the log's: verifier keys, and how many of them must have cosigned."""

    keys: Sequence[str]
    quorum: int


def verify(log: LogReader, key: str, last: Checkpoint | None, witnesses: Witnesses | None = None) -> Verdict:
    """Checks signature, every entry, every tile, inclusion of the last entry, and consistency with the last visit.

    With `witnesses`: also that so many of them have cosigned a checkpoint, and that the entries lead to it too.

    The checkpoint is read once; what the log appends meanwhile does not matter.
    Raises: VerificationFailed, InvalidNote; OSError: not reachable.
    """
    cosigned = cosigned_checkpoint(log, key, witnesses) if witnesses else None
    checkpoint = open_checkpoint(log.read("checkpoint").decode(errors="replace"), key)
    hashes = _leaf_hashes(log, checkpoint.size)
    _compare_tiles(log, checkpoint.size, hashes)
    if root_of_hashes(hashes) != checkpoint.root:
        raise VerificationFailed("the entries do not lead to the signed root")
    if hashes:
        proof = inclusion_proof(hashes, len(hashes) - 1)
        verify_inclusion(hashes[-1], len(hashes) - 1, checkpoint.size, proof, checkpoint.root)
    if last is not None:
        _compare_with(last, checkpoint, hashes)
    if cosigned is not None and (
        cosigned.size > checkpoint.size or root_of_hashes(hashes[: cosigned.size]) != cosigned.root
    ):
        raise VerificationFailed(f"the witnesses have cosigned another tree of {cosigned.size} entries")
    return Verdict(checkpoint, last.size if last else None, cosigned)


def cosigned_checkpoint(log: LogReader, key: str, witnesses: Witnesses) -> Checkpoint:
    """The newest one that enough witnesses vouch for. Raises: VerificationFailed, InvalidNote; OSError."""
    try:
        note = log.read("checkpoint.cosigned").decode(errors="replace")
    except NotServed as problem:
        raise VerificationFailed("no witness has cosigned this log yet") from problem
    return open_cosigned(note, key, witnesses.keys, witnesses.quorum)


def _leaf_hashes(log: LogReader, size: int) -> list[bytes]:
    hashes: list[bytes] = []
    for bundle in bundles_of(size):
        try:
            entries = decode_bundle(_signed_for(log, bundle))
        except ValueError as problem:
            raise VerificationFailed(f"{bundle.path}: {problem}") from problem
        if len(entries) != bundle.width:
            raise VerificationFailed(f"{bundle.path} holds {len(entries)} entries, expected {bundle.width}")
        hashes += map(leaf_hash, entries)
    return hashes


def _compare_tiles(log: LogReader, size: int, hashes: list[bytes]) -> None:
    level, nodes = 0, hashes
    for tile in tiles_of(size):
        assert tile.level is not None
        if tile.level != level:
            full = range(0, len(nodes) - TILE_WIDTH + 1, TILE_WIDTH)
            nodes = [root_of_hashes(nodes[at : at + TILE_WIDTH]) for at in full]
            level = tile.level
        first = tile.number * TILE_WIDTH
        served = _signed_for(log, tile)
        expected = b"".join(nodes[first : first + tile.width])
        if served != expected:
            place = next((i for i in range(tile.width) if _at(served, i) != _at(expected, i)), tile.width)
            raise VerificationFailed(f"{tile.path}: hash {first + place} differs from its entries")


def _signed_for(log: LogReader, tile: TileId) -> bytes:
    """What a log signed for it must serve."""
    try:
        return log.read(tile.path)
    except NotServed as problem:
        raise VerificationFailed(f"{tile.path} belongs to the signed tree and is not served") from problem


def _compare_with(last: Checkpoint, now: Checkpoint, hashes: list[bytes]) -> None:
    if last.origin != now.origin:
        raise VerificationFailed("the remembered checkpoint is another log's")
    if now.size < last.size:
        raise VerificationFailed(f"the log shrank from {last.size} to {now.size} entries")
    if last.size == 0:
        return  # every log goes on from an empty one
    try:
        proof = consistency_proof(hashes, last.size) if last.size < now.size else []
        verify_consistency(last.size, now.size, last.root, now.root, proof)
    except InvalidProof as problem:
        raise VerificationFailed(f"the log was rewritten since the last visit: {problem}") from problem


def _at(tile: bytes, number: int) -> bytes:
    return tile[number * HASH_SIZE : (number + 1) * HASH_SIZE]
