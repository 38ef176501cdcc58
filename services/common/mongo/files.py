"""A content-addressed store on GridFS, which cannot join a transaction: put first, refer then, sweep later."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import ObjectId
from gridfs import GridFSBucket, GridOut
from gridfs.errors import CorruptGridFile, NoFile
from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.common.domain.errors import Internal, NotFound
from services.common.mongo.database import Document, MongoDatabase

UNREFERENCED_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Stored:
    """Address and fixity of a file: SHA-256 and SM3 (GB/T 32905) as hex; size in bytes."""

    sha256: str
    sm3: str
    size: int


def fixity(content: bytes) -> Stored:
    """Both digests of some bytes."""
    return Stored(hashlib.sha256(content).hexdigest(), hashlib.new("sm3", content).hexdigest(), len(content))


class FixityBroken(Internal):
    """Stored bytes no longer match their digest; nothing is delivered from them."""

    code = "FIXITY_BROKEN"


def create_bucket(db: Database[Document], bucket: str) -> None:
    """Collections and indexes of a bucket, for a service's migrations."""
    db[f"{bucket}.files"].create_indexes([IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)])])
    db[f"{bucket}.chunks"].create_indexes([IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)])


class BlobStore:
    """Files under their SHA-256 (GridFS's `filename`); written once, never changed.

    Each upload has an id of its own, so that two of the same bytes at once do not disturb one another: both stand,
    and any of them serves.
    """

    def __init__(self, database: MongoDatabase, bucket: str = "vault") -> None:
        self._bucket = GridFSBucket(database.db, bucket_name=bucket)
        self._files = database.db[f"{bucket}.files"]
        self._chunks = database.db[f"{bucket}.chunks"]
        self._bucket_name = bucket

    def put(self, content: bytes) -> Stored:
        """Stores bytes durably; the same bytes again are stored once, and safe from the sweep for another day."""
        stored = fixity(content)
        touched = self._files.update_one({"filename": stored.sha256}, {"$currentDate": {"metadata.touched_at": True}})
        if touched.matched_count == 0:
            self._bucket.upload_from_stream(stored.sha256, content, metadata={"sm3": stored.sm3})
        return stored

    def read(self, sha256: str) -> bytes:
        """The whole file, its digests checked again.

        Raises: NotFound, FixityBroken.
        """
        with self._open(sha256) as file:
            content = bytes(file.read())
            sm3 = (file.metadata or {}).get("sm3")
        found = fixity(content)
        if found.sha256 != sha256 or found.sm3 != sm3:
            raise FixityBroken("stored bytes differ from their digest")
        return content

    def read_range(self, sha256: str, offset: int, length: int) -> bytes:
        """Bytes from `offset`, fewer at the end.

        Raises: NotFound.
        """
        with self._open(sha256) as file:
            file.seek(offset)
            return bytes(file.read(length))

    def size(self, sha256: str) -> int:
        """Bytes of the file.

        Raises: NotFound.
        """
        with self._open(sha256) as file:
            return int(file.length)

    def verified(self) -> Iterator[tuple[str, bool]]:
        """Every stored file read anew: its address, and whether its bytes still match both digests."""
        for row in self._files.find({}, {"filename": 1, "metadata.sm3": 1}).sort("_id", 1):
            intact = self._is_intact(row)
            if intact or self._files.find_one({"_id": row["_id"]}):  # else swept meanwhile
                yield row["filename"], intact

    def _is_intact(self, row: Document) -> bool:
        try:
            with self._bucket.open_download_stream(row["_id"]) as file:
                found = fixity(bytes(file.read()))
        except (NoFile, CorruptGridFile):
            return False
        return (found.sha256, found.sm3) == (row["filename"], row.get("metadata", {}).get("sm3"))

    def sweep(self, referenced: Iterable[str], now: datetime) -> int:
        """Deletes files nobody has referred to or put for a day, and what killed uploads left; returns files deleted.

        `referenced`: addresses that business documents hold.
        """
        kept = set(referenced)
        before = now - UNREFERENCED_FOR
        stale: Document = {"uploadDate": {"$lt": before}, "metadata.touched_at": {"$not": {"$gte": before}}}
        gone = 0
        for row in self._files.find(stale, {"filename": 1}):
            # the condition again: somebody may have put the same bytes meanwhile
            if row["filename"] not in kept and self._files.delete_one({"_id": row["_id"], **stale}).deleted_count:
                self._chunks.delete_many({"files_id": row["_id"]})
                gone += 1
        self._sweep_orphans(before)
        return gone

    def _sweep_orphans(self, before: datetime) -> None:
        """Chunks without a file, of uploads that began before a moment."""
        orphans = self._chunks.aggregate(
            [
                {"$match": {"files_id": {"$lt": ObjectId.from_datetime(before)}, "n": 0}},
                {
                    "$lookup": {
                        "from": f"{self._bucket_name}.files",
                        "localField": "files_id",
                        "foreignField": "_id",
                        "as": "file",
                    }
                },
                {"$match": {"file": []}},
                {"$project": {"files_id": 1}},
            ]
        )
        for row in orphans:
            self._chunks.delete_many({"files_id": row["files_id"]})

    def _open(self, sha256: str) -> GridOut:
        try:
            return self._bucket.open_download_stream_by_name(sha256, revision=0)
        except NoFile as problem:
            raise NotFound("file") from problem
