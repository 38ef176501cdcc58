"""The record in the terms of DA/T 18-2022: its states, its descriptive fields and their hash."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

MAX_REFERENCE_CODE = 50
MAX_TITLE = 600
"""Lengths of 档号 and 题名 in use (DOMAIN §3.1)."""


class AccessStatus(StrEnum):
    """开放标识."""

    UNREVIEWED = "unreviewed"
    OPEN = "open"
    CONTROLLED = "controlled"
    DEFERRED = "deferred"


class Level(StrEnum):
    """著录层级: 件 or 案卷."""

    ITEM = "item"
    FILE = "file"


DESCRIPTIVE_FIELDS = (
    "reference_code",
    "reference_code_raw",
    "fonds",
    "level",
    "title",
    "creator",
    "date",
    "retention_period",
    "security_classification",
    "disclosure",
    "pages",
    "other",
)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode


def content_hash(fields: Mapping[str, Any]) -> str:
    """SHA-256, 64 hexadecimal digits, over the RFC 8785 bytes of the descriptive fields; others are ignored.

    Made with the standard encoder, which is far faster than a general one: for strings, integers, booleans
    and null under keys below U+E000 its bytes are those of RFC 8785 (a test holds it to that).
    """
    return hashlib.sha256(_encode({name: fields[name] for name in DESCRIPTIVE_FIELDS}).encode()).hexdigest()
