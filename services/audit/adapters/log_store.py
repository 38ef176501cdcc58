"""The append-only log on MongoDB (DESIGN §7).

An append stages an immutable batch, then moves the head by one compare-and-swap (majority, journaled: the point from
which it is in the log), then makes entries and tiles of it. What a kill left unmade is made from the staged batch at
the next start, before anything new is accepted.
"""

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, PyMongoError

from services.audit.adapters.head import Head, HeadDocument
from services.audit.adapters.log_documents import CHECKPOINTS, ENTRIES, STAGED, TILES, entry_document
from services.audit.adapters.published_log import PublishedLog
from services.audit.domain.notes import Checkpoint, sign_checkpoint
from services.audit.domain.streams import Arrived, Streams
from services.audit.domain.tiles import TILE_WIDTH
from services.common.domain.clock import Clock
from services.common.domain.errors import Internal, NotFound, Unavailable
from services.common.domain.ids import Ids
from services.common.domain.merkle import HASH_SIZE, leaf_hash, root_of_hashes
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder, LeaseLost

Positions = Mapping[tuple[str, int], int]
_DUPLICATE = 11000


class LogDiverged(Internal):
    """Stored bytes differ from what the log says; nothing more is appended until a person has looked."""

    code = "LOG_DIVERGED"


