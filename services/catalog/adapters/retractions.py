"""What a retraction leaves in the province, and its repeat, without which the old value could stay on Kafka's disks.

Kafka compacts a segment only once it is closed, and closes it only when a later message comes: in a quiet partition the
old value would lie there until the next publication. The repeat is that message. It carries the version that
consumers have already, and changes nothing for them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.dump_shelf import withdraw_dumps
from services.catalog.adapters.published_messages import retraction_message, retraction_of
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.verdicts import TEXT_RULES, Decision
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import Clock, legal_day
from services.common.domain.ids import Ids
from services.common.domain.messages import OutboxMessage
from services.common.kafka.topics import CLOSED_AFTER_H
from services.common.mongo.database import Document
from services.common.mongo.migrations import create_collections
from services.common.mongo.transactions import Transactions, Tx

RETRACTIONS = "retractions"
REPEATED_AFTER = timedelta(hours=CLOSED_AFTER_H)
_AT_ONCE = 200


def create_retractions(db: Database[Document]) -> None:
    """Collection and index; for the migrations only. Those of before are repeated too. Idempotent."""
    create_collections(db, RETRACTIONS)
    db[RETRACTIONS].create_indexes(
        [IndexModel([("at", ASCENDING)], name="waiting", partialFilterExpression={"repeated": False})]
    )
    before = {"access_status": AccessStatus.DEFERRED.value, "decision": Decision.OPEN.value}
    for record in db[RECORDS].find(before):
        at = record["updated_at"]
        message = retraction_message(record, retraction_of(record, legal_day(at)), at)
        db[RETRACTIONS].replace_one({"_id": message.key}, _document(message, at), upsert=True)


def keep_retraction(tx: Tx, message: OutboxMessage, at: datetime) -> None:
    """The salts of all its versions die, so that nobody can guess what stood there; no dump that holds it is offered
    any more; the message is kept to be repeated."""
    forget_former_salts(tx, message.key, "")
    _keep(tx, message.key, message, at)
    withdraw_dumps(tx)


def forget_former_salts(tx: Tx, record_id: str, but: str) -> None:
    """Of an entry, on every list but one; those of its text stand by themselves."""
    lines = {"record_id": record_id, "batch_id": {"$ne": but}, "rule": {"$nin": sorted(TEXT_RULES)}}
    tx.db[ENTRIES].update_many(lines, {"$unset": {"salt": ""}}, session=tx.session)


def keep_text_withdrawal(tx: Tx, batch_id: str, message: OutboxMessage, at: datetime) -> None:
    """The same of a text, which one list published."""
    line = {"batch_id": batch_id, "record_id": message.key}
    tx.db[ENTRIES].update_one(line, {"$unset": {"salt": ""}}, session=tx.session)
    _keep(tx, _text_id(message.key), message, at)


def forget_text_withdrawals(tx: Tx, record_ids: Iterable[str]) -> None:
    """Texts are published anew: a repeat would be the newer value on Kafka, and compaction would keep that."""
    these = {"_id": {"$in": list(map(_text_id, record_ids))}}
    tx.db[RETRACTIONS].delete_many(these, session=tx.session)


class RetractionRepeats:
    """A timer's work; two replicas at once send one repeat."""

    def __init__(self, transactions: Transactions, principal: str, clock: Clock, ids: Ids) -> None:
        self._transactions = transactions
        self._principal = principal
        self._clock = clock
        self._ids = ids

    def __call__(self) -> None:
        """Repeats whatever is due."""
        while self._transactions.run(self._some) == _AT_ONCE:
            pass

    def _some(self, tx: Tx) -> int:
        due = {"repeated": False, "at": {"$lte": self._clock.now() - REPEATED_AFTER}}
        rows = list(tx.db[RETRACTIONS].find(due, session=tx.session).sort("at", 1).limit(_AT_ONCE))
        if not rows:
            return 0
        tx.emit(*(OutboxMessage(**{**row["message"], "value": bytes(row["message"]["value"])}) for row in rows))
        these = {"_id": {"$in": [row["_id"] for row in rows]}}
        tx.db[RETRACTIONS].update_many(these, {"$set": {"repeated": True}}, session=tx.session)
        by = Caller(
            Actor.service(self._principal), Role.SERVICE, "record.repeat-retraction", "", "", self._clock, self._ids
        )
        tx.record(by.granted(ObjectRef("records", ""), facts={"repeated": len(rows)}))
        return len(rows)


def _keep(tx: Tx, id_: str, message: OutboxMessage, at: datetime) -> None:
    tx.db[RETRACTIONS].replace_one({"_id": id_}, _document(message, at), upsert=True, session=tx.session)


def _text_id(record_id: str) -> str:
    return f"text/{record_id}"


def _document(message: OutboxMessage, at: datetime) -> Document:
    return {"at": at, "repeated": False, "message": dict(vars(message))}
