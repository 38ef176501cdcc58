"""Business transactions: bodies that may run again, and one outbox document for all that each of them sends."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern

from services.common.audit.recorded import mark_recorded
from services.common.domain.audit_event import AuditEvent
from services.common.domain.clock import Clock
from services.common.domain.errors import RequestIdReused, Unavailable
from services.common.domain.ids import Ids
from services.common.domain.messages import Letter, OutboxMessage
from services.common.mongo.database import DURABLE, Document, MongoDatabase, out_of_reach
from services.common.mongo.idempotency import COLLECTION as IDEMPOTENCY
from services.common.mongo.idempotency import IdempotencyKey
from services.common.mongo.letters import letter_document
from services.common.mongo.outbox import COLLECTION as OUTBOX
from services.common.mongo.outbox import leaves_of, outbox_document
from services.common.mongo.wakeups import Bells
from services.common.tracing import current_traceparent

T = TypeVar("T")
_key: ContextVar[IdempotencyKey | None] = ContextVar("idempotency-key", default=None)


@contextmanager
def keyed(key: IdempotencyKey) -> Iterator[None]:
    """The next transaction of this context inserts the key first; see `repeats.py`."""
    token = _key.set(key)
    try:
        yield
    finally:
        _key.reset(token)


_PATIENCE_S = 10.0


@dataclass
class Tx:
    """What the body of a transaction sees. Reads and writes pass `session=tx.session`."""

    session: ClientSession
    db: Database[Document]
    _messages: list[OutboxMessage] = field(default_factory=list)
    _events: list[AuditEvent] = field(default_factory=list)
    _letters: list[Letter] = field(default_factory=list)

    def emit(self, *messages: OutboxMessage) -> None:
        """Sends to Kafka if the transaction commits."""
        self._messages.extend(messages)

    def record(self, event: AuditEvent) -> None:
        """An audit event, durable with the transaction."""
        self._events.append(event)

    def post(self, letter: Letter) -> None:
        """A letter to another service, sent by the dispatcher after the commit."""
        self._letters.append(letter)

    @property
    def recorded(self) -> bool:
        """Whether the body recorded an audit event."""
        return bool(self._events)

    def flush(self, ids: Ids, clock: Clock) -> None:
        """Writes outbox document and letters; called once, after the body."""
        now = clock.now()
        if self._messages or self._events:
            document = outbox_document(ids.new(), now, self._messages, leaves_of(self._events), [current_traceparent()])
            self.db[OUTBOX].insert_one(document, session=self.session)
        if self._letters:
            letters = [letter_document(letter, now) for letter in self._letters]
            self.db["letters"].insert_many(letters, session=self.session)


class Transactions:
    """Runs bodies in snapshot transactions on one database."""

    def __init__(self, database: MongoDatabase, ids: Ids, clock: Clock) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self.bells = Bells()

    def run(self, work: Callable[[Tx], T]) -> T:
        """Commits what `work` does, or nothing of it.

        `work` runs again on a write conflict, which is normal under load; ten seconds of conflicts give up.
        Raises: Unavailable: no primary, or no commit in time; and whatever `work` raises, with nothing written.
        """
        give_up = time.monotonic() + _PATIENCE_S
        attempt = 0
        while True:
            try:
                return self._once(work)
            except PyMongoError as problem:
                transient = problem.has_error_label("TransientTransactionError")
                if not transient and not out_of_reach(problem):
                    raise
                if not transient or time.monotonic() > give_up:
                    raise Unavailable("the database did not commit in time", retry_after_s=2) from problem
                attempt += 1
                time.sleep(random.uniform(0, min(0.2, 0.002 * 2 ** min(attempt, 8))))  # noqa: S311 - spreads retries

    def run_once(self, key: IdempotencyKey, work: Callable[[Tx], bytes], known: bytes | None = None) -> bytes:
        """As `run`, but a repeat of the same request gets the stored answer instead of a second effect.

        `known`: the answer, where it does not depend on what the transaction reads; it spares a write.
        Raises: RequestIdReused: the key was used with another content; and as `run`.
        """

        def guarded(tx: Tx) -> bytes:
            tx.db[IDEMPOTENCY].insert_one(key.document(self._clock.now(), known or b""), session=tx.session)
            answer = work(tx)
            if known is not None:
                return known
            tx.db[IDEMPOTENCY].update_one({"_id": key.document_id}, {"$set": {"answer": answer}}, session=tx.session)
            return answer

        try:
            return self.run(guarded)
        except DuplicateKeyError as clash:
            if not clash_of_keys(clash):
                raise  # a unique index of the business; its use case knows what that means
            stored = self.answered(key)
            if stored is None:  # committed where we collided, not yet by the majority that we read
                raise Unavailable("the same request is being served", retry_after_s=1) from clash
            return stored

    def answered(self, key: IdempotencyKey) -> bytes | None:
        """The stored answer of a repeat, for a use case that would ask others first; None for a new request.

        Raises: RequestIdReused.
        """
        stored = self._database.db[IDEMPOTENCY].find_one({"_id": key.document_id})
        if stored is None:
            return None
        if stored["request_hash"] != key.request_hash:
            raise RequestIdReused("this request_id came before with another content")
        return bytes(stored["answer"])

    def _once(self, work: Callable[[Tx], T]) -> T:
        with self._database.client.start_session() as session:
            session.start_transaction(ReadConcern("snapshot"), DURABLE, max_commit_time_ms=5_000)
            tx = Tx(session, self._database.db)
            key = _key.get()
            if key is not None:
                tx.db[IDEMPOTENCY].insert_one(key.document(self._clock.now()), session=tx.session)
            result = work(tx)
            tx.flush(self._ids, self._clock)
            _commit(session)
        _key.set(None)  # the first transaction carries the key; a use case's later ones need none
        if tx.recorded:
            mark_recorded()
        self.bells.ring()
        return result


def clash_of_keys(clash: DuplicateKeyError) -> bool:
    """Whether the idempotency key itself was the duplicate."""
    return f".{IDEMPOTENCY} index: _id_" in str(clash)


def _commit(session: ClientSession) -> None:
    """Commits; an unknown outcome is asked again, which MongoDB answers truthfully."""
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            session.commit_transaction()
            return
        except PyMongoError as problem:
            if not problem.has_error_label("UnknownTransactionCommitResult") or time.monotonic() > give_up:
                raise
            time.sleep(0.05)
