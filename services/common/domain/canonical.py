"""Canonical bytes (RFC 8785): produced once, stored and hashed as bytes, never serialised again."""

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785

from services.common.domain.errors import InvalidArgument


def canonical_bytes(value: Mapping[str, Any]) -> bytes:
    """RFC 8785 bytes of a JSON object.

    Raises: InvalidArgument: a value JSON cannot carry, or an integer of 2^53 and more.
    """
    try:
        return rfc8785.dumps(dict(value))
    except rfc8785.CanonicalizationError as problem:
        raise InvalidArgument("value", str(problem)) from problem


def sha256_hex(content: bytes) -> str:
    """SHA-256 as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
