"""Letters between services: numbered within their conversation, sent in that order."""

from datetime import datetime
from typing import TYPE_CHECKING

from pymongo import ReturnDocument

from services.common.domain.messages import Letter
from services.common.mongo.database import Document
from services.common.tracing import current_traceparent

if TYPE_CHECKING:
    from services.common.mongo.transactions import Tx

COLLECTION = "letters"
COUNTERS = "letter_numbers"


def letter_document(letter: Letter, now: datetime) -> Document:
    """As stored; unique on (conversation, lane, number)."""
    return {
        "_id": letter.letter_id,
        "lane": letter.lane,
        "conversation": letter.conversation,
        "number": letter.number,
        "method": letter.method,
        "body": letter.body,
        "state": "waiting",
        "attempts": 0,
        "created_at": now,
        "not_before": now,
        "traceparent": current_traceparent(),
    }


def letter_of(document: Document) -> Letter:
    """The letter of a stored document."""
    return Letter(
        letter_id=document["_id"],
        lane=document["lane"],
        conversation=document["conversation"],
        number=document["number"],
        method=document["method"],
        body=bytes(document["body"]),
    )


def next_number(tx: "Tx", conversation: str, direction: str) -> int:
    """The next letter's number in one direction of a conversation, from 1, without gap: taken in the transaction."""
    counter = tx.db[COUNTERS].find_one_and_update(
        {"_id": f"{conversation}|{direction}"},
        {"$inc": {"last": 1}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=tx.session,
    )
    assert counter is not None  # an upsert always answers
    return int(counter["last"])
