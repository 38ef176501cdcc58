"""The append-only log on MongoDB (DESIGN §7).

An append writes the batch's order to Kafka first: from then on the batch is in the log. Leaves and tiles follow, then
the head moves by one compare-and-swap (majority, journaled), then it is signed. What a kill left unmade, and what a
database restored from a backup lacks, is made from the order and the messages it names, before anything new is
accepted; until then the log shows no checkpoint, since an older one would look like a log that shrank.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import NoReturn

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kafka.errors import KafkaError
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from services.audit.adapters.head import Head, HeadDocument
from services.audit.adapters.leaves import Leaves
from services.audit.adapters.log_documents import CHECKPOINTS
from services.audit.adapters.order_topic import OrderTopic
from services.audit.adapters.published_log import PublishedLog
from services.audit.adapters.replay import Replay
from services.audit.adapters.tile_store import make_tiles
from services.audit.domain.errors import LogDiverged
from services.audit.domain.notes import Checkpoint, sign_checkpoint
from services.audit.domain.order import OrderedBatch, parts_of
from services.audit.domain.streams import Arrived, Streams
from services.common.domain.clock import Clock
from services.common.domain.errors import NotFound, Unavailable
from services.common.domain.ids import Ids
from services.common.domain.merkle import leaf_hash
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder, LeaseLost

Positions = Mapping[tuple[str, int], int]


OpenReplay = Callable[[], AbstractContextManager[Replay]]

log = structlog.get_logger()


class LogStore:
    """Appends and signs, under a lease.

    `witnessed`: the largest tree that any witness within reach has cosigned; nothing smaller is ever signed again.
    """

    name = "log"

    def __init__(
        self,
        database: MongoDatabase,
        lease: LeaseHolder,
        origin: str,
        key: Ed25519PrivateKey,
        clock: Clock,
        ids: Ids,
        order: OrderTopic,
        replay: OpenReplay,
        witnessed: Callable[[], int] = lambda: 0,
    ) -> None:
        self._witnessed = witnessed
        self._db = database.db
        self._leaves = Leaves(database.db)
        self._published = PublishedLog(database)
        self._heads = HeadDocument(database)
        self._lease = lease
        self._origin = origin
        self._key = key
        self._clock = clock
        self._ids = ids
        self._order = order
        self._replay = replay
        self._head: Head | None = None
        self._diverged = False
        self._whole = False
        self.appended = threading.Event()
        self._one_at_a_time = threading.RLock()

    def start(self) -> None:
        """Nothing runs here of its own."""

    def stop(self) -> None:
        """Lets another process append at once."""
        with self._one_at_a_time, suppress(PyMongoError):
            self._head = None
            self._order.close()
            self._lease.release()

    def check(self) -> None:
        """Raises: Unavailable: stored bytes differ from the log."""
        if self._diverged:
            raise Unavailable("the log diverged")

    def distrust(self, where: str) -> None:
        """Stops the log: somebody outside has seen what it does not hold."""
        with self._one_at_a_time, suppress(LogDiverged):
            self._head = None
            self._diverge(where)

    def whole(self) -> bool:
        """Whether the database was seen to hold everything that the order names."""
        return self._whole

    def size(self) -> int:
        """Of the log, where this process appends to it; else 0."""
        head = self._head
        return head.frontier.size if head else 0

    def signed_streams(self) -> dict[str, int]:
        """Last number of each stream in the newest checkpoint, where this process appends; else nothing."""
        head = self._head
        return {stream: seq for stream, (seq, _) in head.streams.last.items()} if head else {}

    def positions(self) -> dict[tuple[str, int], int]:
        """Where reading continues; after making good what is missing, where that is this process's to do."""
        with suppress(LeaseLost):
            return self.writable_head().positions
        return (self._heads.read() or Head()).positions

    def writable_head(self) -> Head:
        """The head, once this process holds the lease and everything the order names is made and signed.

        Raises: LeaseLost: another process appends; LogDiverged; kafka's errors.
        """
        with self._one_at_a_time:
            if self._diverged:
                raise LogDiverged("found before")
            if self._head is None or not self._lease.still_held():
                self._head = None
                epoch = self._lease.try_acquire()
                if epoch is None:
                    raise LeaseLost("log")
                self._stands_at(self._made_good(self._heads.claim(epoch)))
            self._lease.keep()
            assert self._head is not None
            return self._head

    def append(self, head: Head, leaves: Sequence[Arrived], streams: Streams, positions: Positions) -> Head:
        """Appends leaves (also none) together with the streams' state and the positions they were read from.

        `head`: the one that the streams' state was made from. Returns the head after it.
        Raises: LeaseLost: another process took over, nothing was appended; LogDiverged; kafka's errors, where the
        batch may be in the log.
        """
        with self._one_at_a_time:
            if self._head is not head:
                raise LeaseLost("log")
            self._lease.keep()
            self._head = None  # until all is done; an exception in between re-reads what is true
            hashes = [leaf_hash(one.leaf) for one in leaves]
            frontier = head.frontier.append(hashes)
            order = head.order
            if leaves:
                root, parts = frontier.root(), parts_of(leaves)
                size = head.frontier.size
                order = self._order.write(OrderedBatch(order, size, frontier.size, root, parts, positions))
            after = Head(frontier, streams.copy(), {**head.positions, **positions}, self._ids.new(), order)
            return self._stands_at(self._make(head, after, leaves, hashes))

    def settle(self) -> None:
        """Makes and signs what a process that died left behind, though nothing new arrives."""
        with suppress(LeaseLost, PyMongoError, KafkaError):  # tried again a second later
            head = self._heads.read()
            signed = self._signed_size()
            if not self._diverged and (head is None or signed != head.frontier.size or not self._whole):
                try:
                    self.writable_head()
                except LeaseLost:
                    self._whole = self._whole or self._nothing_follows()

    def _stands_at(self, head: Head) -> Head:
        self._head = head
        self.appended.set()
        return head

    def _nothing_follows(self) -> bool:
        """Whether the process that appends has made everything good."""
        last = (self._heads.read() or Head()).order
        return all(offset == last for offset, _ in self._order.following(last))

    def _made_good(self, head: Head) -> Head:
        """Follows the order from the head on.

        Raises: LogDiverged: it leads elsewhere.
        """
        made = 0
        try:
            with self._replay() as replay:
                for offset, batch in self._order.following(head.order):
                    if offset == head.order:
                        if (head.frontier.size, head.frontier.root()) != (batch.size, batch.root):
                            raise LogDiverged(f"the head is not what record {offset} of the order says")
                        continue
                    after, leaves = replay.batch(head, offset, batch, self._ids.new())
                    self._lease.keep()
                    head = self._make(head, after, leaves, [leaf_hash(one.leaf) for one in leaves])
                    made += 1
        except LogDiverged as problem:
            self._diverge(problem.detail)
        if made:
            log.warning("log-made-good", batches=made, size=head.frontier.size)
        if (self._signed_size() or 0) > head.frontier.size:
            self._diverge("a checkpoint is signed beyond what the order leads to")
        if (witnessed := self._witnessed()) > head.frontier.size:
            self._diverge(f"a witness has cosigned {witnessed} leaves, the order leads to {head.frontier.size}")
        self._sign(head)
        self._whole = True
        return head

    def _signed_size(self) -> int | None:
        try:
            return self._published.checkpoint().size  # this store's own view, which shows what is stored
        except NotFound:
            return None

    def _make(self, before: Head, after: Head, leaves: Sequence[Arrived], hashes: Sequence[bytes]) -> Head:
        """Everything an ordered batch leads to. May be done twice, and by two processes.

        Raises: LogDiverged, LeaseLost.
        """
        try:
            self._leaves.insert(before.frontier.size, leaves)
            make_tiles(self._db, self._published, before.frontier.size, hashes)
        except LogDiverged as problem:
            self._diverge(problem.detail)
        self._heads.move(before, after, self._lease.epoch)
        self._sign(after)
        return after

    def _diverge(self, where: str) -> NoReturn:
        self._diverged = True
        log.critical("log-diverged", where=where)
        raise LogDiverged(where)

    def _sign(self, head: Head) -> None:
        """Signs the head as majority read it back; the note of a size never changes.

        Raises: LeaseLost; LogDiverged: something else is signed for this size.
        """
        stored = self._heads.read()
        if stored is None or stored.batch_id != head.batch_id or stored.frontier != head.frontier:
            raise LeaseLost("log")
        checkpoint = Checkpoint(self._origin, stored.frontier.size, stored.frontier.root())
        signed = self._db[CHECKPOINTS].find_one_and_update(
            {"_id": checkpoint.size},
            {
                "$setOnInsert": {"note": sign_checkpoint(checkpoint, self._key)},
                "$set": {"signed_at": self._clock.now()},
            },
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if signed is None or not signed["note"].startswith(checkpoint.text):
            self._diverge(f"another root is signed for size {checkpoint.size}")
