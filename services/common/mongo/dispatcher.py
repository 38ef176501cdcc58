"""Delivers letters: a thread per lane, in order within a conversation; a destination that is down blocks only its lane."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from pymongo.errors import PyMongoError

from services.common.domain.clock import Clock
from services.common.domain.errors import Kind, TongdangError, Unavailable
from services.common.domain.messages import Letter
from services.common.metrics import LETTERS_PARKED
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.letters import COLLECTION, letter_of
from services.common.mongo.wakeups import Bells, Wakeup

_IDLE_S = 0.5
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.2, 5.0
_PASSING = frozenset({Kind.UNAVAILABLE, Kind.EXHAUSTED, Kind.INTERNAL, Kind.CONFLICT})
"""Troubles that time may heal; any other parks the letter for an operator."""

log = structlog.get_logger()


class Dispatcher:
    """Sends each lane's letters by `send`, which returns once the receiver has durably confirmed."""

    name = "dispatcher"

    def __init__(
        self,
        database: MongoDatabase,
        lanes: Sequence[str],
        send: Callable[[Letter], None],
        clock: Clock,
        holder: str,
        bells: Bells,
    ) -> None:
        self._stop = threading.Event()
        self._lanes = [
            _Lane(
                database,
                lane,
                send,
                clock,
                LeaseHolder(database, f"lane {lane}", holder),
                bells.new(),
                self._stop,
            )
            for lane in lanes
        ]
        self._threads = [
            threading.Thread(target=lane.run, name=f"lane {lane.name}", daemon=True) for lane in self._lanes
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for lane in self._lanes:
            lane.bell.ring()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=9)

    def check(self) -> None:
        """Raises: Unavailable: a lane's thread died."""
        dead = [thread.name for thread in self._threads if not thread.is_alive()]
        if dead:
            raise Unavailable(", ".join(dead))


class _Lane:
    def __init__(
        self,
        database: MongoDatabase,
        name: str,
        send: Callable[[Letter], None],
        clock: Clock,
        lease: LeaseHolder,
        bell: Wakeup,
        stop: threading.Event,
    ) -> None:
        self.name = name
        self.bell = bell
        self._letters = database.db[COLLECTION]
        self._send = send
        self._clock = clock
        self._lease = lease
        self._stop = stop

    def run(self) -> None:
        held = False
        while not self._stop.is_set():
            try:
                if not held or not self._lease.still_held():
                    held = self._lease.try_acquire() is not None
                    if not held:
                        self._stop.wait(1.0)
                        continue
                self._lease.keep()
                if not self._deliver_next():
                    self.bell.wait(_IDLE_S)
            except (PyMongoError, TongdangError) as problem:
                log.warning("lane-interrupted", lane=self.name, problem=type(problem).__name__)
                held = False
                self._stop.wait(1.0)
        if held:
            self._release()

    def _release(self) -> None:
        try:
            self._lease.release()
        except PyMongoError:
            log.info("lease-left-to-expire", lane=self.name)

    def _deliver_next(self) -> bool:
        """Sends the oldest letter whose time has come and that no earlier one of its conversation holds up."""
        now = self._clock.now()
        due = self._letters.find({"lane": self.name, "state": "waiting", "not_before": {"$lte": now}})
        for document in due.sort([("not_before", 1)]).limit(50):
            if not self._held_up(document):
                self._deliver(document)
                return True
        return False

    def _held_up(self, document: Document) -> bool:
        """Whether an earlier letter of the conversation on this lane is still to be sent or parked."""
        earlier = {
            "conversation": document["conversation"],
            "lane": self.name,
            "number": {"$lt": document["number"]},
            "state": {"$ne": "delivered"},
        }
        return self._letters.find_one(earlier, {"_id": 1}) is not None

    def _deliver(self, document: Document) -> None:
        started = time.monotonic()
        try:
            self._send(letter_of(document))
        except TongdangError as problem:
            self._failed(document, problem)
            return
        now = self._clock.now()
        self._letters.update_one({"_id": document["_id"]}, {"$set": {"state": "delivered", "delivered_at": now}})
        log.info("letter-delivered", lane=self.name, method=document["method"], seconds=time.monotonic() - started)

    def _failed(self, document: Document, problem: TongdangError) -> None:
        attempts = int(document["attempts"]) + 1
        if problem.kind in _PASSING:
            delay = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** min(attempts - 1, 10))
            change = {"attempts": attempts, "not_before": self._clock.now() + timedelta(seconds=delay)}
            log.info("letter-delayed", lane=self.name, code=problem.code, attempts=attempts)
        else:
            change = {"attempts": attempts, "state": "parked", "problem": problem.code}
            LETTERS_PARKED.labels(lane=self.name).inc()
            log.error("letter-parked", lane=self.name, code=problem.code, method=document["method"])
        self._letters.update_one({"_id": document["_id"]}, {"$set": change})
