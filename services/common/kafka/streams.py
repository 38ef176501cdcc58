"""Streams: a producer's numbered sequence, one head document an incarnation (DESIGN §7).

`seq` counts outbox documents and goes on from one incarnation to the next, since rows of both lie in one collection.
`audit_seq` counts audit events and starts anew, since the stream's name tells the incarnations apart.
"""

from dataclasses import dataclass

from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome
from services.common.domain.clock import Clock
from services.common.domain.errors import TongdangError
from services.common.domain.ids import Ids
from services.common.mongo.database import Document
from services.common.mongo.lease import LeaseHolder
from services.common.mongo.outbox import COLLECTION as OUTBOX
from services.common.mongo.transactions import Transactions, Tx

COLLECTION = "streams"


class StreamSuperseded(TongdangError):
    """The database has a later incarnation than the settings say; going on would fork the stream."""

    code = "STREAM_SUPERSEDED"


@dataclass(frozen=True)
class Stream:
    """`<principal>/<incarnation>`; a restore from a backup raises the incarnation by one."""

    principal: str
    incarnation: int

    @property
    def id(self) -> str:
        """As it stands in every event of the stream."""
        return f"{self.principal}/{self.incarnation}"


def open_stream(stream: Stream, *, transactions: Transactions, lease: LeaseHolder, ids: Ids, clock: Clock) -> None:
    """Makes sure that the stream has a head.

    A new incarnation starts with an event that names the last sequence number known of the one before, and takes over
    what that one had not sent.
    Raises: StreamSuperseded, LeaseLost.
    """

    def work(tx: Tx) -> None:
        lease.fence(tx)
        latest = tx.db[COLLECTION].find_one({}, sort=[("incarnation", -1)], session=tx.session)
        if latest is not None and latest["incarnation"] > stream.incarnation:
            raise StreamSuperseded(f"{latest['_id']} exists")
        if latest is not None and latest["incarnation"] == stream.incarnation:
            return
        sent = int(latest["mark"]) if latest else 0
        head = {"_id": stream.id, "incarnation": stream.incarnation, "seq": sent, "mark": sent}
        tx.db[COLLECTION].insert_one({**head, "audit_seq": 0, "epoch": lease.epoch}, session=tx.session)
        if latest is not None:
            _take_over(tx, sent)
            tx.record(_opened(stream, latest, ids, clock))

    transactions.run(work)


def _take_over(tx: Tx, sent: int) -> None:
    """What was numbered and not sent gets numbers of the new incarnation."""
    tx.db[OUTBOX].update_many(
        {"seq": {"$gt": sent}},
        {"$set": {"pending": True}, "$unset": {"seq": "", "audit_first": ""}},
        session=tx.session,
    )


def _opened(stream: Stream, before: Document, ids: Ids, clock: Clock) -> AuditEvent:
    return AuditEvent(
        event_id=ids.new(),
        time=clock.now(),
        action="stream.open",
        outcome=Outcome.GRANTED,
        actor=Actor.service(stream.principal),
        role=Role.SERVICE.value,
        object=ObjectRef("stream", stream.id),
        facts={"before": str(before["_id"]), "last_known_seq": int(before["audit_seq"])},
    )
