"""Checks a dump of an open catalogue that lies in a folder, with the registry's public keys alone (ADR 20).

Files are read as streams: a catalogue of millions takes no more memory than its list of retractions.
"""

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO

from services.audit.verifier.asked import Sentence
from services.audit.verifier.registry import KnownRegion
from services.common.domain.canonical import canonical_bytes
from services.common.domain.dump_fields import ENTRY_FIELDS, RETRACTED_FIELDS, Field, csv_header, entry_of
from services.common.domain.errors import InvalidArgument
from services.common.domain.open_dump import (
    CSV,
    JSON_LINES,
    MANIFEST,
    RETRACTED,
    SIGNATURE,
    DataFile,
    NotAuthentic,
    check_signature,
    data_files,
    key_id,
    read_manifest,
)

_BLOCK = 1 << 20
_LONGEST_CELL = 1 << 20
_UNREADABLE = (
    gzip.BadGzipFile,
    EOFError,
    zlib.error,
    csv.Error,
    ValueError,
    TypeError,
    AttributeError,
    InvalidArgument,
)


def verify_dump(folder: Path, registry: Mapping[str, KnownRegion]) -> Iterator[Sentence]:
    """Tells each step as soon as it has passed.

    Raises: NotAuthentic: names the file that is not what was signed; OSError.
    """
    content = _read(folder, MANIFEST)
    says = read_manifest(content)
    region = registry.get(str(says.get("region_id")))
    if region is None:
        raise NotAuthentic(MANIFEST, f"the registry names no region {says.get('region_id')!r}")
    key = check_signature(content, _read(folder, SIGNATURE), region.keys)
    yield (
        f"清单由{region.name}在 {says['created']} 时有效的密钥 {key_id(key.key)} 签名。",
        f"The manifest is signed by key {key_id(key.key)} of {region.name}, valid at {says['created']}.",
    )
    files = data_files(says)
    for file in files.values():
        _check_digest(folder, file)
    yield (
        f"{len(files)} 个文件的长度和 SHA-256 与清单一致。",
        f"Length and SHA-256 of {len(files)} files are the manifest's.",
    )
    retracted = {one.get("record_id", "") for one in _rows(folder, RETRACTED, RETRACTED_FIELDS)}
    entries = 0
    for entries, entry in enumerate(_entries(folder), 1):  # noqa: B007 - the last number counts
        _check_entry(entry, str(says["region_id"]), region, retracted)
    _check_rows({CSV: entries, JSON_LINES: entries, RETRACTED: len(retracted)}, files, says)
    yield (
        f"CSV 与 JSON Lines 逐条相同，共 {entries} 条；{len(retracted)} 条已撤回的不在其中。",
        f"CSV and JSON Lines say the same of {entries} entries; none of the {len(retracted)} retracted is among them.",
    )


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError as problem:
        raise NotAuthentic(name, "is missing") from problem


def _check_digest(folder: Path, file: DataFile) -> None:
    digest, size = hashlib.sha256(), 0
    try:
        with (folder / file.name).open("rb") as stored:
            while block := stored.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except FileNotFoundError as problem:
        raise NotAuthentic(file.name, "is missing") from problem
    if (size, digest.hexdigest()) != (file.size, file.sha256):
        raise NotAuthentic(file.name, "its bytes are not those that were signed")


def _entries(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Each entry, once both forms have said the same of it."""
    both = zip_longest(_lines(folder), _rows(folder, CSV, ENTRY_FIELDS))
    for number, (line, row) in enumerate(both, 1):
        if line is None or line != row:
            raise NotAuthentic(CSV, f"entry {number} differs from {JSON_LINES}")
        yield line


def _lines(folder: Path) -> Iterator[Mapping[str, Any]]:
    with _unpacked(folder, JSON_LINES) as stored:
        for number, line in enumerate(stored, 1):
            entry = json.loads(line)
            if canonical_bytes(entry) + b"\n" != line:
                raise NotAuthentic(JSON_LINES, f"line {number} is not in canonical form")
            yield entry


def _rows(folder: Path, name: str, fields: Sequence[Field]) -> Iterator[Mapping[str, Any]]:
    header = csv_header(fields)
    with _unpacked(folder, name) as stored:
        if stored.read(len(header)) != header:
            raise NotAuthentic(name, f"does not begin with its {len(fields)} columns")
        csv.field_size_limit(_LONGEST_CELL)
        for row in csv.reader(io.TextIOWrapper(stored, encoding="utf-8", newline="")):
            yield entry_of(fields, row)


@contextmanager
def _unpacked(folder: Path, name: str) -> Iterator[BinaryIO]:
    """What cannot be read is not authentic: the province signed something that its readers cannot use."""
    try:
        with gzip.open(folder / name, "rb") as stored:
            yield stored  # type: ignore[misc] # a GzipFile reads as any binary file does
    except _UNREADABLE as problem:
        raise NotAuthentic(name, f"cannot be read: {problem}") from problem


def _check_entry(entry: Mapping[str, Any], region_id: str, region: KnownRegion, retracted: set[str]) -> None:
    record_id = entry.get("record_id")
    if entry.get("region_id") != region_id or entry.get("archive_id") not in region.archives:
        raise NotAuthentic(JSON_LINES, f"{record_id} is of another province or archive")
    if record_id in retracted:
        raise NotAuthentic(RETRACTED, f"{record_id} is among the entries too")


def _check_rows(found: Mapping[str, int], files: Mapping[str, DataFile], says: Mapping[str, Any]) -> None:
    for name, count in found.items():
        if count != files[name].rows:
            raise NotAuthentic(name, f"holds {count} rows, the manifest says {files[name].rows}")
    if says.get("count") != found[JSON_LINES]:
        raise NotAuthentic(MANIFEST, f"it counts {says.get('count')!r} entries")
