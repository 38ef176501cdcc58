"""The outbox document: all messages and audit events of one transaction, without a sequence.

A sequence inside the business transaction would cost eight tenths of the throughput, and one in memory would leave
gaps; the relay numbers committed documents afterwards (DESIGN §4).
"""

from collections.abc import Sequence
from datetime import datetime

from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import TongdangError
from services.common.domain.messages import OutboxMessage
from services.common.mongo.database import Document

COLLECTION = "outbox"
MAX_MESSAGES = 500
MAX_BYTES = 4_000_000
MAX_VALUE_BYTES = 900_000
"""Below the 1 MiB a broker takes in one message."""


class OutboxOverflow(TongdangError):
    """One transaction sends too much; the use case must work in chunks."""

    code = "OUTBOX_OVERFLOW"


def outbox_document(
    document_id: str,
    created_at: datetime,
    messages: Sequence[OutboxMessage],
    leaves: Sequence[bytes],
    traces: Sequence[str] = (),
) -> Document:
    """The document as stored; `pending` marks it for numbering and is removed with it.

    `traces`: the `traceparent` of each leaf, or one of all messages and leaves; none while nobody traces.

    Raises: OutboxOverflow: more than 500 messages, 500 events or 4 MB, or a message of more than 900 kB.
    """
    values = [len(message.value) for message in messages]
    size = sum(values) + sum(map(len, leaves))
    crowded = len(messages) > MAX_MESSAGES or len(leaves) > MAX_MESSAGES or size > MAX_BYTES
    if crowded or max(values, default=0) > MAX_VALUE_BYTES:
        raise OutboxOverflow(f"{len(messages)} messages, {len(leaves)} events, {size} bytes")
    document = {
        "_id": document_id,
        "created_at": created_at,
        "pending": True,
        "messages": [
            {"topic": one.topic, "key": one.key, "version": one.version, "type": one.type, "value": one.value}
            for one in messages
        ],
        "leaves": list(leaves),
        "count": len(leaves),
    }
    return {**document, "traces": list(traces)} if any(traces) else document


def leaves_of(events: Sequence[AuditEvent]) -> list[bytes]:
    """The events' leaves, each canonicalised once here.

    Raises: InvalidArgument.
    """
    return [event.leaf() for event in events]
