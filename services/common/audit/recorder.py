"""The audit recorder: many waiting callers share one durable write (group commit)."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

import structlog
from pymongo.errors import PyMongoError

from services.common.audit.recorded import mark_recorded
from services.common.domain.audit_event import AuditEvent
from services.common.domain.clock import Clock
from services.common.domain.errors import AuditUnavailable
from services.common.domain.ids import Ids
from services.common.mongo.database import DURABLE, MongoDatabase
from services.common.mongo.outbox import COLLECTION, MAX_MESSAGES, outbox_document
from services.common.mongo.wakeups import Bells

_TIMEOUT_S = 2.0
_OPEN_FLUSH_S = 0.15
_OPEN_QUEUE = 10_000

log = structlog.get_logger()


@dataclass
class _Waiting:
    leaf: bytes
    done: threading.Event = field(default_factory=threading.Event)
    failed: bool = False


class Recorder:
    """Makes audit events durable outside business transactions: reads, refusals, sign-ins.

    An event is validated and canonicalised before it is queued, so a bad one fails its own caller only.
    """

    name = "recorder"

    def __init__(self, database: MongoDatabase, ids: Ids, clock: Clock, bells: Bells | None = None) -> None:
        self._outbox = database.db.get_collection(COLLECTION, write_concern=DURABLE)
        self._ids = ids
        self._clock = clock
        self._bells = bells or Bells()
        self._condition = threading.Condition()
        self._closed: deque[_Waiting] = deque()
        self._open: deque[bytes] = deque()
        self._open_since = 0.0
        self._stopping = False
        self._store_down = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Writes what is queued, then ends."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=8)

    def check(self) -> None:
        """Raises: AuditUnavailable: the last write failed, so accesses are being refused."""
        if self._store_down or not self._thread.is_alive():
            raise AuditUnavailable("recorder")

    def record(self, event: AuditEvent) -> None:
        """Durable when it returns.

        Raises: InvalidArgument: the event has no canonical form. AuditUnavailable: not durable within two seconds.
        """
        waiting = _Waiting(event.leaf())
        with self._condition:
            if self._stopping:
                raise AuditUnavailable("stopping")
            self._closed.append(waiting)
            self._condition.notify()
        if not waiting.done.wait(_TIMEOUT_S) or waiting.failed:
            raise AuditUnavailable("the access could not be recorded", retry_after_s=2)
        mark_recorded()

    def record_open(self, event: AuditEvent) -> None:
        """For search and view of open entries: queued, durable within 200 ms.

        Raises: InvalidArgument; AuditUnavailable: the queue is full or the store is down.
        """
        leaf = event.leaf()
        with self._condition:
            if self._stopping or self._store_down or len(self._open) >= _OPEN_QUEUE:
                raise AuditUnavailable("the access could not be queued", retry_after_s=2)
            if not self._open:
                self._open_since = time.monotonic()
                self._condition.notify()
            self._open.append(leaf)
        mark_recorded()

    def _run(self) -> None:
        while True:
            waiting, opened = self._take()
            if not waiting and not opened:
                return
            self._write(waiting, opened)

    def _take(self) -> tuple[list[_Waiting], list[bytes]]:
        """What goes into the next write: everything, once somebody waits or the open queue is due."""
        with self._condition:
            while not self._closed and not self._stopping:
                if self._open:
                    due_in = self._open_since + _OPEN_FLUSH_S - time.monotonic()
                    if due_in <= 0:
                        break
                    self._condition.wait(due_in)
                else:
                    self._condition.wait()
            waiting = [self._closed.popleft() for _ in range(min(len(self._closed), MAX_MESSAGES))]
            room = MAX_MESSAGES - len(waiting)
            opened = [self._open.popleft() for _ in range(min(len(self._open), room))]
            self._open_since = time.monotonic()
            return waiting, opened

    def _write(self, waiting: list[_Waiting], opened: list[bytes]) -> None:
        leaves = [one.leaf for one in waiting] + opened
        try:
            for part in _parts(leaves):
                self._outbox.insert_one(outbox_document(self._ids.new(), self._clock.now(), [], part))
            self._store_down = False
        except PyMongoError as problem:
            log.error("audit-write-failed", problem=type(problem).__name__, events=len(leaves))
            self._store_down = True
            for one in waiting:
                one.failed = True
            with self._condition:
                self._open.extendleft(reversed(opened))
            time.sleep(0.2)
        finally:
            for one in waiting:
                one.done.set()
        self._bells.ring()


def _parts(leaves: list[bytes]) -> list[list[bytes]]:
    """The leaves in documents of at most 3 MB."""
    parts: list[list[bytes]] = [[]]
    size = 0
    for leaf in leaves:
        if size + len(leaf) > 3_000_000:
            parts.append([])
            size = 0
        parts[-1].append(leaf)
        size += len(leaf)
    return parts
