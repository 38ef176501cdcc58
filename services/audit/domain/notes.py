"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint), Ed25519."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE = b"\x01", b"\x04"
"""Kinds of keys: of whoever signs the note itself, and of a witness (tlog-cosignature)."""
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class InvalidNote(ValueError):
    """Not a note of this log, or its signature does not verify."""


@dataclass(frozen=True)
class Checkpoint:
    """The log's size and root; `root` 32 bytes."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note's text, which is what is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def verifier_key(name: str, public_key: bytes, kind: bytes = ED25519) -> str:
    """`<name>+<key hash>+<base64 of kind and key>`."""
    encoded = base64.b64encode(kind + public_key).decode()
    return f"{name}+{key_hash(name, public_key, kind).hex()}+{encoded}"


def sign_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The whole note."""
    public_key = key.public_key().public_bytes_raw()
    signature = key_hash(checkpoint.origin, public_key) + key.sign(checkpoint.text.encode())
    return f"{checkpoint.text}\n{signature_line(checkpoint.origin, signature)}"


def signature_line(name: str, signature: bytes) -> str:
    """A line below a note; `signature` begins with the key's hash."""
    return f"— {name} {base64.b64encode(signature).decode()}\n"


def open_checkpoint(note: str, key: str) -> Checkpoint:
    """The checkpoint in a note that the holder of the verifier key signed.

    Raises: InvalidNote.
    """
    name, public_key = parse_verifier_key(key)
    signed, lines = split_note(note)
    for signature in signatures_of(name, public_key, lines):
        if _verifies(public_key, signature, signed):
            return _checkpoint(signed, name)
    raise InvalidNote("no signature of this key verifies")


def split_note(note: str) -> tuple[str, list[str]]:
    """What is signed, with its last newline, and the lines below it.

    Raises: InvalidNote.
    """
    text, separator, below = note.rpartition("\n\n")
    if not separator:
        raise InvalidNote("not a signed note")
    return text + "\n", below.splitlines()


def signatures_of(name: str, public_key: bytes, lines: Sequence[str], kind: bytes = ED25519) -> Iterator[bytes]:
    """What stands behind the key's hash, of each line that claims to be this key's; nothing is verified yet."""
    ours = key_hash(name, public_key, kind)
    for line in lines:
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.partition(" ")
        if dash == "—" and signer == name:
            with suppress(binascii.Error, ValueError):
                raw = base64.b64decode(encoded, validate=True)
                if raw[:4] == ours:
                    yield raw[4:]


def parse_verifier_key(key: str, kind: bytes = ED25519) -> tuple[str, bytes]:
    """Name and 32-byte public key of this kind.

    Raises: InvalidNote.
    """
    parts = key.strip().split("+", 2)
    if len(parts) != 3:
        raise InvalidNote("a verifier key looks like name+hash+base64")
    name, hashed, encoded = parts
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error as problem:
        raise InvalidNote("the verifier key is not base64") from problem
    if len(raw) != 33 or raw[:1] != kind or key_hash(name, raw[1:], kind).hex() != hashed:
        raise InvalidNote("the verifier key does not fit its hash")
    return name, raw[1:]


def _verifies(public_key: bytes, signature: bytes, signed: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _checkpoint(text: str, name: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 4 or lines[0] != name or not _SIZE.fullmatch(lines[1]):
        raise InvalidNote("not a checkpoint of this log")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except binascii.Error as problem:
        raise InvalidNote("the root is not base64") from problem
    if len(root) != 32:
        raise InvalidNote("the root is not 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def key_hash(name: str, public_key: bytes, kind: bytes = ED25519) -> bytes:
    """Four bytes that tell keys of one name apart."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public_key).digest()[:4]
