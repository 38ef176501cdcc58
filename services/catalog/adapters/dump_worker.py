"""The thread that writes a dump whenever one is due, under the lease `dumps`.

What it writes is seen by nobody before one transaction, fenced by the lease, offers all of it. So a kill at any point
leaves what was offered before; files it left behind go with the next dump.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import time

import structlog
from pymongo.errors import PyMongoError

from services.catalog.adapters.dump_shelf import DumpState, MongoShelf
from services.catalog.adapters.open_entries import OpenEntries
from services.catalog.application.dumps import Publisher, write_dump
from services.catalog.domain.dumps import CatalogueMoved, is_due
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.clock import Clock
from services.common.domain.errors import TongdangError, Unavailable
from services.common.domain.ids import Ids
from services.common.domain.registry import Region
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.transactions import Transactions
from services.common.tracing import span

_LOOKS_EVERY_S = 2.0
_AFTER_A_DEFECT_S = 60.0
log = structlog.get_logger()


class DumpWorker:
    """Component. `at`: time of day in Asia/Shanghai. `keep`: dumps offered at a time."""

    name = "dump-worker"

    def __init__(
        self,
        database: MongoDatabase,
        transactions: Transactions,
        lease: LeaseHolder,
        region: Region,
        publisher: Publisher,
        principal: str,
        clock: Clock,
        ids: Ids,
        at: time,
        keep: int,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._lease = lease
        self._region = region
        self._publisher = publisher
        self._principal = principal
        self._clock = clock
        self._ids = ids
        self._at = at
        self._keep = keep
        self._state = DumpState(database)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name=self.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the page in hand; the next start begins the dump again."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(9)

    def check(self) -> None:
        """A dump may wait; other work goes on without it."""

    def write_if_due(self) -> bool:
        """Whether one was written. The lease is held.

        Raises: CatalogueMoved, LeaseLost, Unavailable: stopping; PyMongoError.
        """
        retractions = self._state.retractions()
        shelf = MongoShelf(self._database, self._transactions, self._keep, retractions, self._lease.fence)
        offered, now = shelf.offered(), self._clock.now()
        newest = offered[0].made_at if offered else None
        if not is_due(now, newest, self._at, self._state.wanted_at()):
            return False
        shelf.sweep()
        catalogue = OpenEntries(self._database, self._region, self._still(retractions))
        dump_id = self._ids.new()
        with span("write dump"):
            dump = write_dump(
                dump_id, at=now, by=self._caller(dump_id), catalogue=catalogue, shelf=shelf, publisher=self._publisher
            )
        shelf.sweep()
        log.info("dump-offered", dump_id=dump_id, sizes={one.name: one.size for one in dump.files})
        return True

    def _live(self) -> None:
        held = False
        while not self._stopping.is_set():
            try:
                held = (held and self._lease.still_held()) or self._lease.try_acquire() is not None
                if held:
                    self._lease.keep()
                    self.write_if_due()
            except CatalogueMoved:
                log.info("dump-begun-again")
                continue
            except (PyMongoError, TongdangError) as problem:
                held = False
                log.warning("dump-waits", problem=getattr(problem, "code", type(problem).__name__))
            except Exception as defect:  # the thread's boundary: a record that cannot be told stops dumps alone
                log.error("dump-fails", defect=type(defect).__name__)
                self._stopping.wait(_AFTER_A_DEFECT_S)
            self._stopping.wait(_LOOKS_EVERY_S)
        with suppress(PyMongoError):
            self._lease.release()

    def _still(self, retractions: int) -> Callable[[], None]:
        """What every page of a dump is read under."""

        def still() -> None:
            if self._stopping.is_set():
                raise Unavailable("stopping")
            self._lease.keep()
            if self._state.retractions() != retractions:
                raise CatalogueMoved("an entry was retracted")

        return still

    def _caller(self, dump_id: str) -> Caller:
        by = Actor.service(self._principal)
        return Caller(by, Role.SERVICE, "dump.offer", dump_id, dump_id, self._clock, self._ids)
