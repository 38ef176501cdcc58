"""A database back from its backup: the same documents, and a stream that continues as the next incarnation.

Restored, a producer knows less than it has told: what it sent after the backup is in Kafka under numbers it would give
again. So the next incarnation opens, with an event that names the last number known (DESIGN §7), and what the backup
holds unsent but Kafka has already is not sent twice.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bson import decode_all
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel

from services.common.backup.container import BackupUnreadable, read_frames
from services.common.backup.incarnations import RESTORES, RestoreState, incarnation_of
from services.common.domain.errors import Kind, TongdangError
from services.common.kafka.streams import COLLECTION as STREAMS
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.outbox import COLLECTION as OUTBOX
from tongdang.audit.v1 import audit_pb2

_ROWS = 2_000
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


class DatabaseNotEmpty(TongdangError):
    """A restore does not write over what is there unless told to."""

    code = "DATABASE_NOT_EMPTY"
    kind = Kind.PRECONDITION


@dataclass(frozen=True)
class Loaded:
    """What a backup said of itself, and how many documents came back."""

    taken_at: datetime
    documents: int


@dataclass(frozen=True)
class Reopened:
    """The stream that opens next; `known_seq`: last audit number the database knows; `later`: events sent after it."""

    before: str
    known_seq: int
    incarnation: int
    later: int


def load(database: MongoDatabase, file: Path, key: bytes, *, principal: str, replace: bool) -> Loaded:
    """Reads the whole file once to see that it is sound, then puts every collection back.

    Killed in between, the same command begins again: the mark set here keeps the service from starting.
    Raises: BackupUnreadable, DatabaseNotEmpty.
    """
    header = _checked(file, key, principal)
    there = database.db.list_collection_names()
    unfinished = RESTORES in there and database.db[RESTORES].find_one({"state": RestoreState.LOADING}) is not None
    if there and not replace and not unfinished:
        raise DatabaseNotEmpty(database.name)
    for name in there:
        if name != RESTORES:
            database.db.drop_collection(name)
    database.db[RESTORES].delete_many({})
    database.db[RESTORES].insert_one({"_id": "loading", "state": RestoreState.LOADING})
    documents = 0
    with file.open("rb") as source:
        for frame in read_frames(source, key):
            name = str(frame.get("collection", ""))
            if "documents" in frame:
                documents += _insert(database, name, bytes(frame["documents"]))
            elif name and name != RESTORES:
                database.db.create_collection(name, **_options(frame["options"]))
                _index(database, name, frame["indexes"])
    return Loaded(header["taken_at"], documents)


def reopen(
    database: MongoDatabase,
    kafka_leaves: Iterable[audit_pb2.StreamedLeaf],
    *,
    finished: RestoreState,
    loaded: Loaded,
    restore_id: str,
    now: datetime,
) -> Reopened:
    """Marks the next incarnation, and forgets unsent rows that Kafka has already.

    `kafka_leaves`: everything on the producer's audit topic, from its beginning. `finished`: whether the service may
    start now, or has to be reconciled first.
    """
    head = database.db[STREAMS].find_one({}, sort=[("incarnation", -1)])
    before, known = (str(head["_id"]), int(head["audit_seq"])) if head else ("", 0)
    latest, later = incarnation_of(database), 0
    unsent = _unsent_leaves(database, int(head["mark"]) if head else 0)
    seen: set[bytes] = set()
    for streamed in kafka_leaves:
        incarnation = int(streamed.stream.rpartition("/")[2])
        latest = max(latest, incarnation)
        later += incarnation > _number_of(before) or (streamed.stream == before and streamed.seq > known)
        digest = hashlib.sha256(streamed.leaf).digest()
        if digest in unsent:
            seen.add(digest)
    sent = [row for row, digests in _by_row(unsent).items() if digests <= seen]
    database.db[OUTBOX].delete_many({"_id": {"$in": sent}})
    database.db[RESTORES].insert_one(
        {
            "_id": restore_id,
            "state": finished,
            "incarnation": latest + 1,
            "before": before,
            "known_seq": known,
            "taken_at": loaded.taken_at,
            "restored_at": now,
        }
    )
    database.db[RESTORES].delete_one({"_id": "loading"})
    return Reopened(before, known, latest + 1, later)


def _checked(file: Path, key: bytes, principal: str) -> Document:
    header: Document = {}
    with file.open("rb") as source:
        for frame in read_frames(source, key):
            header = header or frame
    if header.get("principal") != principal:
        raise BackupUnreadable(f"a backup of {header.get('principal')}, expected {principal}")
    return header


def _insert(database: MongoDatabase, name: str, content: bytes) -> int:
    rows = decode_all(content, _RAW)
    target: Any = database.db.get_collection(name, codec_options=_RAW)
    for start in range(0, len(rows), _ROWS):
        target.insert_many(rows[start : start + _ROWS], ordered=False)
    return len(rows)


def _options(options: Document) -> Document:
    return {name: value for name, value in options.items() if name in ("validator", "capped", "size", "collation")}


def _index(database: MongoDatabase, name: str, indexes: Sequence[Document]) -> None:
    models = []
    for index in indexes:
        options = {key: value for key, value in index.items() if key not in ("v", "key", "ns")}
        models.append(IndexModel(list(dict(index["key"]).items()), **options))
    if models:
        database.db[name].create_indexes(models)


def _unsent_leaves(database: MongoDatabase, mark: int) -> dict[bytes, str]:
    """Hash of each leaf in rows not known to be sent → the row."""
    unsent = {"$or": [{"pending": True}, {"seq": {"$gt": mark}}]}
    return {
        hashlib.sha256(bytes(leaf)).digest(): row["_id"]
        for row in database.db[OUTBOX].find(unsent, {"leaves": 1})
        for leaf in row["leaves"]
    }


def _by_row(leaves: dict[bytes, str]) -> dict[str, set[bytes]]:
    rows: dict[str, set[bytes]] = {}
    for digest, row in leaves.items():
        rows.setdefault(row, set()).add(digest)
    return rows


def _number_of(stream: str) -> int:
    return int(stream.rpartition("/")[2]) if stream else 0
