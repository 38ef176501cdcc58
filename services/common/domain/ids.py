"""Identifiers: records keep a name-based one for ever, everything else gets a time-ordered one."""

import hashlib
import os
import re
import struct
import time
import uuid
from collections import deque
from typing import Protocol

RECORD_NAMESPACE = uuid.UUID("5f0c7a52-6f0a-5d0e-9c57-7c2f0a1d4e11")
"""Namespace of record ids; changing it would rename every record."""


class Ids(Protocol):
    """Gives fresh identifiers."""

    def new(self) -> str:
        """A UUIDv7 in canonical text form."""
        ...


_CANONICAL = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DRAWN = struct.Struct("512Q")
_RANDOM_BITS = (1 << 62) - 1


class RandomIds:
    """UUIDv7 from the system's clock, with the fraction of its millisecond (RFC 9562 §6.2, method 3), and randomness.

    The randomness is drawn for many at once: each draw is a system call that hands the interpreter to another thread,
    which with 32 callers cost more than all else of an audit event.
    """

    def __init__(self) -> None:
        self._random: deque[int] = deque()
        os.register_at_fork(after_in_child=self._random.clear)

    def new(self) -> str:
        milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
        fraction = (nanoseconds << 12) // 1_000_000
        value = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | self._draw() & _RANDOM_BITS
        return _hyphenated(f"{value:032x}")

    def _draw(self) -> int:
        while True:
            try:
                return self._random.pop()
            except IndexError:
                self._random.extend(_DRAWN.unpack(os.urandom(_DRAWN.size)))


def record_id(archive_id: str, reference_code: str) -> str:
    """The permanent id of a record: UUIDv5 of archive and normalised 档号 at first import."""
    name = f"{archive_id}\n{reference_code}".encode()
    digest = hashlib.sha1(RECORD_NAMESPACE.bytes + name, usedforsecurity=False).digest()
    # as uuid.uuid5, at a third of its cost: an import names every row
    value = int.from_bytes(digest[:16], "big") & ~(0xF << 76) | 5 << 76
    return _hyphenated(f"{value & ~(3 << 62) | 1 << 63:032x}")


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in canonical form."""
    return _CANONICAL.fullmatch(text) is not None


def _hyphenated(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
