"""Idempotency for use cases that own their transaction: the key is the first insert of that transaction.

A repeat is answered from what the object is by then; nothing but the key and the request's hash is kept.
"""

from collections.abc import Callable
from typing import TypeVar

from pymongo.errors import DuplicateKeyError

from services.common.mongo.idempotency import IdempotencyKey
from services.common.mongo.transactions import Transactions, clash_of_keys, keyed

T = TypeVar("T")


class Repeats:
    """Lets each mutating request have its effect once."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def run(self, key: IdempotencyKey, work: Callable[[], T], again: Callable[[], T]) -> T:
        """`work` the first time, `again` for a repeat. The first transaction inside `work` carries the key.

        Raises: RequestIdReused: the key came with another content; and whatever `work` or `again` raises.
        """
        if self._transactions.answered(key) is not None:
            return again()
        try:
            with keyed(key):
                return work()
        except DuplicateKeyError as clash:
            if not clash_of_keys(clash):
                raise
        self._transactions.answered(key)
        return again()
