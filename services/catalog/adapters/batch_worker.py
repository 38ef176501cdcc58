"""The thread that gathers lists and carries publications out: chunks of 500, each once, only forwards.

Every chunk is one transaction: lease fenced, cursor moved, records changed, outbox document written. A kill at any
point leaves the cursor where the last whole chunk ended.
"""

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.errors import PyMongoError

from services.catalog.adapters.batch_documents import BATCHES, ENTRIES, batch_document, batch_of, entry_of
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.publication_chunk import CHUNK, ChunkOutdated, PublicationChunk, read_chunk
from services.catalog.adapters.publication_documents import PUBLICATIONS, commitments_of
from services.catalog.adapters.published_messages import manifest_message
from services.catalog.adapters.review_records import reviewable
from services.catalog.domain.batches import Batch, Decision, State
from services.catalog.domain.publications import PublicationUnfinished, manifest
from services.catalog.domain.rules import require_openable
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.canonical import sha256_hex
from services.common.domain.clock import Clock, legal_day
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
log = structlog.get_logger()


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
        """One chunk of the oldest unfinished batch; whether there was one."""
        unfinished = {"state": {"$in": [State.GATHERING.value, State.PUBLISHING.value]}}
        document = self._db[BATCHES].find_one(unfinished, sort=[("_id", 1)])
        if document is None:
            return False
        batch = batch_of(document)
        self._act = document.get("traceparent", "")
        if batch.state is State.GATHERING:
            with span("gather chunk", parent=self._act):
                self._transactions.run(lambda tx: self._gather(tx, batch))
        else:
            with span("publish chunk", parent=self._act):
                self._publish(batch)
        return True

    def _gather(self, tx: Tx, batch: Batch) -> None:
        """Freezes the next records into the list, or the list itself once no more are found."""
        self._lease.fence(tx)
        today = legal_day(batch.created_at)
        room = min(CHUNK, batch.limit - batch.cursor)
        found = reviewable(batch.archive_id, batch.unit_id, today)
        order = [("eligible_on", 1), ("_id", 1)]
        records = list(tx.db[RECORDS].find(found, session=tx.session).sort(order).limit(room)) if room else []
        if not records:
            listed = tx.db[ENTRIES].find({"batch_id": batch.batch_id}, session=tx.session).sort("ordinal", 1)
            self._save(tx, batch, batch.gathered([entry_of(line) for line in listed]))
            return
        lines = [self._line(batch, batch.cursor + number, record) for number, record in enumerate(records)]
        tx.db[ENTRIES].insert_many(lines, session=tx.session)
        frozen = {"_id": {"$in": [record["_id"] for record in records]}}
        tx.db[RECORDS].update_many(frozen, {"$set": {"batch_id": batch.batch_id}}, session=tx.session)
        self._save(tx, batch, replace(batch, cursor=batch.cursor + len(records), version=batch.version + 1))

    def _line(self, batch: Batch, ordinal: int, record: Document) -> Document:
        rule = require_openable(
            access_status=record["access_status"],
            security_classification=record["security_classification"],
            eligible_on=record["eligible_on"],
            on=legal_day(batch.created_at),
        )
        return {
            "_id": f"{batch.batch_id}/{ordinal:06d}",
            "batch_id": batch.batch_id,
            "ordinal": ordinal,
            "record_id": record["_id"],
            "record_version": record["version"],
            "content_hash": record["content_hash"],
            "decision": Decision.OPEN.value,
            "rule": rule,
            "reason": "",
            "salt": os.urandom(32),
        }

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
        return read_chunk(self._database, batch, start, sample=self._is_sample(batch), now=self._clock.now())

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
