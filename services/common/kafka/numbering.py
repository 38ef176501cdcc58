"""Gives committed outbox documents their place in the stream (DESIGN §4, Outbox)."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from pymongo import UpdateOne

from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder, LeaseLost
from services.common.mongo.outbox import COLLECTION as OUTBOX
from services.common.mongo.transactions import Transactions, Tx

STREAMS = "streams"
_BATCH = 200


@dataclass(frozen=True)
class Numbering:
    """Numbers documents of one stream under the relay's lease."""

    database: MongoDatabase
    transactions: Transactions
    lease: LeaseHolder
    stream: str

    def run(self) -> int:
        """Numbers what is committed and not yet numbered; returns how many documents.

        One transaction gives the documents their `seq` and their audit events theirs, and advances the stream's head,
        so a kill leaves neither gap nor double.
        Raises: LeaseLost.
        """
        documents = self._pending()
        if not documents:
            return 0
        ordered = in_order_of_versions(documents)

        def work(tx: Tx) -> None:
            self.lease.fence(tx)
            head = self._advance(tx, ordered)
            seq, audit_seq = int(head.get("seq", 0)), int(head.get("audit_seq", 0))
            updates = []
            for document in ordered:
                seq += 1
                numbers = {"seq": seq, "audit_first": audit_seq + 1}
                audit_seq += int(document["count"])
                found = {"_id": document["_id"], "pending": True}
                updates.append(UpdateOne(found, {"$set": numbers, "$unset": {"pending": ""}}))
            done = tx.db[OUTBOX].bulk_write(updates, session=tx.session)
            if done.modified_count != len(ordered):
                raise LeaseLost("another relay numbered the same documents")

        self.transactions.run(work)
        return len(ordered)

    def _advance(self, tx: Tx, documents: Sequence[Document]) -> Document:
        """Moves the stream's head past the documents; returns the head before."""
        events = sum(int(document["count"]) for document in documents)
        head = tx.db[STREAMS].find_one_and_update(
            {"_id": self.stream, "epoch": {"$lte": self.lease.epoch}},
            {"$inc": {"seq": len(documents), "audit_seq": events}, "$set": {"epoch": self.lease.epoch}},
            session=tx.session,
        )
        if head is None:
            raise LeaseLost(self.stream)
        return head

    def _pending(self) -> list[Document]:
        """Some unnumbered documents, and with them every one that holds a lower version of one of their keys.

        Whoever wrote version 2 had read version 1, so both are committed when the higher one is seen; only the limit
        could part them, which is why the rest is looked up by key.
        """
        outbox = self.database.db[OUTBOX]
        shape = {"count": 1, "messages.topic": 1, "messages.key": 1, "messages.version": 1}
        found = list(outbox.find({"pending": True}, shape).sort("_id", 1).limit(_BATCH))
        if len(found) < _BATCH:
            return found
        known = {document["_id"]: document for document in found}
        fresh = found
        while fresh:
            keys = list({message["key"] for document in fresh for message in document["messages"]})
            if not keys:
                break
            more = outbox.find({"pending": True, "_id": {"$nin": list(known)}, "messages.key": {"$in": keys}}, shape)
            fresh = list(more)
            known.update({document["_id"]: document for document in fresh})
        return list(known.values())


def in_order_of_versions(documents: Sequence[Document]) -> list[Document]:
    """Documents by id, except that of two with the same key the lower version goes first, whatever the clock said."""
    by_id = {document["_id"]: document for document in documents}
    followers: dict[str, set[str]] = {id_: set() for id_ in by_id}
    waits: dict[str, int] = dict.fromkeys(by_id, 0)
    for chain in _chains(documents):
        for before, after in zip(chain, chain[1:], strict=False):
            if before != after and after not in followers[before]:
                followers[before].add(after)
                waits[after] += 1
    ready = [id_ for id_, count in waits.items() if count == 0]
    heapify(ready)
    ordered: list[Document] = []
    while ready:
        id_ = heappop(ready)
        ordered.append(by_id[id_])
        for after in followers[id_]:
            waits[after] -= 1
            if waits[after] == 0:
                heappush(ready, after)
    if len(ordered) != len(by_id):
        raise ValueError("versions of keys contradict one another across transactions")
    return ordered


def _chains(documents: Sequence[Document]) -> list[list[str]]:
    """For each key the ids of the documents that carry it, by version."""
    versions: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for document in documents:
        for message in document.get("messages", ()):
            key = (message["topic"], message["key"])
            versions.setdefault(key, []).append((int(message["version"]), document["_id"]))
    return [[id_ for _, id_ in sorted(chain)] for chain in versions.values() if len(chain) > 1]
