"""The head: one document that says where the log stands, moved by one compare-and-swap (DESIGN §7)."""

from dataclasses import dataclass, field

from services.audit.adapters.log_documents import HEAD
from services.audit.domain.frontier import Frontier
from services.audit.domain.order import NOTHING_BEFORE
from services.audit.domain.streams import Streams
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseLost

_ID = "head"


@dataclass(frozen=True)
class Head:
    """Where the log stands: tree, streams, positions in Kafka by (topic, partition), and the batch that led here.

    `batch_id` tells any two heads apart; `order` is the offset of the last record of the order that has been followed.
    """

    frontier: Frontier = field(default_factory=Frontier.empty)
    streams: Streams = field(default_factory=Streams)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    batch_id: str = ""
    order: int = NOTHING_BEFORE


class HeadDocument:
    """Reads with majority; changes by compare-and-swap."""

    def __init__(self, database: MongoDatabase) -> None:
        self._heads = database.db[HEAD]

    def read(self) -> Head | None:
        """None before the first append."""
        row = self._heads.find_one({"_id": _ID})
        if row is None:
            return None
        return Head(
            Frontier(int(row["size"]), tuple(bytes(peak) for peak in row["peaks"])),
            Streams(
                {stream: (seq, digest) for stream, seq, digest in row["streams"]},
                dict(row.get("gaps", ())),
            ),
            {(topic, partition): at for topic, partition, at in row["positions"]},
            row["batch_id"],
            row.get("order", NOTHING_BEFORE),
        )

    def claim(self, epoch: int) -> Head:
        """Puts an epoch into the head, so that a predecessor's compare-and-swap fails from now on.

        Raises: LeaseLost: a later epoch stands there.
        """
        self._heads.update_one({"_id": _ID}, {"$setOnInsert": {**_document(Head()), "epoch": 0}}, upsert=True)
        if self._heads.update_one({"_id": _ID, "epoch": {"$lt": epoch}}, {"$set": {"epoch": epoch}}).matched_count != 1:
            raise LeaseLost("log")
        head = self.read()
        assert head is not None
        return head

    def move(self, before: Head, after: Head, epoch: int) -> None:
        """Once everything the batch leads to is stored.

        Raises: LeaseLost: the head is no longer `before`, or another epoch's.
        """
        same = {"_id": _ID, "batch_id": before.batch_id, "epoch": epoch}
        if self._heads.update_one(same, {"$set": _document(after)}).matched_count != 1:
            raise LeaseLost("log")


def _document(head: Head) -> Document:
    return {
        "size": head.frontier.size,
        "peaks": list(head.frontier.peaks),
        "root": head.frontier.root(),
        "streams": [[stream, seq, digest] for stream, (seq, digest) in sorted(head.streams.last.items())],
        "gaps": [[stream, missing] for stream, missing in sorted(head.streams.gaps.items())],
        "positions": [[topic, partition, at] for (topic, partition), at in sorted(head.positions.items())],
        "batch_id": head.batch_id,
        "order": head.order,
    }
