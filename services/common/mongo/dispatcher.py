"""Delivers letters: a thread per lane, in order within a conversation, so that nobody down blocks another lane."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import structlog
from opentelemetry.trace import SpanKind
from pymongo.errors import PyMongoError

from services.common.domain.clock import Clock
from services.common.domain.errors import Kind, RequestIdReused, TongdangError, Unavailable
from services.common.domain.messages import Letter
from services.common.metrics import WORK_INTERRUPTED
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.letters import COLLECTION, letter_of
from services.common.mongo.wakeups import Bells, Wakeup
from services.common.tracing import span

_IDLE_S = 1.0
"""What this process posts rings the bell; this is for what a second replica posts."""
_TERM_S = 30.0
"""Half of it outlasts the deadline of a call, so that a slow peer does not cost the lane its lease."""
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.2, 5.0
_RAN_AHEAD = timedelta(minutes=1)
"""No letter is told to wait that long: the clock was ahead when it was, and has been set back since."""
_PASSING = frozenset({Kind.UNAVAILABLE, Kind.EXHAUSTED, Kind.INTERNAL, Kind.CONFLICT})
"""Troubles that time may heal; any other parks the letter for an operator."""

log = structlog.get_logger()


class Dispatcher:
    """Sends each lane's letters by `send`, which returns once the receiver has durably confirmed.

    A kill between the confirmation and its note sends the letter again, under the same number: the receiver answers
    as before. `holder`: name of this replica for the lanes' leases; `bells`: of the transactions that post letters.
    """

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
                LeaseHolder(database, f"lane {lane}", holder, _TERM_S),
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
        until = time.monotonic() + 9
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=max(0.0, until - time.monotonic()))

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
        self._rest_s = _IDLE_S
        """Once nothing is due; shorter where a letter that failed is to be tried again."""

    def run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._lease.try_acquire() is not None:
                    self._serve_term()
            except (PyMongoError, TongdangError) as problem:
                WORK_INTERRUPTED.labels(worker=f"lane {self.name}", problem=type(problem).__name__).inc()
                log.warning("lane-interrupted", lane=self.name, problem=type(problem).__name__)
            except Exception as defect:  # the thread's own boundary: the letter stays where it is
                WORK_INTERRUPTED.labels(worker=f"lane {self.name}", problem=type(defect).__name__).inc()
                log.exception("lane-failed", lane=self.name, defect=type(defect).__name__)
            self._stop.wait(1.0)

    def _serve_term(self) -> None:
        try:
            while not self._stop.is_set():
                self._lease.keep()
                if not self._deliver_next():
                    rest_s, self._rest_s = self._rest_s, _IDLE_S
                    self.bell.wait(rest_s)
        finally:
            with suppress(PyMongoError):
                self._lease.release()

    def _deliver_next(self) -> bool:
        """Sends the first letter whose time has come and that no earlier one of its conversation holds up."""
        now = self._clock.now()
        whenever: list[Document] = [{"not_before": {"$lte": now}}, {"not_before": {"$gt": now + _RAN_AHEAD}}]
        due = {"lane": self.name, "state": "waiting", "$or": whenever}
        held_up: dict[str, int] = {}
        with self._letters.find(due).sort([("not_before", 1), ("number", 1)]).batch_size(20) as letters:
            for document in letters:
                conversation, number = document["conversation"], int(document["number"])
                if number >= held_up.get(conversation, number + 1):
                    continue  # a retry may sort its conversation's later letters before it
                if not self._has_earlier(document):
                    self._deliver(document)
                    return True
                held_up[conversation] = number
        return False

    def _has_earlier(self, document: Document) -> bool:
        """Whether an earlier letter of the conversation on this lane is still to be sent, or parked."""
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
            with span("deliver letter", SpanKind.PRODUCER, parent=document.get("traceparent", "")):
                self._send(letter_of(document))
        except TongdangError as problem:
            self._failed(document, problem)
            return
        now = self._clock.now()
        self._letters.update_one({"_id": document["_id"]}, {"$set": {"state": "delivered", "delivered_at": now}})
        log.info("letter-delivered", lane=self.name, method=document["method"], seconds=time.monotonic() - started)

    def _failed(self, document: Document, problem: TongdangError) -> None:
        attempts = int(document["attempts"]) + 1
        if may_pass(problem):
            delay = max(delay_after(attempts), problem.retry_after_s or 0.0)
            self._rest_s = min(self._rest_s, delay)
            change = {"attempts": attempts, "not_before": self._clock.now() + timedelta(seconds=delay)}
            log.info("letter-delayed", lane=self.name, code=problem.code, attempts=attempts)
        else:
            change = {"attempts": attempts, "state": "parked", "problem": problem.code}
            log.error("letter-parked", lane=self.name, code=problem.code, method=document["method"])
        self._letters.update_one({"_id": document["_id"]}, {"$set": change})


def may_pass(problem: TongdangError) -> bool:
    """Whether sending the same letter again may go better."""
    return problem.kind in _PASSING and problem.code != RequestIdReused.code


def delay_after(attempts: int) -> float:
    """Seconds to wait after so many failed attempts: 0.2 s, doubled each time, at most 5 s."""
    return min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(attempts - 1, 10))
