"""A content-addressed store on GridFS. It cannot join a transaction: put first, refer in the transaction, sweep later."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gridfs import GridFSBucket
from gridfs.errors import NoFile
from pymongo.errors import DuplicateKeyError

from services.common.domain.errors import Internal, NotFound
from services.common.mongo.database import MongoDatabase

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


class BlobStore:
    """Files under their SHA-256; written once, never changed."""

    def __init__(self, database: MongoDatabase, bucket: str = "vault") -> None:
        self._bucket = GridFSBucket(database.db, bucket_name=bucket)
        self._files = database.db[f"{bucket}.files"]
        self._chunks = database.db[f"{bucket}.chunks"]

    def put(self, content: bytes) -> Stored:
        """Stores bytes durably; the same bytes again cost nothing."""
        stored = fixity(content)
        if self._files.find_one({"_id": stored.sha256}, {"_id": 1}) is None:
            self._chunks.delete_many({"files_id": stored.sha256})  # what a killed upload left behind
            try:
                self._bucket.upload_from_stream_with_id(
                    stored.sha256, stored.sha256, content, metadata={"sm3": stored.sm3}
                )
            except DuplicateKeyError:
                return self.put(content)  # two put the same bytes at once
        return stored

    def read(self, sha256: str) -> bytes:
        """The whole file, its digests checked again.

        Raises: NotFound, FixityBroken.
        """
        with self._open(sha256) as file:
            content = file.read()
            sm3 = (file.metadata or {}).get("sm3")
        found = fixity(content)
        if found.sha256 != sha256 or found.sm3 != sm3:
            raise FixityBroken("stored bytes differ from their digest")
        return bytes(content)

    def read_range(self, sha256: str, offset: int, length: int) -> bytes:
        """Bytes from `offset`, fewer at the end.

        Raises: NotFound.
        """
        with self._open(sha256) as file:
            file.seek(offset)
            return bytes(file.read(length))

    def sweep(self, referenced: Iterable[str], now: datetime) -> int:
        """Deletes files nobody has referred to for a day; returns how many."""
        kept = set(referenced)
        stale = self._files.find({"uploadDate": {"$lt": now - UNREFERENCED_FOR}}, {"_id": 1})
        gone = [row["_id"] for row in stale if row["_id"] not in kept]
        for sha256 in gone:
            self._bucket.delete(sha256)
        return len(gone)

    def _open(self, sha256: str):  # type: ignore[no-untyped-def]  # GridOut is generic over drivers
        try:
            return self._bucket.open_download_stream(sha256)
        except NoFile as problem:
            raise NotFound("file") from problem
