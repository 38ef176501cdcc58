"""A witness of one log (C2SP tlog-witness): cosigns what continues the tree it cosigned last, and nothing else."""

import base64
import binascii
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.domain.cosignatures import cosign
from services.audit.domain.notes import Checkpoint, InvalidNote, open_checkpoint, parse_verifier_key, split_note
from services.audit.witness.memory import Memory
from services.common.domain.merkle import InvalidProof, verify_consistency
from services.common.metrics import WITNESS_ANSWERED, WITNESS_COSIGNED

MAX_PROOF = 63
"""Hashes; a tree of 2^63 leaves needs no more."""
SIZE_TYPE = "text/x.tlog.size"

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")

log = structlog.get_logger()


@dataclass(frozen=True)
class Answer:
    """HTTP status, body, its type. `outcome` for metrics."""

    status: int
    body: str
    outcome: str
    media_type: str = "text/plain; charset=utf-8"


class _Malformed(ValueError):
    """Says what was expected."""


@dataclass(frozen=True)
class _Asked:
    old: int
    proof: Sequence[bytes]
    note: str


class Witness:
    """Answers one submission after the other; what it cosigned is on disk before the answer leaves.

    `log_key`: verifier key of the log. `now`: POSIX seconds.
    Raises: InvalidNote: `log_key` is none; MemoryUnreadable.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey, log_key: str, memory: Memory, now: Callable[[], int]) -> None:
        self._name = name
        self._key = key
        self._log_key = log_key
        self._origin = parse_verifier_key(log_key)[0]
        self._memory = memory
        self._now = now
        self._last = memory.read()
        if self._last is not None and self._last.origin != self._origin:
            raise InvalidNote("the memory is another log's")
        self._one_at_a_time = threading.Lock()
        WITNESS_COSIGNED.set(self._size)

    def add_checkpoint(self, body: bytes) -> Answer:
        """A submission; OSError where nothing can be remembered, and then nothing is cosigned."""
        answer = self._answer(body)
        WITNESS_ANSWERED.labels(outcome=answer.outcome).inc()
        return answer

    def _answer(self, body: bytes) -> Answer:
        try:
            asked = _read(body)
        except (_Malformed, UnicodeDecodeError) as problem:
            expected = str(problem) if isinstance(problem, _Malformed) else "UTF-8"
            return Answer(400, f"expected: {expected}\n", "malformed")
        if asked.note.partition("\n")[0] != self._origin:
            return Answer(404, "this witness does not know the log\n", "unknown-log")
        try:
            checkpoint = open_checkpoint(asked.note, self._log_key)
        except InvalidNote:
            return Answer(403, "no signature of the log's key verifies\n", "unsigned")
        if asked.old > checkpoint.size:
            return Answer(400, "expected: an old size of at most the checkpoint's\n", "malformed")
        with self._one_at_a_time:
            return self._decide(asked, checkpoint)

    def _decide(self, asked: _Asked, checkpoint: Checkpoint) -> Answer:
        last = self._last
        if asked.old != self._size:
            return Answer(409, f"{self._size}\n", "other-size", SIZE_TYPE)
        if last is not None and checkpoint.size == last.size and checkpoint.root != last.root:
            log.error("log-forked", size=checkpoint.size, seen=last.root.hex(), shown=checkpoint.root.hex())
            return Answer(409, f"{self._size}\n", "forked", SIZE_TYPE)
        try:
            _require_consistent(last, checkpoint, asked.proof)
        except InvalidProof:
            log.error("log-inconsistent", seen=self._size, shown=checkpoint.size, root=checkpoint.root.hex())
            return Answer(422, "the proof does not lead from the old tree to this one\n", "inconsistent")
        if checkpoint != last:
            self._memory.keep(checkpoint)
            self._last = checkpoint
            WITNESS_COSIGNED.set(checkpoint.size)
        signed, _ = split_note(asked.note)
        return Answer(200, cosign(signed, self._name, self._key, self._now()), "cosigned")

    @property
    def _size(self) -> int:
        return self._last.size if self._last else 0


def _require_consistent(last: Checkpoint | None, checkpoint: Checkpoint, proof: Sequence[bytes]) -> None:
    """Raises: InvalidProof."""
    if last is not None and last.size > 0:
        verify_consistency(last.size, checkpoint.size, last.root, checkpoint.root, proof)
    elif proof:
        raise InvalidProof("nothing can be proven of an empty tree")


def _read(body: bytes) -> _Asked:
    """Raises: _Malformed, UnicodeDecodeError."""
    head, separator, note = body.decode().partition("\n\n")
    first, *hashes = head.split("\n")
    old = _OLD.fullmatch(first)
    if old is None or not separator or not note.endswith("\n"):
        raise _Malformed("an old size, hashes of a proof, an empty line, a checkpoint")
    if len(hashes) > MAX_PROOF:
        raise _Malformed(f"at most {MAX_PROOF} hashes")
    return _Asked(int(old[1]), [_hash(line) for line in hashes], note)


def _hash(line: str) -> bytes:
    try:
        found = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise _Malformed("a hash of 32 bytes as base64 on each line of the proof") from problem
    if len(found) != 32:
        raise _Malformed("a hash of 32 bytes as base64 on each line of the proof")
    return found
