"""Gives committed outbox documents their place in the stream (DESIGN §4, Outbox)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import pairwise

import structlog
from pymongo import UpdateOne

from services.common.kafka.streams import COLLECTION as STREAMS
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder, LeaseLost
from services.common.mongo.outbox import COLLECTION as OUTBOX
from services.common.mongo.transactions import Transactions, Tx

_BATCH = 200
_SHAPE = {"count": 1, "messages.topic": 1, "messages.key": 1, "messages.version": 1}

log = structlog.get_logger()

Key = tuple[str, str]
"""Topic and message key: what Kafka keeps in order."""


@dataclass(frozen=True)
class Numbering:
    """Numbers documents of one stream under the relay's lease."""

    database: MongoDatabase
    transactions: Transactions
    lease: LeaseHolder
    stream_id: str

    def run(self) -> int:
        """Numbers what is committed and not yet numbered; returns how many documents.

        One transaction gives the documents their `seq` and their audit events theirs, and advances the stream's head,
        so a kill leaves neither gap nor double.
        Raises: LeaseLost.
        """
        if self.database.db[OUTBOX].find_one({"pending": True}, {"_id": 1}) is None:
            return 0
        return self.transactions.run(self._number)

    def _number(self, tx: Tx) -> int:
        self.lease.fence(tx)
        ordered = in_order_of_versions(_pending(tx))
        head = self._advance(tx, ordered)
        seq, audit_seq = int(head["seq"]), int(head["audit_seq"])
        updates = []
        for document in ordered:
            seq += 1
            numbers = {"seq": seq, "audit_first": audit_seq + 1}
            audit_seq += int(document["count"])
            updates.append(UpdateOne({"_id": document["_id"]}, {"$set": numbers, "$unset": {"pending": ""}}))
        if updates:
            tx.db[OUTBOX].bulk_write(updates, ordered=False, session=tx.session)
        return len(updates)

    def _advance(self, tx: Tx, documents: Sequence[Document]) -> Document:
        """Moves the stream's head past the documents; returns the head before."""
        events = sum(int(document["count"]) for document in documents)
        head = tx.db[STREAMS].find_one_and_update(
            {"_id": self.stream_id, "epoch": {"$lte": self.lease.epoch}},
            {"$inc": {"seq": len(documents), "audit_seq": events}, "$set": {"epoch": self.lease.epoch}},
            session=tx.session,
        )
        if head is None:
            raise LeaseLost(self.stream_id)
        return head


def _pending(tx: Tx) -> list[Document]:
    """Some unnumbered documents by id, and with them every one that holds a lower version of one of their keys.

    Read in the transaction's snapshot: whoever wrote version 2 had read version 1, so a snapshot that shows the higher
    one shows the lower too. Only the limit could part them, which is why the rest is looked up by key.
    """
    outbox = tx.db[OUTBOX]
    found = list(outbox.find({"pending": True}, _SHAPE, session=tx.session).sort("_id", 1).limit(_BATCH))
    if len(found) < _BATCH:
        return found
    last = found[-1]["_id"]
    known = {document["_id"]: document for document in found}
    highest = _highest(found)
    fresh = found
    while fresh:
        keys = list({key for document in fresh for (_, key), _ in _versions(document)})
        later = {"pending": True, "_id": {"$gt": last}, "messages.key": {"$in": keys}}
        fresh = [
            document
            for document in outbox.find(later, _SHAPE, session=tx.session)
            if document["_id"] not in known and _has_lower(document, highest)
        ]
        known.update({document["_id"]: document for document in fresh})
        highest = _highest(known.values())
    return list(known.values())


def in_order_of_versions(documents: Sequence[Document]) -> list[Document]:
    """Documents by id, except that of two with the same key the lower version goes first, whatever the clock said.

    Two documents that hold two keys in opposite order of versions cannot come from serial transactions; such a
    defect is told and they go by id, since consumers drop a lower version anyway and the stream must not stand still.
    """
    by_id = {document["_id"]: document for document in documents}
    followers: dict[str, set[str]] = {id_: set() for id_ in by_id}
    waits: dict[str, int] = dict.fromkeys(by_id, 0)
    for chain in _chains(documents):
        for before, after in pairwise(chain):
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
    stuck = sorted(id_ for id_, count in waits.items() if count > 0)
    if stuck:
        log.error("outbox-versions-contradict", documents=stuck[:5], count=len(stuck))
    return ordered + [by_id[id_] for id_ in stuck]


def _versions(document: Document) -> Iterator[tuple[Key, int]]:
    for message in document["messages"]:
        yield (message["topic"], message["key"]), int(message["version"])


def _highest(documents: Iterable[Document]) -> dict[Key, int]:
    highest: dict[Key, int] = {}
    for document in documents:
        for key, version in _versions(document):
            highest[key] = max(version, highest.get(key, version))
    return highest


def _has_lower(document: Document, highest: dict[Key, int]) -> bool:
    return any(version < highest.get(key, version) for key, version in _versions(document))


def _chains(documents: Sequence[Document]) -> list[list[str]]:
    """For each key the ids of the documents that carry it, by version."""
    versions: dict[Key, list[tuple[int, str]]] = {}
    for document in documents:
        for key, version in _versions(document):
            versions.setdefault(key, []).append((version, document["_id"]))
    return [[id_ for _, id_ in sorted(chain)] for chain in versions.values() if len(chain) > 1]
