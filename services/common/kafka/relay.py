"""The relay: one per database, by fenced lease; numbers the outbox, sends it, moves the mark."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError
from pymongo.errors import PyMongoError

from services.common.domain.clock import Clock
from services.common.domain.errors import TongdangError, Unavailable
from services.common.domain.ids import Ids
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.logged import LoggedReader
from services.common.kafka.numbering import Numbering
from services.common.kafka.sending import Sending, open_producer
from services.common.kafka.streams import Stream, open_stream
from services.common.kafka.upkeep import Upkeep
from services.common.metrics import WORK_INTERRUPTED
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder, replica
from services.common.mongo.transactions import Transactions

_IDLE_S = 1.0
"""What this process commits rings the bell; this is for what others commit: a second replica, a command."""
_REST_S = 0.2
_FEW = 500
"""Messages; after fewer the relay rests: numbering, sending and moving the mark cost as much for one as for all."""
_STANDBY_S = 1.0
_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)

log = structlog.get_logger()


class Relay:
    """A thread that carries committed outbox documents to Kafka."""

    name = "relay"

    def __init__(
        self,
        database: MongoDatabase,
        transactions: Transactions,
        kafka: KafkaConnection,
        principal: str,
        incarnation: int,
        clock: Clock,
        ids: Ids,
        *,
        holder: str = "",
    ) -> None:
        self._database = database
        self._transactions = Transactions(database, ids, clock)
        self._bell = transactions.bells.new()
        self._kafka = kafka
        self._stream = Stream(principal, incarnation)
        self._clock = clock
        self._ids = ids
        self._lease = LeaseHolder(database, "relay", holder or replica(principal))
        self._upkeep = Upkeep(database, LoggedReader(kafka, principal))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._bell.ring()
        if self._thread.is_alive():
            self._thread.join(timeout=9)

    def check(self) -> None:
        """A relay that waits for Kafka does not make the service unready: the outbox keeps what it accepts.

        Raises: Unavailable: the thread died.
        """
        if not self._thread.is_alive():
            raise Unavailable("relay")

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                if self._lease.try_acquire() is None:
                    self._stop.wait(_STANDBY_S)
                    continue
                self._serve_term()
            except (KafkaError, PyMongoError, TongdangError) as problem:
                WORK_INTERRUPTED.labels(worker="relay", problem=type(problem).__name__).inc()
                log.warning("relay-interrupted", problem=type(problem).__name__, detail=str(problem)[:200])
            except Exception as defect:  # the thread's own boundary: the stream must not stand still for ever
                WORK_INTERRUPTED.labels(worker="relay", problem=type(defect).__name__).inc()
                log.exception("relay-failed", defect=type(defect).__name__)
            failures = 0 if time.monotonic() > began + 30 else failures
            self._stop.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
            failures += 1

    def _serve_term(self) -> None:
        """Works until stopped or the lease is lost."""
        try:
            open_stream(
                self._stream, transactions=self._transactions, lease=self._lease, ids=self._ids, clock=self._clock
            )
            with self._fenced_producer() as producer:
                self._work(producer)
        finally:
            with suppress(PyMongoError):
                self._lease.release()

    @contextmanager
    def _fenced_producer(self) -> Iterator[KafkaProducer]:
        """A producer after which no predecessor can commit.

        The lease is asked again on the server once the producer has fenced: while it is still ours no later holder has
        begun, so a later one will fence this producer in its turn. Asked only before, a process paused between the two
        could fence its own successor.
        """
        producer = open_producer(self._kafka, self._stream.principal)
        try:
            producer.init_transactions()
            self._lease.renew()
            yield producer
        finally:
            producer.close(timeout=3)

    def _work(self, producer: KafkaProducer) -> None:
        numbering = Numbering(self._database, self._transactions, self._lease, self._stream.id)
        sending = Sending(self._database, self._lease, self._stream, producer)
        unsent = True
        while not self._stop.is_set():
            self._lease.keep()
            unsent = numbering.run() > 0 or unsent
            sent = sending.run() if unsent else 0
            unsent = sent > 0
            if not unsent:
                self._upkeep.sweep_when_due()
                self._bell.wait(_IDLE_S)
            elif sent < _FEW:
                self._stop.wait(_REST_S)
