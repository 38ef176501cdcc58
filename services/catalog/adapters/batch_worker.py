"""The thread that gathers lists, goes on with long acts and carries publications out: chunks, each once, only forwards.

Every chunk is one transaction: lease fenced, cursor moved, records changed, outbox document written. A kill at any
point leaves the cursor where the last whole chunk ended.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.errors import PyMongoError

from services.catalog.adapters.batch_documents import BATCHES, batch_document, batch_of
from services.catalog.adapters.bulk_acts import go_on, progress
from services.catalog.adapters.correction_chunk import read_correction_chunk
from services.catalog.adapters.gathering import Suggest, gather, renew
from services.catalog.adapters.publication_chunk import ChunkOutdated, PublicationChunk, read_chunk
from services.catalog.adapters.publication_documents import PUBLICATIONS, commitments_of
from services.catalog.adapters.published_messages import manifest_message
from services.catalog.adapters.releasing import release
from services.catalog.adapters.review_tx import MongoReviewTx
from services.catalog.adapters.text_chunk import read_text_chunk
from services.catalog.domain.batches import Batch
from services.catalog.domain.gathering import Matter
from services.catalog.domain.publications import PublicationUnfinished, manifest
from services.catalog.domain.work_list import State
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.canonical import sha256_hex
from services.common.domain.clock import LEGAL_ZONE, Clock, legal_day
from services.common.domain.errors import TongdangError, Unavailable
from services.common.domain.ids import Ids
from services.common.domain.publication import MANIFEST_FACT, PUBLISHED
from services.common.domain.registry import Registry
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.transactions import Transactions, Tx
from services.common.mongo.wakeups import Wakeup
from services.common.tracing import span

_IDLE_S = 1.0
_WAITING: tuple[Document, ...] = (
    {"bulk.act_id": {"$exists": True}},
    {"state": {"$in": [State.GATHERING.value, State.RENEWING.value, State.CANCELLING.value]}},
    {"state": State.PUBLISHING.value},
)
"""What the worker does first: people wait for the former two. A day that has come waits for all three."""
_TODAY = {"$dateToString": {"date": "$$NOW", "format": "%Y-%m-%d", "timezone": LEGAL_ZONE.key}}
log = structlog.get_logger()


@dataclass(frozen=True)
class WorkerTerms:
    """`suggest`: by an archive's words. `rules`: version of the present table.

    `re_evaluation_years`: after which a deferral comes up again (rule D5). `come_due`: what becomes of a batch on the
    day it was confirmed for; None where none is.
    """

    suggest: Callable[[str], Suggest]
    rules: str
    re_evaluation_years: int
    come_due: Callable[[str, Caller], object] | None = None


class BatchWorker:
    """Component: one step of one batch after the other, under the lease `batches`."""

    name = "batch-worker"

    def __init__(
        self,
        database: MongoDatabase,
        transactions: Transactions,
        lease: LeaseHolder,
        registry: Registry,
        signing_key: Ed25519PrivateKey,
        principal: str,
        clock: Clock,
        ids: Ids,
        queued: Wakeup,
        terms: WorkerTerms,
    ) -> None:
        self._database = database
        self._db = database.db
        self._transactions = transactions
        self._lease = lease
        self._registry = registry
        self._signing_key = signing_key
        self._principal = principal
        self._clock = clock
        self._ids = ids
        self._queued = queued
        self._terms = terms
        self._act = ""
        """`traceparent` of what a person did with the batch in hand."""
        self._next: Future[PublicationChunk] | None = None
        """Made while the database applies the one before."""
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="publication")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name=self.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the chunk in hand; the next start goes on from the cursor, another replica at once."""
        self._stopping.set()
        self._queued.ring()
        if self._thread.is_alive():
            self._thread.join(9)
        self._maker.shutdown(cancel_futures=True)

    def check(self) -> None:
        """Raises: Unavailable: the thread died."""
        if not self._thread.is_alive():
            raise Unavailable(self.name)

    def _live(self) -> None:
        self._work_until_stopped()
        with suppress(PyMongoError):
            self._lease.release()

    def _work_until_stopped(self) -> None:
        held = False
        while not self._stopping.is_set():
            try:
                if not held or not self._lease.still_held():
                    held = self._lease.try_acquire() is not None
                if not held:
                    self._stopping.wait(_IDLE_S)
                    continue
                self._lease.keep()
                if not self._step():
                    self._queued.wait(_IDLE_S)
            except (PyMongoError, TongdangError) as problem:
                held = False
                log.warning("batch-waits", problem=getattr(problem, "code", type(problem).__name__))
                self._stopping.wait(_IDLE_S)

    def _step(self) -> bool:
        """One chunk of the oldest batch that waits, people's long acts first; whether there was one."""
        waiting = self._waiting()
        if self._db[BATCHES].find_one({"$or": waiting}, {"_id": 1}) is None:  # as nearly always: one question, not four
            return False
        document = next(filter(None, map(self._oldest, waiting)), None)
        if document is None:
            return False
        batch = batch_of(document)
        self._act = document.get("traceparent", "")
        if batch.state is State.PUBLISHING:
            with span("publish chunk", parent=self._act):
                self._publish(batch)
            return True
        if self._terms.come_due and batch.state is State.SCHEDULED:
            with span("batch come due", parent=self._act):
                self._terms.come_due(batch.batch_id, self._caller("batch.come-due", batch))
            return True
        name, step = ("act chunk", self._go_on) if batch.bulk else self._steps[batch.state]
        with span(name, parent=self._act):
            self._transactions.run(lambda tx: step(tx, batch))
        return True

    @property
    def _steps(self) -> Mapping[State, tuple[str, Callable[[Tx, Batch], None]]]:
        """What the worker does with a list as a whole."""
        listing = ("gather chunk", self._list)
        return {State.GATHERING: listing, State.RENEWING: listing, State.CANCELLING: ("release chunk", self._release)}

    def _oldest(self, waiting: Document) -> Document | None:
        return self._db[BATCHES].find_one(waiting, sort=[("_id", 1)])

    def _waiting(self) -> tuple[Document, ...]:
        """The day has come when it has by this machine's clock and by the database's: one alone may be wrong."""
        if not self._terms.come_due:
            return _WAITING
        here = legal_day(self._clock.now()).isoformat()
        there = {"$lte": ["$schedule.publish_on", _TODAY]}
        due = {"state": State.SCHEDULED.value, "schedule.publish_on": {"$lte": here}, "$expr": there}
        return (*_WAITING, due)

    def _list(self, tx: Tx, batch: Batch) -> None:
        """Puts the next records on the list, or suggests for the next lines anew."""
        self._lease.fence(tx)
        renewing, suggest = batch.state is State.RENEWING, self._terms.suggest(batch.archive_id)
        after = renew(tx, batch, suggest, self._terms.rules) if renewing else gather(tx, batch, suggest)
        self._save(tx, batch, after)
        facts: dict[str, str | int | bool] = {"renews": renewing, "lines": after.total, "cursor": after.cursor}
        tx.record(self._caller("batch.list-chunk", batch).granted(_ref(batch), facts=facts))

    def _release(self, tx: Tx, batch: Batch) -> None:
        """Lets the next records of a cancelled list go."""
        self._lease.fence(tx)
        after, gone = release(tx, batch)
        self._save(tx, batch, after)
        facts: dict[str, str | int | bool] = {"released": gone, "cursor": after.cursor, "state": after.state.value}
        tx.record(self._caller("batch.release-chunk", batch).granted(_ref(batch), facts=facts))

    def _go_on(self, tx: Tx, batch: Batch) -> None:
        """The next chunk of an act on many lines."""
        self._lease.fence(tx)
        review = MongoReviewTx(tx, batch.batch_id, self._act)
        if review.batch.bulk is None:
            return
        before = review.batch
        changed = go_on(review)
        facts = {**progress(before), "changed": changed}
        tx.record(self._caller("batch.apply-act", batch).granted(_ref(batch), facts=facts))

    def _publish(self, batch: Batch) -> None:
        """Applies the next lines, or ends the publication with its manifest."""
        chunk = self._chunk(batch)
        if not chunk.lines:
            self._transactions.run(lambda tx: self._finish(tx, batch))
            return
        self._next = self._maker.submit(self._read_chunk, batch, batch.cursor + chunk.lines)
        try:
            self._transactions.run(lambda tx: self._apply(tx, batch, chunk))
        except ChunkOutdated:
            self._next = None  # the next step reads these lines anew
            log.info("chunk-outdated", batch_id=batch.batch_id, cursor=batch.cursor)

    def _chunk(self, batch: Batch) -> PublicationChunk:
        """The lines at the batch's cursor; those made ahead, where they are these."""
        ahead, self._next = self._next, None
        if ahead is not None:
            made = ahead.result()
            if (made.batch_id, made.start) == (batch.batch_id, batch.cursor):
                return made
        return self._read_chunk(batch, batch.cursor)

    def _read_chunk(self, batch: Batch, start: int) -> PublicationChunk:
        years = self._terms.re_evaluation_years
        sample, now = self._is_sample(batch), self._clock.now()
        if batch.matter is Matter.TEXT:
            return read_text_chunk(self._database, batch, start, sample=sample, now=now)
        if batch.matter is Matter.CORRECTION:
            return read_correction_chunk(self._database, batch, start, sample=sample, now=now)
        return read_chunk(self._database, batch, start, sample=sample, now=now, years=years)

    def _is_sample(self, batch: Batch) -> bool:
        return self._registry.archive(batch.archive_id).sample

    def _apply(self, tx: Tx, batch: Batch, chunk: PublicationChunk) -> None:
        self._lease.fence(tx)
        chunk.apply(tx)
        opened, skipped = len(chunk.messages), chunk.skipped
        after = replace(
            batch,
            cursor=batch.cursor + chunk.lines,
            applied=batch.applied + opened,
            skipped=(*batch.skipped, *skipped),
            version=batch.version + 1,
        )
        self._save(tx, batch, after)
        facts: dict[str, str | int | bool] = {"opened": opened, "skipped": len(skipped), "cursor": after.cursor}
        tx.record(self._caller("batch.apply-chunk", batch).granted(_ref(batch), facts=facts))

    def _finish(self, tx: Tx, batch: Batch) -> None:
        """Manifest and `published` come last."""
        self._lease.fence(tx)
        _, commitments = commitments_of(tx.db, batch.batch_id, tx.session)
        if len(commitments) != batch.applied:
            raise PublicationUnfinished(f"{batch.applied} records opened, {len(commitments)} committed to")
        after = replace(batch, state=State.PUBLISHED, version=batch.version + 1)
        content = manifest(after, commitments)
        signature = self._signing_key.sign(content)
        kept = {"manifest": content, "signature": signature, "sample": self._is_sample(batch)}
        tx.db[PUBLICATIONS].insert_one({"_id": batch.batch_id, **kept}, session=tx.session)
        tx.emit(manifest_message(after, content, signature, self._clock.now()))
        facts: dict[str, str | int | bool] = {
            "opened": batch.applied,
            "root": batch.root,
            MANIFEST_FACT: sha256_hex(content),
        }
        tx.record(self._caller(PUBLISHED, batch).granted(_ref(batch), facts=facts))
        self._save(tx, batch, after)
        log.info("batch-published", batch_id=batch.batch_id, opened=batch.applied, skipped=len(batch.skipped))

    def _save(self, tx: Tx, before: Batch, after: Batch) -> None:
        same = {"_id": before.batch_id, "version": before.version}
        changed = tx.db[BATCHES].replace_one(same, batch_document(after, self._act), session=tx.session)
        if changed.matched_count != 1:
            raise Unavailable("the batch changed meanwhile")

    def _caller(self, action: str, batch: Batch) -> Caller:
        return Caller(
            actor=Actor.service(self._principal),
            role=Role.SERVICE,
            action=action,
            correlation_id=batch.batch_id,
            causation_id=batch.batch_id,
            clock=self._clock,
            ids=self._ids,
        )


def _ref(batch: Batch) -> ObjectRef:
    return ObjectRef("batch", batch.batch_id, batch.region_id, batch.archive_id)
