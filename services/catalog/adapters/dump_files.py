"""A dump's files on GridFS, packed while they are written, each under its dump's id.

Content addresses would let one dump lose a file that another, offered at that moment, has just found there.
"""

import gzip
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from bson import ObjectId
from gridfs import GridFSBucket
from gridfs.errors import CorruptGridFile, NoFile

from services.catalog.domain.dumps import DumpGone
from services.common.domain.open_dump import DataFile
from services.common.mongo.database import MongoDatabase
from services.common.mongo.transactions import Tx

BUCKET = "dump_files"
_LEVEL = 6


class DumpFiles:
    """Files of dumps that are offered, or will be."""

    def __init__(self, database: MongoDatabase) -> None:
        self._bucket = GridFSBucket(database.db, bucket_name=BUCKET)
        self._files = database.db[f"{BUCKET}.files"]
        self._chunks = database.db[f"{BUCKET}.chunks"]

    @contextmanager
    def writing(self, dump_id: str, name: str) -> "Iterator[PackedFile]":
        """Leaves nothing behind where it fails; what a kill leaves, the next `sweep` takes."""
        out = self._bucket.open_upload_stream(f"{dump_id}/{name}")
        try:
            yield PackedFile(name, out)
        except BaseException:
            out.abort()
            raise

    def read(self, dump_id: str, name: str, offset: int, length: int) -> bytes:
        """Raises: DumpGone: swept meanwhile."""
        try:
            with self._bucket.open_download_stream_by_name(f"{dump_id}/{name}") as file:
                file.seek(offset)
                return bytes(file.read(length))
        except (NoFile, CorruptGridFile) as problem:
            raise DumpGone(dump_id) from problem

    def surplus(self, offered: set[str]) -> list[ObjectId]:
        """Files, or chunks of what never became one, of all dumps but these."""
        kept = {row["_id"] for row in self._files.find({}, {"filename": 1}) if row["filename"].split("/")[0] in offered}
        stored = {*self._files.distinct("_id"), *self._chunks.distinct("files_id")}
        return sorted(stored - kept)

    def delete(self, tx: Tx, file_id: ObjectId) -> None:
        """A file with its chunks."""
        self._files.delete_one({"_id": file_id}, session=tx.session)
        self._chunks.delete_many({"files_id": file_id}, session=tx.session)


class Out(Protocol):
    """Where packed bytes go."""

    def write(self, content: bytes, /) -> object: ...

    def close(self) -> object: ...


class _Told(io.RawIOBase):
    """Passes bytes on; tells how many and their digest."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self.size = 0
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._out.write(bytes(content))
        self.size += len(content)
        self.digest.update(content)
        return len(content)


class PackedFile:
    """`Writing`: gzip (RFC 1952) without name and time, so that the same rows are the same bytes."""

    def __init__(self, name: str, out: Out) -> None:
        self._name = name
        self._out = out
        self._told = _Told(out)
        self._packed = gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=self._told, mtime=0)
        self._rows = 0

    def write(self, content: bytes, rows: int) -> None:
        self._packed.write(content)
        self._rows += rows

    def done(self) -> DataFile:
        self._packed.close()
        self._out.close()
        return DataFile(self._name, self._rows, self._told.size, self._told.digest.hexdigest())
