"""A backup of one service's database: every collection as of one moment, into one encrypted file."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from services.common.backup.container import Frame, write_frames
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.migrations import COLLECTION as SCHEMA

BACKUPS = "backups"
"""What was backed up when; the newest `finished_at` tells the age of the backup."""
_FRAME_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class BackupReport:
    """Documents by collection, bytes of the file, and the moment (UTC) up to which everything is in it."""

    principal: str
    taken_at: datetime
    collections: dict[str, int]
    size: int


def back_up(database: MongoDatabase, file: Path, key: bytes, *, principal: str, taken_at: datetime) -> BackupReport:
    """Writes the file under a temporary name, syncs it, and only then gives it its own.

    All collections are read in one snapshot of the replica set; the server keeps it for
    `minSnapshotHistoryWindowInSeconds` (300 by default), which has to outlast the reading.
    Raises: FileExistsError; pymongo's errors.
    """
    if file.exists():
        raise FileExistsError(f"{file.name} exists; a backup never replaces another")
    counts: dict[str, int] = {}
    unfinished = file.with_name(f".{file.name}.part")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            frames = _frames(database, principal, taken_at, counts)
            write_frames(out, key, frames, {"end": True})
            out.flush()
            os.fsync(out.fileno())
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return BackupReport(principal, taken_at, counts, file.stat().st_size)


def _frames(database: MongoDatabase, principal: str, taken_at: datetime, counts: dict[str, int]) -> Iterator[Frame]:
    steps = sorted(int(row["_id"]) for row in database.db[SCHEMA].find({}, {"_id": 1}))
    yield {"principal": principal, "taken_at": taken_at, "schema": steps}
    described = sorted(database.db.list_collections(), key=lambda one: str(one["name"]))
    with database.client.start_session(snapshot=True) as session:
        for one in described:
            name = str(one["name"])
            if name.startswith("system."):
                continue
            yield {"collection": name, "options": one.get("options", {}), "indexes": _indexes(database, name)}
            counts[name] = 0
            yield from _documents(database, name, session, counts)


def _indexes(database: MongoDatabase, name: str) -> list[Document]:
    return [dict(index) for index in database.db[name].list_indexes() if index["name"] != "_id_"]


def _documents(database: MongoDatabase, name: str, session: ClientSession, counts: dict[str, int]) -> Iterator[Frame]:
    options = cast(Any, CodecOptions(document_class=RawBSONDocument))
    raw: Database[Any] = database.client.get_database(database.name, options, read_concern=ReadConcern("snapshot"))
    chunk: list[bytes] = []
    size = 0
    for document in raw[name].find({}, session=session):
        chunk.append(bytes(document.raw))
        size += len(document.raw)
        counts[name] += 1
        if size >= _FRAME_BYTES:
            yield {"collection": name, "documents": b"".join(chunk)}
            chunk, size = [], 0
    if chunk:
        yield {"collection": name, "documents": b"".join(chunk)}
