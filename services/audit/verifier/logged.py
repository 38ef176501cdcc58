"""Whether a publication stands in the audit log: its event, found, and proven to lie under a signed checkpoint."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from services.audit.domain.notes import Checkpoint, InvalidNote, open_checkpoint
from services.audit.domain.proofs import inclusion_from_tiles
from services.audit.domain.tiles import TILE_HEIGHT, TILE_WIDTH, TileId, decode_bundle
from services.audit.verifier.verify import LogReader, NotServed, VerificationFailed, Witnesses, cosigned_checkpoint
from services.common.domain.merkle import InvalidProof, leaf_hash, verify_inclusion
from services.common.domain.publication import MANIFEST_FACT, PUBLISHED, NotProven, Step


def check_logged(
    log: LogReader, key: str, manifest: bytes, batch_id: str, at: int | None, witnesses: Witnesses | None
) -> tuple[int, Checkpoint]:
    """Leaf index of the event that names this manifest's hash, and the checkpoint it was proven under.

    `at`: where it is said to stand; without that, or where something else stands, all entries are searched, newest
    first. With `witnesses` the checkpoint is one that enough of them have cosigned.
    Raises: NotProven; OSError: out of reach.
    """
    try:
        if witnesses is None:
            checkpoint = open_checkpoint(log.read("checkpoint").decode(errors="replace"), key)
        else:
            checkpoint = cosigned_checkpoint(log, key, witnesses)
        digest = hashlib.sha256(manifest).hexdigest()
        index, leaf = _find(log, checkpoint.size, batch_id, digest, at)
        proof = inclusion_from_tiles(index, checkpoint.size, _tiles(log, checkpoint.size))
        verify_inclusion(leaf_hash(leaf), index, checkpoint.size, proof, checkpoint.root)
    except (InvalidNote, VerificationFailed, InvalidProof, NotServed) as problem:
        raise NotProven(Step.LOG, str(problem)) from problem
    return index, checkpoint


def _find(log: LogReader, size: int, batch_id: str, digest: str, at: int | None) -> tuple[int, bytes]:
    for index, leaf in _candidates(log, size, at):
        if _names(leaf, batch_id, digest):
            return index, leaf
    raise NotProven(Step.LOG, f"none of the log's {size} entries names this manifest")


def _candidates(log: LogReader, size: int, at: int | None) -> Iterator[tuple[int, bytes]]:
    if at is not None and 0 <= at < size:
        bundle = _bundle(log, size, at // TILE_WIDTH)
        if at % TILE_WIDTH < len(bundle):
            yield at, bundle[at % TILE_WIDTH]
    for number in reversed(range(-(-size // TILE_WIDTH))):
        first = number * TILE_WIDTH
        yield from ((first + place, leaf) for place, leaf in enumerate(_bundle(log, size, number)))


def _bundle(log: LogReader, size: int, number: int) -> list[bytes]:
    width = min(TILE_WIDTH, size - number * TILE_WIDTH)
    try:
        return decode_bundle(log.read(TileId(None, number, width).path))
    except ValueError as problem:
        raise VerificationFailed(f"bundle {number}: {problem}") from problem


def _names(leaf: bytes, batch_id: str, digest: str) -> bool:
    """Whether an entry is the event of this publication with this manifest."""
    try:
        event: Any = json.loads(leaf)
        return bool(
            event["activity_name"] == PUBLISHED
            and event["status"] == "granted"
            and event["entity"]["uid"] == batch_id
            and event["unmapped"].get(MANIFEST_FACT) == digest
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _tiles(log: LogReader, size: int) -> Any:
    def read(level: int, number: int, count: int) -> bytes:
        width = min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - number * TILE_WIDTH)
        return log.read(TileId(level, number, max(width, count)).path)

    return read
