"""Puts the import together, for `__main__`."""

from services.catalog.adapters.import_claims import ImportQueue
from services.catalog.adapters.import_store import MongoImports
from services.common.domain.clock import Clock
from services.common.domain.ids import Ids
from services.common.mongo.database import MongoDatabase
from services.common.mongo.transactions import Transactions
from services.common.mongo.wakeups import Wakeup


def wire_imports(
    database: MongoDatabase, transactions: Transactions, principal: str, clock: Clock, ids: Ids
) -> tuple[MongoImports, ImportQueue, Wakeup]:
    """The port for the servicer, the queue for the worker, and the bell between them."""
    queued = Wakeup()
    queue = ImportQueue(database, transactions, principal, clock, ids)
    return MongoImports(database, transactions, queued), queue, queued
