"""What of the log anyone may read: checkpoints, tiles, bundles, and where each stream stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.audit.adapters.head import Head, HeadDocument
from services.audit.adapters.leaves import Leaves
from services.audit.adapters.log_documents import CHECKPOINTS, ENTRIES, HELD, TILES
from services.audit.domain.streams import digest
from services.audit.domain.tiles import TILE_HEIGHT, TILE_WIDTH, TileId, encode_bundle
from services.common.domain.errors import NotFound, Unavailable
from services.common.domain.merkle import HASH_SIZE, leaf_hash
from services.common.mongo.database import MongoDatabase


@dataclass(frozen=True)
class SignedCheckpoint:
    """A signed note, the size it speaks of, and when it was last signed."""

    note: str
    size: int
    signed_at: datetime


@dataclass(frozen=True)
class StreamState:
    """A producer's stream: what came last, and how many events wait for one that is missing."""

    stream: str
    last_seq: int
    last_time: datetime | None
    held: int


class PublishedLog:
    """Reads only. Nothing beyond the newest checkpoint is published, and nothing while the log may be behind itself.

    `whole`: whether the database is known to hold all that was ever published.
    """

    def __init__(self, database: MongoDatabase, whole: Callable[[], bool] = lambda: True) -> None:
        self._db = database.db
        self._whole = whole
        self._leaves = Leaves(database.db)
        self._heads = HeadDocument(database)

    def checkpoint(self) -> SignedCheckpoint:
        """The newest one.

        Raises: NotFound: nothing was signed yet; Unavailable: the log is being made good.
        """
        if not self._whole():
            raise Unavailable("the log is being made good")
        found = self._db[CHECKPOINTS].find_one(sort=[("_id", -1)])
        if found is None:
            raise NotFound("checkpoint")
        return SignedCheckpoint(found["note"], int(found["_id"]), found["signed_at"])

    def tile(self, tile: TileId) -> bytes:
        """Hashes of a tile, or entries of a bundle, at the width asked for.

        Raises: NotFound: the log has not grown that far.
        """
        size = self.checkpoint().size
        available = (size >> (TILE_HEIGHT * (tile.level or 0))) - tile.number * TILE_WIDTH
        if tile.width > available:
            raise NotFound("tile")
        if tile.level is None:
            return encode_bundle(self._leaves.contents(tile.number * TILE_WIDTH, tile.width))
        return self.hashes(tile.level, tile.number, tile.width)

    def hashes(self, level: int, number: int, count: int) -> bytes:
        """The first `count` hashes of a tile, 32 bytes each."""
        full = self._db[TILES].find_one({"_id": f"{level}/{number}"})
        if full is not None:
            return bytes(full["hashes"])[: count * HASH_SIZE]
        first = number * TILE_WIDTH
        if level == 0:
            return b"".join(map(leaf_hash, self._leaves.contents(first, count)))
        return b"".join(self.tile_roots(level - 1, first, count))

    def tile_roots(self, level: int, first: int, count: int) -> list[bytes]:
        """Roots of full tiles that lie side by side; fewer where not all are there."""
        names = [f"{level}/{number}" for number in range(first, first + count)]
        found = self._db[TILES].find({"_id": {"$in": names}}, {"root": 1})
        roots = {row["_id"]: bytes(row["root"]) for row in found}
        return [roots[name] for name in names if name in roots]

    def digest_of(self, stream: str, seq: int) -> str | None:
        """SHA-256, hex, of the leaf logged under a stream's number."""
        found = self._leaves.of_stream(stream, seq)
        return None if found is None else digest(found)

    def streams(self) -> Sequence[StreamState]:
        """All of them, by name, also one of which everything is held."""
        head = self._heads.read() or Head()
        waiting = {row["_id"]: row["held"] for row in self._db[HELD].aggregate(_HELD_BY_STREAM)}
        return [
            StreamState(stream, head.streams.last_seq(stream), self._time(stream), waiting.get(stream, 0))
            for stream in sorted({*head.streams.last, *waiting})
        ]

    def _time(self, stream: str) -> datetime | None:
        """Of the last event that can be found already."""
        found = self._db[ENTRIES].find_one({"stream": stream}, {"time": 1}, sort=[("seq", -1)]) or {}
        return found.get("time")


_HELD_BY_STREAM = [{"$group": {"_id": "$stream", "held": {"$sum": 1}}}]
