"""The thread that carries queued imports out."""

import threading
from collections.abc import Callable
from typing import Protocol

import structlog
from pymongo.errors import PyMongoError

from services.catalog.application.import_worker import ClaimedImport, run_import
from services.common.domain.errors import Kind, TongdangError
from services.common.domain.registry import Registry
from services.common.mongo.lease import LeaseLost
from services.common.mongo.wakeups import Wakeup
from services.common.tracing import span

_IDLE_S = 1.0
_BACK_OFF_S = 2.0
_log = structlog.get_logger("services.catalog.import")


class Claim(ClaimedImport, Protocol):
    """A claimed import that can be given up or handed on. `traceparent`: of its upload."""

    traceparent: str

    def fail(self, code: str) -> None: ...

    def release(self) -> None: ...


class ImportWorker:
    """Component: one import after the other, oldest first; another replica may work on another one."""

    name = "import-worker"

    def __init__(self, claim: Callable[[], Claim | None], registry: Registry, queued: Wakeup) -> None:
        self._claim = claim
        self._registry = registry
        self._queued = queued
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name=self.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the chunk in hand; the rest is done at the next start."""
        self._stopping.set()
        self._queued.ring()
        self._thread.join(9)

    def check(self) -> None:
        """Imports may wait; other work goes on without them."""

    def _live(self) -> None:
        while not self._stopping.is_set():
            try:
                claimed = self._claim()
                if claimed is None:
                    self._queued.wait(_IDLE_S)
                else:
                    self._carry_out(claimed)
            except (PyMongoError, TongdangError) as problem:
                _log.warning("import waits", problem=_code(problem))
                self._stopping.wait(_BACK_OFF_S)

    def _carry_out(self, claimed: Claim) -> None:
        import_id = claimed.job.import_id
        try:
            with span("import catalogue", parent=claimed.traceparent):
                run_import(claimed, registry=self._registry, stopping=self._stopping)
        except PyMongoError:
            raise
        except TongdangError as problem:
            if problem.kind is Kind.UNAVAILABLE or isinstance(problem, LeaseLost):
                raise
            _log.error("import failed", import_id=import_id, code=problem.code)
            claimed.fail(problem.code)
        except Exception as problem:  # the thread's boundary: a defect must not be tried for ever
            _log.error("import failed", import_id=import_id, defect=type(problem).__name__)
            claimed.fail("INTERNAL")
        claimed.release()
        _log.info("import ended", import_id=import_id, state=claimed.job.state.value)


def _code(problem: Exception) -> str:
    return problem.code if isinstance(problem, TongdangError) else type(problem).__name__
