"""Leases: one holder at a time, each term under a higher epoch, expiry judged by the server's clock.

A lease that is only read inside a transaction does not fence; a fenced transaction updates the lease document with
its epoch in the filter (DESIGN §4, Leases).
"""

import socket
import time

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from services.common.domain.errors import TongdangError
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.transactions import Tx

COLLECTION = "leases"


class LeaseLost(TongdangError):
    """Another holder has a higher epoch, or the term ran out."""

    code = "LEASE_LOST"


def replica(principal: str) -> str:
    """This process's place among the replicas of a service: a holder's name that no two of them share."""
    return f"{principal}@{socket.gethostname()}"


class LeaseHolder:
    """One process's claim to a named lease.

    `holder` names the replica, not the process: a process restarted after kill -9 takes its own lease back at once on
    its first attempt, and one that stopped at half its term takes the rest of it under a new epoch. That is safe since
    every effect is fenced by the epoch, not by the holder's name; of two processes that share a name the one that
    started last wins, once.
    """

    def __init__(self, database: MongoDatabase, name: str, holder: str, term_s: float = 10.0) -> None:
        self._leases = database.db[COLLECTION]
        self.name = name
        self._holder = holder
        self._term_s = term_s
        self._epoch = 0
        self._held_until = 0.0
        self._first = True

    @property
    def epoch(self) -> int:
        """Epoch of the present term; 0 when none was ever held."""
        return self._epoch

    def try_acquire(self) -> int | None:
        """A new term under a higher epoch, or None while another holder's term runs."""
        asked = time.monotonic()
        free: list[Document] = [{"$lte": ["$expires_at", "$$NOW"]}]
        own: list[Document] = [{"$eq": ["$holder", self._holder]}]
        if not self._first:  # another process of this name has taken over unless the last term was ours
            own.append({"$eq": ["$epoch", self._epoch]})
        free.append({"$and": own})
        try:
            lease = (
                self._leases.find_one_and_update(
                    {"_id": self.name, "$expr": {"$or": free}},
                    [{"$set": {**self._term(), "epoch": {"$add": [{"$ifNull": ["$epoch", 0]}, 1]}}}],
                    return_document=ReturnDocument.AFTER,
                )
                or self._found()
            )
        except DuplicateKeyError:
            return None
        if lease is None:
            return None
        self._first = False
        self._epoch = int(lease["epoch"])
        self._held_until = asked + self._term_s / 2
        return self._epoch

    def renew(self) -> None:
        """Prolongs the term; to be called well before half of it has passed.

        Raises: LeaseLost.
        """
        asked = time.monotonic()
        renewed = self._leases.update_one(
            {"_id": self.name, "epoch": self._epoch, "holder": self._holder}, [{"$set": self._term()}]
        )
        if renewed.matched_count != 1:
            self._held_until = 0.0
            raise LeaseLost(self.name)
        self._held_until = asked + self._term_s / 2

    def keep(self) -> None:
        """Renews when a quarter of the term has passed; raises LeaseLost past the half of it."""
        if not self.still_held():
            raise LeaseLost(self.name)
        if time.monotonic() > self._held_until - self._term_s / 4:
            self.renew()

    def still_held(self) -> bool:
        """Whether half the term has not yet passed by this machine's monotonic clock."""
        return time.monotonic() < self._held_until

    def release(self) -> None:
        """Gives the lease up at once."""
        self._held_until = 0.0
        self._leases.update_one(
            {"_id": self.name, "epoch": self._epoch, "holder": self._holder},
            [{"$set": {"expires_at": "$$NOW", "holder": ""}}],
        )

    def fence(self, tx: Tx) -> None:
        """Makes a transaction fail unless this epoch is still the newest.

        Raises: LeaseLost.
        """
        touched = tx.db[COLLECTION].update_one(
            {"_id": self.name, "epoch": self._epoch}, {"$inc": {"fenced": 1}}, session=tx.session
        )
        if touched.matched_count != 1:
            raise LeaseLost(self.name)

    def _term(self) -> Document:
        term_ms = int(self._term_s * 1000)
        return {"holder": self._holder, "expires_at": {"$add": ["$$NOW", term_ms]}}

    def _found(self) -> Document | None:
        """Creates the lease document where there is none yet."""
        if self._leases.find_one({"_id": self.name}) is not None:
            return None
        self._leases.insert_one({"_id": self.name, "holder": "", "epoch": 0, "fenced": 0})
        return self._leases.find_one_and_update(
            {"_id": self.name, "epoch": 0},
            [{"$set": {**self._term(), "epoch": 1}}],
            return_document=ReturnDocument.AFTER,
        )
