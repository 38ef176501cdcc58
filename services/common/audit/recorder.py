"""The audit recorder: many waiting callers share one durable write (group commit)."""

import threading
import time
from collections import deque
from queue import Empty, SimpleQueue

import pymongo
import structlog
from pymongo.errors import DuplicateKeyError, PyMongoError

from services.common.audit.recorded import mark_recorded
from services.common.domain.audit_event import AuditEvent
from services.common.domain.clock import Clock
from services.common.domain.errors import AuditUnavailable
from services.common.domain.ids import Ids
from services.common.mongo.database import DURABLE, Document, MongoDatabase
from services.common.mongo.outbox import COLLECTION, MAX_MESSAGES, outbox_document
from services.common.mongo.wakeups import Bells
from services.common.tracing import current_traceparent

_TIMEOUT_S = 2.0
_WRITE_TIMEOUT_S = 1.8
_RETRY_S = 0.2
_PROBE_S = 0.5
_OPEN_FLUSH_S = 0.15
_OPEN_QUEUE = 10_000
_BATCH_BYTES = 3_000_000

log = structlog.get_logger()


class _Waiting:
    """One caller's leaf; a bare lock wakes it, since an `Event` costs as much as the rest of the queueing."""

    __slots__ = ("_answered", "durable", "given_up", "leaf", "trace")

    def __init__(self, leaf: bytes) -> None:
        self.leaf = leaf
        self.trace = current_traceparent()
        self.durable = False
        self.given_up = False
        self._answered = threading.Lock()
        self._answered.acquire()

    def wait(self, seconds: float) -> bool:
        """Whether the leaf became durable in time."""
        self._answered.acquire(timeout=seconds)
        self.given_up = not self.durable
        return self.durable

    def answer(self, durable: bool) -> None:
        """Lets the caller go on."""
        self.durable = durable
        self._answered.release()


class Recorder:
    """Makes audit events durable outside business transactions: reads, refusals, sign-ins.

    An event is validated and canonicalised before it is queued, so a bad one fails its own caller only. What waits
    goes out before what was queued by `record_open`, each kind in documents of its own: a failed write of the first
    is answered at once, one of the second is repeated under the same id until it stands.
    """

    name = "recorder"

    def __init__(self, database: MongoDatabase, ids: Ids, clock: Clock, bells: Bells | None = None) -> None:
        self._outbox = database.db.get_collection(COLLECTION, write_concern=DURABLE)
        self._ids = ids
        self._clock = clock
        self._bells = bells or Bells()
        self._closed: SimpleQueue[_Waiting | None] = SimpleQueue()
        """Callers that wait; None only wakes the writer."""
        self._open: deque[tuple[bytes, str]] = deque()
        self._open_lock = threading.Lock()
        """Held to join or leave the open queue, so that none joins unseen by the writer or after `stop`."""
        self._open_due = 0.0
        self._unsent: Document | None = None
        self._stopping = False
        self._store_down = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Writes what is queued, then ends."""
        with self._open_lock:
            self._stopping = True
        self._closed.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=8)

    def check(self) -> None:
        """Raises: AuditUnavailable: the last write failed, so accesses are being refused."""
        if self._store_down or not self._thread.is_alive():
            raise AuditUnavailable("recorder")

    def record(self, event: AuditEvent) -> None:
        """Durable when it returns.

        Raises: InvalidArgument: the event has no canonical form. AuditUnavailable: not durable within two seconds;
        then it may still become so, which is harmless: the access was refused.
        """
        waiting = _Waiting(event.leaf())
        if self._stopping:
            raise AuditUnavailable("stopping")
        self._closed.put(waiting)
        if not waiting.wait(_TIMEOUT_S):
            raise AuditUnavailable("the access could not be recorded", retry_after_s=2)
        mark_recorded()

    def record_open(self, event: AuditEvent) -> None:
        """For search and view of open entries: queued, durable within 200 ms.

        Raises: InvalidArgument; AuditUnavailable: the queue is full, or the store is down or two seconds behind.
        """
        leaf, trace = event.leaf(), current_traceparent()
        with self._open_lock:
            behind = bool(self._open) and time.monotonic() > self._open_due + _TIMEOUT_S
            if self._stopping or self._store_down or behind or len(self._open) >= _OPEN_QUEUE:
                raise AuditUnavailable("the access could not be queued", retry_after_s=2)
            self._open.append((leaf, trace))
            if len(self._open) == 1:
                self._open_due = time.monotonic() + _OPEN_FLUSH_S
                self._closed.put(None)
        mark_recorded()

    def _run(self) -> None:
        while not self._stopping or self._open or self._unsent or not self._closed.empty():
            waiting = self._take_waiting()
            if waiting:
                self._write_waiting(waiting)
            if self._open_is_due():
                self._write_open()
            elif self._store_down and not waiting:
                self._store_down = not self._store_answers()

    def _take_waiting(self) -> list[_Waiting]:
        """Sleeps until something is due; then as many of those who wait as fit one document."""
        taken: list[_Waiting] = []
        size = 0
        try:
            one = self._closed.get(timeout=self._sleep_s())
            while True:
                if one is not None and not one.given_up:
                    taken.append(one)
                    size += len(one.leaf)
                if len(taken) == MAX_MESSAGES or size > _BATCH_BYTES:
                    return taken
                one = self._closed.get_nowait()
        except Empty:
            return taken

    def _sleep_s(self) -> float | None:
        """Until the open queue is due, or a store that was down should be asked again."""
        if self._open or self._unsent:
            return 0 if self._stopping else max(0.0, self._open_due - time.monotonic())
        return _PROBE_S if self._store_down else None

    def _write_waiting(self, waiting: list[_Waiting]) -> None:
        durable = self._write(self._document([(one.leaf, one.trace) for one in waiting]))
        for one in waiting:
            one.answer(durable)

    def _open_is_due(self) -> bool:
        due = self._stopping or time.monotonic() >= self._open_due
        return due and bool(self._open or self._unsent)

    def _write_open(self) -> None:
        """Writes some of the open queue; an unknown outcome is repeated under the same id, never doubled."""
        if self._unsent is None:
            self._unsent = self._document(self._take_open())
        if self._write(self._unsent):
            self._unsent = None
        else:
            self._open_due = time.monotonic() + _RETRY_S
            if self._stopping:
                time.sleep(_RETRY_S)

    def _take_open(self) -> list[tuple[bytes, str]]:
        taken: list[tuple[bytes, str]] = []
        size = 0
        with self._open_lock:
            while self._open and len(taken) < MAX_MESSAGES and size < _BATCH_BYTES:
                taken.append(self._open.popleft())
                size += len(taken[-1][0])
        return taken

    def _document(self, traced: list[tuple[bytes, str]]) -> Document:
        leaves, traces = [leaf for leaf, _ in traced], [trace for _, trace in traced]
        return outbox_document(self._ids.new(), self._clock.now(), [], leaves, traces)

    def _write(self, document: Document) -> bool:
        """Whether the document is durable now."""
        try:
            with pymongo.timeout(_WRITE_TIMEOUT_S):
                self._outbox.insert_one(document)
        except DuplicateKeyError:
            pass  # an earlier attempt went through after all
        except PyMongoError as problem:
            log.error("audit-write-failed", problem=type(problem).__name__, events=document["count"])
            self._store_down = True
            return False
        self._store_down = False
        self._bells.ring()
        return True

    def _store_answers(self) -> bool:
        try:
            with pymongo.timeout(_WRITE_TIMEOUT_S):
                self._outbox.database.command("ping")
        except PyMongoError:
            return False
        return True
