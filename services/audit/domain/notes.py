"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint), Ed25519."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
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


def verifier_key(origin: str, public_key: bytes) -> str:
    """`<name>+<key hash>+<base64 of type and key>`."""
    encoded = base64.b64encode(_ED25519 + public_key).decode()
    return f"{origin}+{_key_hash(origin, public_key).hex()}+{encoded}"


def sign_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The whole note."""
    public_key = key.public_key().public_bytes_raw()
    signature = _key_hash(checkpoint.origin, public_key) + key.sign(checkpoint.text.encode())
    return f"{checkpoint.text}\n— {checkpoint.origin} {base64.b64encode(signature).decode()}\n"


def open_checkpoint(note: str, key: str) -> Checkpoint:
    """The checkpoint in a note that the holder of the verifier key signed.

    Raises: InvalidNote.
    """
    name, public_key = parse_verifier_key(key)
    text, separator, signatures = note.rpartition("\n\n")
    if not separator:
        raise InvalidNote("not a signed note")
    signed = text + "\n"
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.partition(" ")
        if dash == "—" and signer == name and _verifies(name, public_key, signed, encoded):
            return _checkpoint(signed, name)
    raise InvalidNote("no signature of this key verifies")


def parse_verifier_key(key: str) -> tuple[str, bytes]:
    """Name and 32-byte public key.

    Raises: InvalidNote.
    """
    parts = key.strip().split("+", 2)
    if len(parts) != 3:
        raise InvalidNote("a verifier key looks like name+hash+base64")
    name, key_hash, encoded = parts
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error as problem:
        raise InvalidNote("the verifier key is not base64") from problem
    if len(raw) != 33 or raw[:1] != _ED25519 or _key_hash(name, raw[1:]).hex() != key_hash:
        raise InvalidNote("the verifier key does not fit its hash")
    return name, raw[1:]


def _verifies(name: str, public_key: bytes, signed: str, encoded: str) -> bool:
    try:
        raw = base64.b64decode(encoded, validate=True)
        if raw[:4] != _key_hash(name, public_key):
            return False
        Ed25519PublicKey.from_public_bytes(public_key).verify(raw[4:], signed.encode())
    except (binascii.Error, InvalidSignature, ValueError):
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


def _key_hash(name: str, public_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]
