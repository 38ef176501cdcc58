"""What a witness states about a checkpoint (C2SP tlog-cosignature, cosignature/v1, Ed25519)."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.audit.domain.notes import (
    COSIGNATURE,
    Checkpoint,
    InvalidNote,
    key_hash,
    open_checkpoint,
    parse_verifier_key,
    signature_line,
    signatures_of,
    split_note,
)

_TIME_BYTES = 8
_LATEST = 2**63 - 1


@dataclass(frozen=True)
class Cosignature:
    """A verified one: the witness's name, when it signed (POSIX seconds), and its line below the note."""

    witness: str
    time: int
    line: str


def cosign(signed: str, name: str, key: Ed25519PrivateKey, time: int) -> str:
    """The line a witness adds below a checkpoint's text.

    It states: as of `time` (POSIX seconds), this is the largest consistent tree the witness has seen of this log.
    """
    public_key = key.public_key().public_bytes_raw()
    stamped = time.to_bytes(_TIME_BYTES, "big") + key.sign(_message(signed, time))
    return signature_line(name, key_hash(name, public_key, COSIGNATURE) + stamped)


def cosignature_of(witness_key: str, signed: str, lines: Sequence[str]) -> Cosignature | None:
    """This witness's statement about the text, if one of the lines is it and verifies.

    Raises: InvalidNote: `witness_key` is no witness's verifier key.
    """
    name, public_key = parse_verifier_key(witness_key, COSIGNATURE)
    key = Ed25519PublicKey.from_public_bytes(public_key)
    for stamped in signatures_of(name, public_key, lines, COSIGNATURE):
        time = int.from_bytes(stamped[:_TIME_BYTES], "big")
        try:
            key.verify(stamped[_TIME_BYTES:], _message(signed, time))
        except InvalidSignature:
            continue
        if time <= _LATEST:
            line = signature_line(name, key_hash(name, public_key, COSIGNATURE) + stamped)
            return Cosignature(name, time, line)
    return None


def open_cosigned(note: str, log_key: str, witness_keys: Sequence[str], quorum: int) -> Checkpoint:
    """The checkpoint that the log signed and at least `quorum` of these witnesses cosigned.

    Raises: InvalidNote.
    """
    checkpoint = open_checkpoint(note, log_key)
    signed, lines = split_note(note)
    found = {one.witness for key in witness_keys if (one := cosignature_of(key, signed, lines)) is not None}
    if len(found) < quorum:
        raise InvalidNote(f"{len(found)} of the given witnesses cosigned it, {quorum} are asked for")
    return checkpoint


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
