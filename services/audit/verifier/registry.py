"""The public half of the registry, as a verifier needs it: regions, their archives, their keys with validity."""

import base64
import binascii
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.common.domain.registry import PublicKey


@dataclass(frozen=True)
class KnownRegion:
    """A region that the registry names."""

    name: str
    keys: tuple[PublicKey, ...]
    archives: Mapping[str, str]
    """Archive id → name."""


def read_registry(text: str) -> dict[str, KnownRegion]:
    """From `registry.json` as a portal serves it, or from the `regions.toml` it was made of.

    Raises: ValueError: neither.
    """
    try:
        table = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        return {str(row["region_id"]): _region(row) for row in table["regions"]}
    except (KeyError, TypeError, AttributeError, binascii.Error) as problem:
        raise ValueError("not a registry") from problem


def _region(row: Mapping[str, Any]) -> KnownRegion:
    keys = tuple(
        PublicKey(
            key["use"],
            base64.b64decode(key["key"], validate=True),
            date.fromisoformat(str(key["valid_from"])),
            date.fromisoformat(str(key["valid_until"])),
        )
        for key in row.get("keys", ())
    )
    return KnownRegion(row["name"], keys, {one["archive_id"]: one["name"] for one in row["archives"]})
