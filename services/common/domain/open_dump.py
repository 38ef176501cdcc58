"""A province's dump of its open catalogue: what its manifest says, and how anybody checks it (ADR 20).

The manifest is a Frictionless Data Package (`datapackage.json`, https://specs.frictionlessdata.io/data-package) with
some properties of ours, in RFC 8785 form, and the province signs its bytes. The catalog writes by this, the page shows
by it, `tongdang-verify dump` checks by it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.common.domain.canonical import canonical_bytes
from services.common.domain.clock import legal_day, to_iso
from services.common.domain.dump_fields import ENTRY_FIELDS, RETRACTED_FIELDS, Field
from services.common.domain.errors import InvalidArgument
from services.common.domain.registry import PublicKey

DUMP_TYPE = "tongdang-open-catalogue-dump-1"
MANIFEST, SIGNATURE = "datapackage.json", "datapackage.json.sig"
CSV, JSON_LINES, RETRACTED = "entries.csv.gz", "entries.jsonl.gz", "retracted.csv.gz"
_DIALECT = {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True}
_NOTES = {
    "zh": "CSV 为带 BOM 的 UTF-8；以 = + - @ 等开头的单元格前加一个撇号，防止被当作公式，去掉一个撇号即为原文。"
    "JSON Lines 不加。retracted.csv.gz 列出撤回后未再开放的条目：请从旧副本中删除。",
    "en": "CSV is UTF-8 with a byte order mark; a cell that a spreadsheet would run as a formula carries an "
    "apostrophe before it: take one away and the field is back. JSON Lines carry none. retracted.csv.gz lists "
    "what was taken back and not opened again: delete it from older copies.",
}


class NotAuthentic(Exception):
    """The dump is not what its province signed; `file` says where it shows."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(f"{file}: {why}")
        self.file = file


@dataclass(frozen=True)
class DataFile:
    """One file of a dump. `rows`: without a header. `size`: bytes as they lie, compressed. `sha256`: hex, of these."""

    name: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """Whose catalogue it is. `conditions`: of use, by language."""

    region_id: str
    title: str
    title_en: str
    conditions: Mapping[str, str]


def key_id(public: bytes) -> str:
    """Short name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def manifest(dump_id: str, source: Source, made_at: datetime, files: Mapping[str, DataFile], public: bytes) -> bytes:
    """RFC 8785 bytes; exactly these are signed by the private half of `public`."""
    return canonical_bytes(
        {
            "profile": "data-package",
            "type": DUMP_TYPE,
            "name": f"open-catalogue-{source.region_id}",
            "id": dump_id,
            "region_id": source.region_id,
            "title": source.title,
            "title_en": source.title_en,
            "created": to_iso(made_at),
            "key_id": key_id(public),
            "count": files[JSON_LINES].rows,
            "conditions": dict(source.conditions),
            "notes": _NOTES,
            "resources": [
                _resource(files[CSV], "entries", "csv", ENTRY_FIELDS),
                _resource(files[JSON_LINES], "entries-jsonl", "jsonl", ()),
                _resource(files[RETRACTED], "retracted", "csv", RETRACTED_FIELDS),
            ],
        }
    )


def read_manifest(content: bytes) -> Mapping[str, Any]:
    """What a manifest says. Raises: NotAuthentic: it is none."""
    try:
        says = json.loads(content)
        canonical = canonical_bytes(says) == content
    except (ValueError, TypeError, RecursionError, InvalidArgument) as problem:
        raise NotAuthentic(MANIFEST, "no JSON object") from problem
    if not canonical or says.get("type") != DUMP_TYPE:
        raise NotAuthentic(MANIFEST, "no manifest of a dump in its canonical form")
    return dict(says)


def check_signature(content: bytes, signature: bytes, keys: Sequence[PublicKey]) -> PublicKey:
    """The region's key that signed, valid on the day the dump was made. Raises: NotAuthentic."""
    says = read_manifest(content)
    try:
        day = legal_day(datetime.fromisoformat(says["created"]))
    except (ValueError, KeyError, TypeError) as problem:
        raise NotAuthentic(MANIFEST, "it does not say when it was made") from problem
    valid = [key for key in keys if key.use == "signing" and key.valid_from <= day <= key.valid_until]
    for key in valid:
        if key_id(key.key) == says.get("key_id") and _verifies(key.key, signature, content):
            return key
    raise NotAuthentic(SIGNATURE, f"none of the region's {len(valid)} signing keys of {day} made this signature")


def data_files(says: Mapping[str, Any]) -> dict[str, DataFile]:
    """The files that a manifest lists. Raises: NotAuthentic: it lists others."""
    try:
        rows = [(str(one["path"]), int(one["rows"]), int(one["bytes"]), str(one["hash"])) for one in says["resources"]]
    except (KeyError, TypeError, ValueError) as problem:
        raise NotAuthentic(MANIFEST, "its list of files cannot be read") from problem
    files = {name: DataFile(name, count, size, digest.removeprefix("sha256:")) for name, count, size, digest in rows}
    if sorted(files) != sorted([CSV, JSON_LINES, RETRACTED]) or len(rows) != len(files):
        raise NotAuthentic(MANIFEST, f"it lists other files: {sorted(files)}")
    return files


def _resource(file: DataFile, name: str, form: str, fields: Sequence[Field]) -> dict[str, Any]:
    described = {
        "name": name,
        "path": file.name,
        "format": form,
        "mediatype": {"csv": "text/csv", "jsonl": "application/jsonl"}[form],
        "encoding": "utf-8",
        "compression": "gz",
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
        "rows": file.rows,
    }
    if not fields:
        return described
    return {
        **described,
        "dialect": _DIALECT,
        "schema": {
            "primaryKey": "record_id",
            "fields": [
                {"name": one.column, "type": one.type, "title": one.zh, "description": one.en}
                | ({"trueValues": ["true"]} if one.type == "boolean" else {})
                for one in fields
            ],
        },
    }


def _verifies(key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True
