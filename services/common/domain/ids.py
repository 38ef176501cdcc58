"""Identifiers: records keep a name-based one for ever, everything else gets a time-ordered one."""

import hashlib
import uuid
from typing import Protocol

import uuid6

RECORD_NAMESPACE = uuid.UUID("5f0c7a52-6f0a-5d0e-9c57-7c2f0a1d4e11")
"""Namespace of record ids; changing it would rename every record."""


class Ids(Protocol):
    """Gives fresh identifiers."""

    def new(self) -> str:
        """A UUIDv7 in canonical text form."""
        ...


class RandomIds:
    """UUIDv7 from the system's clock and randomness."""

    def new(self) -> str:
        return str(uuid6.uuid7())


def record_id(archive_id: str, reference_code: str) -> str:
    """The permanent id of a record: UUIDv5 of archive and normalised 档号 at first import."""
    name = f"{archive_id}\n{reference_code}".encode()
    digest = hashlib.sha1(RECORD_NAMESPACE.bytes + name, usedforsecurity=False).digest()
    # as uuid.uuid5, at a third of its cost: an import names every row
    value = int.from_bytes(digest[:16], "big") & ~(0xF << 76) | 5 << 76
    hexadecimal = f"{value & ~(3 << 62) | 1 << 63:032x}"
    return "-".join((hexadecimal[:8], hexadecimal[8:12], hexadecimal[12:16], hexadecimal[16:20], hexadecimal[20:]))


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in canonical form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