class LogStore:
    """Appends and signs, under a lease."""

    name = "log"

    def __init__(
        self,
        database: MongoDatabase,
        lease: LeaseHolder,
        origin: str,
        key: Ed25519PrivateKey,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._db = database.db
        self._published = PublishedLog(database)
        self._heads = HeadDocument(database)
        self._lease = lease
        self._origin = origin
        self._key = key
        self._clock = clock
        self._ids = ids
        self._head: Head | None = None
        self._diverged = False
        self._one_at_a_time = threading.RLock()

    def start(self) -> None:
        """Nothing runs here of its own."""

    def stop(self) -> None:
        """Lets another process append at once."""
        with self._one_at_a_time, suppress(PyMongoError):
            self._head = None
            self._lease.release()

    def check(self) -> None:
        """Raises: Unavailable: stored bytes differ from the log."""
        if self._diverged:
            raise Unavailable("the log diverged")

    def positions(self) -> dict[tuple[str, int], int]:
        """Where reading continues."""
        return (self._heads.read() or Head()).positions

    def writable_head(self) -> Head:
        """The head, once this process holds the lease and everything the head names is made and signed.

        Raises: LeaseLost: another process appends; LogDiverged.
        """
        with self._one_at_a_time:
            if self._diverged:
                raise LogDiverged("found before")
            if self._head is None or not self._lease.still_held():
                self._head = None
                epoch = self._lease.try_acquire()
                if epoch is None:
                    raise LeaseLost("log")
                head = self._heads.claim(epoch)
                self._finish(head)
                self._db[STAGED].delete_many({"_id": {"$ne": head.batch_id}})  # of appends that lost their epoch
                self._head = head
            self._lease.keep()
            return self._head

    def append(self, leaves: Sequence[Arrived], streams: Streams, positions: Positions) -> None:
        """Appends leaves (also none) together with the streams' state and the positions they were read from.

        Raises: LeaseLost: another process took over, nothing was appended; LogDiverged.
        """
        with self._one_at_a_time:
            head = self.writable_head()
            self._head = None  # until all is done; an exception in between re-reads what is true
            frontier = head.frontier.append(leaf_hash(one.leaf) for one in leaves)
            after = Head(frontier, streams.copy(), {**head.positions, **positions}, self._ids.new())
            rows = [{"stream": one.stream, "seq": one.seq, "leaf": one.leaf} for one in leaves]
            batch = {"_id": after.batch_id, "first": head.frontier.size, "leaves": rows}
            self._db[STAGED].insert_one(batch)
            self._heads.move(head, after, self._lease.epoch)
            self._finish(after, batch)
            self._db[STAGED].delete_one({"_id": head.batch_id})
            self._head = after

    def settle(self) -> None:
        """Makes and signs what a process that died left behind, though nothing new arrives."""
        with suppress(LeaseLost, PyMongoError):  # tried again a second later
            head = self._heads.read()
            signed = self._signed_size()
            if not self._diverged and (head is None or signed != head.frontier.size):
                self.writable_head()

    def _signed_size(self) -> int | None:
        try:
            return self._published.checkpoint().size
        except NotFound:
            return None

    def _finish(self, head: Head, batch: Document | None = None) -> None:
        """Entries, tiles and signature of the batch that the head names.

        Raises: LogDiverged.
        """
        batch = batch or self._db[STAGED].find_one({"_id": head.batch_id})
        if batch is not None and batch["leaves"]:
            first = int(batch["first"])
            entries = [
                entry_document(number, row["stream"], row["seq"], bytes(row["leaf"]))
                for number, row in enumerate(batch["leaves"], first)
            ]
            self._insert(self._db[ENTRIES], entries, "leaf")
            self._make_tiles(first, head.frontier.size, [leaf_hash(entry["leaf"]) for entry in entries])
        self._sign(head)

    def _make_tiles(self, first: int, size: int, fresh: list[bytes]) -> None:
        """Full tiles of all levels; `fresh` are the hashes of the nodes from `first` to `size` on the lowest one."""
        level = 0
        while (size // TILE_WIDTH) > (first // TILE_WIDTH):
            start = first // TILE_WIDTH * TILE_WIDTH
            older = self._published.hashes(level, first // TILE_WIDTH, first - start) if first > start else b""
            if len(older) != (first - start) * HASH_SIZE:
                self._diverge(f"tile {level}/{first // TILE_WIDTH} lacks hashes")
            nodes = [older[at : at + HASH_SIZE] for at in range(0, len(older), HASH_SIZE)] + fresh
            tiles, roots = [], []
            for at in range(0, len(nodes) - TILE_WIDTH + 1, TILE_WIDTH):
                hashes = nodes[at : at + TILE_WIDTH]
                roots.append(root_of_hashes(hashes))
                name = f"{level}/{(start + at) // TILE_WIDTH}"
                tiles.append({"_id": name, "hashes": b"".join(hashes), "root": roots[-1]})
            self._insert(self._db[TILES], tiles, "hashes")
            level, first, size, fresh = level + 1, first // TILE_WIDTH, size // TILE_WIDTH, roots

    def _insert(self, collection: Collection[Document], documents: list[Document], content: str) -> None:
        """Insert-only: what is there already must have the same bytes.

        Raises: LogDiverged.
        """
        try:
            collection.insert_many(documents, ordered=False)
        except BulkWriteError as clash:
            if any(error["code"] != _DUPLICATE for error in clash.details["writeErrors"]):
                raise
            wanted = {document["_id"]: bytes(document[content]) for document in documents}
            rows = collection.find({"_id": {"$in": list(wanted)}}, {content: 1})
            if {row["_id"]: bytes(row[content]) for row in rows} != wanted:
                self._diverge(f"{collection.name} {documents[0]['_id']} to {documents[-1]['_id']}")

    def _diverge(self, where: str) -> NoReturn:
        self._diverged = True
        raise LogDiverged(where)

    def _sign(self, head: Head) -> None:
        """Signs the head as majority read it back; the note of a size never changes."""
        stored = self._heads.read()
        if stored is None or stored.batch_id != head.batch_id or stored.frontier != head.frontier:
            raise LeaseLost("log")
        checkpoint = Checkpoint(self._origin, stored.frontier.size, stored.frontier.root())
        note = sign_checkpoint(checkpoint, self._key)
        self._db[CHECKPOINTS].update_one(
            {"_id": checkpoint.size},
            {"$setOnInsert": {"note": note}, "$set": {"signed_at": self._clock.now()}},
            upsert=True,
        )
