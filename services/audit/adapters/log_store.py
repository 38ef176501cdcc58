"""The append-only log on MongoDB (DESIGN §7).

An append stages an immutable batch, then moves the head by one compare-and-swap (majority, journaled: the point from
which it is in the log), then makes entries and tiles of it. What a kill left unmade is made from the staged batch at
the next start, before anything new is accepted.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.errors import BulkWriteError, DuplicateKeyError

from services.audit.adapters.log_documents import CHECKPOINTS, ENTRIES, HEAD, STAGED, TILES, entry_document
from services.audit.domain.frontier import Frontier
from services.audit.domain.notes import Checkpoint, sign_checkpoint, verifier_key
from services.audit.domain.streams import Arrived, Streams
from services.audit.domain.tiles import TILE_WIDTH, TileId, encode_bundle
from services.common.domain.clock import Clock
from services.common.domain.errors import Internal, NotFound
from services.common.domain.merkle import HASH_SIZE, leaf_hash, root_of_hashes
from services.common.metrics import CHECKPOINT_SIGNED_AT, LOG_SIZE
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder, LeaseLost

Positions = Mapping[tuple[str, int], int]
_HEAD_ID = "head"


class LogDiverged(Internal):
    """Stored bytes differ from what the log says; nothing more is appended until a person has looked."""

    code = "LOG_DIVERGED"


@dataclass(frozen=True)
class Head:
    """Where the log stands."""

    frontier: Frontier
    streams: Streams
    positions: dict[tuple[str, int], int]
    batch_id: str


class LogStore:
    """Appends under a lease; reads by anyone."""

    def __init__(
        self, database: MongoDatabase, lease: LeaseHolder, origin: str, key: Ed25519PrivateKey, clock: Clock
    ) -> None:
        self._db = database.db
        self._lease = lease
        self._origin = origin
        self._key = key
        self._clock = clock
        self._head: Head | None = None
        self.verifier_key = verifier_key(origin, key.public_key().public_bytes_raw())

    def writable_head(self) -> Head:
        """The head, once this process holds the lease and everything it names is made.

        Raises: LeaseLost: another process appends.
        """
        if self._head is None or not self._lease.still_held():
            self._head = None
            if self._lease.try_acquire() is None:
                raise LeaseLost("log")
            self._claim_head()
            self._head = self._read_head()
            self._materialise(self._head)
            self._sign(self._head)
        self._lease.keep()
        return self._head

    def append(self, leaves: Sequence[Arrived], streams: Streams, positions: Positions) -> None:
        """Appends leaves (also none) together with the streams' state and the positions they were read from.

        Raises: LeaseLost: another process took over; nothing was appended.
        """
        head = self.writable_head()
        self._head = None  # until the whole append is done; an exception in between re-reads what is true
        frontier = head.frontier.append(leaf_hash(one.leaf) for one in leaves)
        batch_id = str(uuid.uuid4())
        merged = {**head.positions, **positions}
        after = Head(frontier, streams, merged, batch_id)
        self._db[STAGED].insert_one(
            {
                "_id": batch_id,
                "first": head.frontier.size,
                "leaves": [{"stream": one.stream, "seq": one.seq, "leaf": one.leaf} for one in leaves],
            }
        )
        moved = self._db[HEAD].update_one(
            {"_id": _HEAD_ID, "batch_id": head.batch_id, "epoch": self._lease.epoch},
            {"$set": self._head_document(after)},
        )
        if moved.matched_count != 1:
            raise LeaseLost("log")
        self._materialise(after)
        self._sign(after)
        self._db[STAGED].delete_one({"_id": head.batch_id})
        self._head = after

    def positions(self) -> dict[tuple[str, int], int]:
        """Where reading continues."""
        return self._read_head().positions if self._db[HEAD].find_one({"_id": _HEAD_ID}) else {}

    def leaf_digest(self, stream: str, seq: int) -> bytes | None:
        """The leaf logged under a stream's number."""
        found = self._db[ENTRIES].find_one({"stream": stream, "seq": seq}, {"leaf": 1})
        return bytes(found["leaf"]) if found else None

    def checkpoint(self) -> tuple[str, int, datetime]:
        """Newest signed note, its size, and when it was signed.

        Raises: NotFound: nothing was signed yet.
        """
        found = self._db[CHECKPOINTS].find_one(sort=[("_id", -1)])
        if found is None:
            raise NotFound("checkpoint")
        return found["note"], int(found["_id"]), found["signed_at"]

    def tile(self, tile: TileId) -> bytes:
        """Hashes of a tile, or entries of a bundle, at the width asked for.

        Raises: NotFound: the log has not grown that far.
        """
        _, size, _ = self.checkpoint()
        available = (size >> (8 * (tile.level or 0))) - tile.number * TILE_WIDTH
        if tile.width > available:
            raise NotFound("tile")
        if tile.level is None:
            return encode_bundle(self._leaves(tile.number, tile.width))
        return self._hashes(tile.level, tile.number)[: tile.width * HASH_SIZE]

    def read_hashes(self, level: int, number: int, count: int) -> bytes:
        """For proofs: the hashes of a tile, at least `count` of them."""
        return self._hashes(level, number)[: count * HASH_SIZE]

    def _hashes(self, level: int, number: int) -> bytes:
        full = self._db[TILES].find_one({"_id": f"{level}/{number}"})
        if full is not None:
            return bytes(full["hashes"])
        if level == 0:
            return b"".join(map(leaf_hash, self._leaves(number, TILE_WIDTH)))
        first = number * TILE_WIDTH
        names = [f"{level - 1}/{child}" for child in range(first, first + TILE_WIDTH)]
        roots = {row["_id"]: bytes(row["root"]) for row in self._db[TILES].find({"_id": {"$in": names}}, {"root": 1})}
        return b"".join(roots[name] for name in names if name in roots)

    def _leaves(self, number: int, width: int) -> list[bytes]:
        first = number * TILE_WIDTH
        rows = self._db[ENTRIES].find({"_id": {"$gte": first, "$lt": first + width}}, {"leaf": 1}).sort("_id", 1)
        return [bytes(row["leaf"]) for row in rows]

    def _claim_head(self) -> None:
        """Puts our epoch into the head, so that a predecessor's compare-and-swap fails from now on."""
        empty = {**self._head_document(Head(Frontier.empty(), Streams(), {}, "")), "epoch": 0}
        self._db[HEAD].update_one({"_id": _HEAD_ID}, {"$setOnInsert": empty}, upsert=True)
        claimed = self._db[HEAD].update_one(
            {"_id": _HEAD_ID, "epoch": {"$lt": self._lease.epoch}}, {"$set": {"epoch": self._lease.epoch}}
        )
        if claimed.matched_count != 1:
            raise LeaseLost("log")

    def _head_document(self, head: Head) -> Document:
        return {
            "size": head.frontier.size,
            "peaks": list(head.frontier.peaks),
            "root": head.frontier.root(),
            "streams": [[stream, seq, digest] for stream, (seq, digest) in sorted(head.streams.last.items())],
            "positions": [[topic, partition, at] for (topic, partition), at in sorted(head.positions.items())],
            "batch_id": head.batch_id,
            "epoch": self._lease.epoch,
        }

    def _read_head(self) -> Head:
        row = self._db[HEAD].find_one({"_id": _HEAD_ID})
        assert row is not None
        return Head(
            Frontier(int(row["size"]), tuple(bytes(peak) for peak in row["peaks"])),
            Streams({stream: (seq, digest) for stream, seq, digest in row["streams"]}),
            {(topic, partition): at for topic, partition, at in row["positions"]},
            row["batch_id"],
        )

    def _materialise(self, head: Head) -> None:
        """Makes entries and full tiles of the batch the head names; made already: the bytes must be the same.

        Raises: LogDiverged.
        """
        batch = self._db[STAGED].find_one({"_id": head.batch_id})
        if batch is None or not batch["leaves"]:
            return
        first = int(batch["first"])
        documents = [
            entry_document(first + number, one["stream"], one["seq"], bytes(one["leaf"]))
            for number, one in enumerate(batch["leaves"])
        ]
        try:
            self._db[ENTRIES].insert_many(documents, ordered=False)
        except BulkWriteError as clash:
            if any(error["code"] != 11000 for error in clash.details["writeErrors"]):
                raise
            self._compare(documents)
        self._make_tiles(first, head.frontier.size)

    def _compare(self, documents: Sequence[Document]) -> None:
        first, last = documents[0]["_id"], documents[-1]["_id"]
        rows = self._db[ENTRIES].find({"_id": {"$gte": first, "$lte": last}}, {"leaf": 1}).sort("_id", 1)
        if [bytes(row["leaf"]) for row in rows] != [document["leaf"] for document in documents]:
            raise LogDiverged(f"entries {first} to {last}")

    def _make_tiles(self, first: int, size: int) -> None:
        level = 0
        while size >= TILE_WIDTH:
            for number in range(first // TILE_WIDTH, size // TILE_WIDTH):
                hashes = self._hashes(level, number)
                pieces = [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
                document = {"_id": f"{level}/{number}", "hashes": hashes, "root": root_of_hashes(pieces)}
                try:
                    self._db[TILES].insert_one(document)
                except DuplicateKeyError:
                    stored = self._db[TILES].find_one({"_id": document["_id"]})
                    if stored is None or bytes(stored["hashes"]) != hashes:
                        raise LogDiverged(f"tile {document['_id']}") from None
            level, first, size = level + 1, first // TILE_WIDTH, size // TILE_WIDTH

    def _sign(self, head: Head) -> None:
        """Signs the head as majority read it back; a size is signed once."""
        stored = self._read_head()
        if stored.batch_id != head.batch_id or stored.frontier != head.frontier:
            raise LeaseLost("log")
        now = self._clock.now()
        checkpoint = Checkpoint(self._origin, stored.frontier.size, stored.frontier.root())
        note = sign_checkpoint(checkpoint, self._key)
        self._db[CHECKPOINTS].update_one(
            {"_id": checkpoint.size}, {"$setOnInsert": {"note": note}, "$set": {"signed_at": now}}, upsert=True
        )
        LOG_SIZE.set(checkpoint.size)
        CHECKPOINT_SIGNED_AT.set(now.timestamp())
