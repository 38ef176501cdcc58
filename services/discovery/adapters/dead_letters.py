"""Values discovery could not read, kept with their origin on its own topic."""

import hashlib
from collections.abc import Sequence

from services.common.domain.messages import OutboxMessage
from services.common.metrics import DEAD_LETTERS
from services.common.mongo.transactions import Transactions, Tx
from services.discovery.application.follow import Unreadable

TOPIC = "discovery.dead-letter.v1"


class DeadLetters:
    """Buries through the outbox, so that a letter is durable before its offset is passed."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        DEAD_LETTERS.labels(consumer="records")

    def __call__(self, unreadable: Sequence[Unreadable]) -> None:
        def work(tx: Tx) -> None:
            tx.emit(*(_letter(one) for one in unreadable))

        self._transactions.run(work)
        DEAD_LETTERS.labels(consumer="records").inc(len(unreadable))


def _letter(one: Unreadable) -> OutboxMessage:
    origin = f"{one.topic}/{one.partition}/{one.offset}"
    digest = hashlib.sha256(one.value).hexdigest()
    return OutboxMessage(
        TOPIC, f"{origin}#{digest[:16]}", one.offset + 1, "tongdang.discovery.dead-letter.v1", one.value
    )
