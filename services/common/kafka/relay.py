"""The relay: one per database, by fenced lease; numbers the outbox, sends it, moves the mark."""

import socket
import threading

import structlog
from kafka.errors import KafkaError
from pymongo.errors import PyMongoError

from services.common.domain.clock import Clock
from services.common.domain.errors import TongdangError, Unavailable
from services.common.domain.ids import Ids
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.numbering import STREAMS, Numbering
from services.common.kafka.sending import Sending, open_producer
from services.common.metrics import LEASE_EPOCH, OUTBOX_OLDEST_SECONDS, RELAY_LAG
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.outbox import COLLECTION as OUTBOX
from services.common.mongo.transactions import Transactions

_IDLE_S = 0.2
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
        self._principal = principal
        self._stream = f"{principal}/{incarnation}"
        self._clock = clock
        self._lease = LeaseHolder(database, "relay", holder or f"{principal}@{socket.gethostname()}")
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
            try:
                if self._lease.try_acquire() is None:
                    self._stop.wait(_STANDBY_S)
                    continue
                LEASE_EPOCH.labels(lease="relay").set(self._lease.epoch)
                self._serve_term()
                failures = 0
            except (KafkaError, PyMongoError, TongdangError) as problem:
                log.warning("relay-interrupted", problem=type(problem).__name__, detail=str(problem)[:200])
                self._stop.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
                failures += 1

    def _serve_term(self) -> None:
        """Works until stopped or the lease is lost. Every predecessor is fenced before the first read."""
        self._open_stream()
        producer = open_producer(self._kafka, self._principal)
        try:
            producer.init_transactions()
            numbering = Numbering(self._database, self._transactions, self._lease, self._stream)
            sending = Sending(self._database, self._lease, self._stream, self._principal, producer)
            while not self._stop.is_set():
                self._lease.keep()
                numbered, sent = numbering.run(), sending.run()
                if not numbered and not sent:
                    self._observe()
                    self._bell.wait(_IDLE_S)
            self._lease.release()
        finally:
            producer.close(timeout=3)

    def _open_stream(self) -> None:
        self._database.db[STREAMS].update_one(
            {"_id": self._stream},
            {"$setOnInsert": {"seq": 0, "audit_seq": 0, "mark": 0, "epoch": 0}},
            upsert=True,
        )

    def _observe(self) -> None:
        """Only reached with nothing left to do."""
        OUTBOX_OLDEST_SECONDS.set(0)
        RELAY_LAG.set(0)


def sweep_outbox(database: MongoDatabase, stream: str, *, logged_below: int) -> int:
    """Deletes sent rows: below the mark, and those with audit events only below what the audit service has logged.

    `logged_below`: audit sequence number up to which (exclusive) the audit log holds the stream. Returns rows deleted.
    """
    head = database.db[STREAMS].find_one({"_id": stream}) or {"mark": 0}
    below = {"seq": {"$gt": 0, "$lte": head["mark"]}}
    gone = database.db[OUTBOX].delete_many(
        {
            **below,
            "$expr": {
                "$or": [
                    {"$eq": ["$count", 0]},
                    {"$lte": [{"$add": ["$audit_first", "$count"]}, logged_below]},
                ]
            },
        }
    )
    return int(gone.deleted_count)
