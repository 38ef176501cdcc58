"""The leaves, in pieces that lie within one bundle each: written once, and the only place where a leaf is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pymongo.database import Database

from services.audit.adapters.immutable import insert_once
from services.audit.adapters.log_documents import LEAVES
from services.audit.domain.streams import Arrived
from services.audit.domain.tiles import TILE_WIDTH, decode_bundle, encode_bundle
from services.common.mongo.database import Document


@dataclass(frozen=True)
class Leaf:
    """One leaf with its place in the log and in its stream."""

    index: int
    stream: str
    seq: int
    content: bytes


class Leaves:
    """A piece says its first index, the runs of streams in it, and its leaves as a bundle encodes them."""

    def __init__(self, db: Database[Document]) -> None:
        self._pieces = db[LEAVES]

    def insert(self, first: int, leaves: Sequence[Arrived]) -> None:
        """Raises: LogDiverged: other leaves are there."""
        insert_once(self._pieces, list(pieces_of(first, leaves)), "leaves")

    def read(self, first: int, count: int) -> list[Leaf]:
        """Leaves from index `first` on; fewer where there are not so many."""
        within = {"_id": {"$gte": first // TILE_WIDTH * TILE_WIDTH, "$lt": first + count}}
        return [
            leaf
            for piece in self._pieces.find(within).sort("_id", 1)
            for leaf in _leaves_of(piece)
            if first <= leaf.index < first + count
        ]

    def contents(self, first: int, count: int) -> list[bytes]:
        """The bytes alone."""
        return [leaf.content for leaf in self.read(first, count)]

    def some(self, indexes: Sequence[int]) -> dict[int, Leaf]:
        """Leaves that lie anywhere, by index."""
        bundles = sorted({index // TILE_WIDTH for index in indexes})
        ranges = [{"_id": {"$gte": number * TILE_WIDTH, "$lt": (number + 1) * TILE_WIDTH}} for number in bundles]
        wanted = set(indexes)
        found = list(self._pieces.find({"$or": ranges})) if ranges else []
        return {leaf.index: leaf for piece in found for leaf in _leaves_of(piece) if leaf.index in wanted}

    def of_stream(self, stream: str, seq: int) -> bytes | None:
        """The leaf logged under a stream's number."""
        run = {"stream": stream, "first": {"$lte": seq}, "last": {"$gte": seq}}
        piece = self._pieces.find_one({"runs": {"$elemMatch": run}})
        found = (leaf.content for leaf in _leaves_of(piece or {}) if (leaf.stream, leaf.seq) == (stream, seq))
        return next(found, None)


def pieces_of(first: int, leaves: Sequence[Arrived]) -> Iterator[Document]:
    """Cut where a bundle ends."""
    at = 0
    while at < len(leaves):
        end = min(len(leaves), at + TILE_WIDTH - (first + at) % TILE_WIDTH)
        piece = leaves[at:end]
        content = encode_bundle([leaf.leaf for leaf in piece])
        yield {"_id": first + at, "runs": _runs(piece), "leaves": content}
        at = end


def _runs(leaves: Sequence[Arrived]) -> list[Document]:
    """Numbers that follow one another; findings of the log have none and stand alone."""
    runs: list[Document] = []
    stream, last = "", 0
    for leaf in leaves:
        if leaf.stream == stream and leaf.seq == last + 1:
            runs[-1]["last"] = leaf.seq
        else:
            runs.append({"stream": leaf.stream, "first": leaf.seq, "last": leaf.seq})
        stream, last = leaf.stream, leaf.seq
    return runs


def _leaves_of(piece: Document) -> Iterator[Leaf]:
    if not piece:
        return
    places = ((run["stream"], seq) for run in piece["runs"] for seq in range(run["first"], run["last"] + 1))
    contents = decode_bundle(bytes(piece["leaves"]))
    for index, ((stream, seq), content) in enumerate(zip(places, contents, strict=False), int(piece["_id"])):
        yield Leaf(index, stream, seq, content)
