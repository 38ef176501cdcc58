"""What the log's database tells Prometheus; the same in every replica, whichever of them appends."""

from services.audit.adapters.cosigned_log import CosignedLog
from services.audit.adapters.log_documents import ENTRIES, EVIDENCE, HEAD, HELD, PROJECTION
from services.audit.adapters.published_log import PublishedLog, SignedCheckpoint
from services.audit.domain.streams import Finding
from services.common.domain.errors import NotFound
from services.common.metrics import (
    CHECKPOINT_SIGNED_AT,
    CHECKPOINT_SIZE,
    COSIGNED_AT,
    COSIGNED_SIZE,
    LOG_EVIDENCE,
    LOG_HELD,
    LOG_SIZE,
    LOG_UNSEARCHABLE,
)
from services.common.mongo.database import MongoDatabase
from services.common.observing import Observation

_KEPT = (Finding.EQUIVOCATION, Finding.UNREADABLE)
"""A gap has no bytes to keep."""


def observe_log(database: MongoDatabase, *, witnessed: bool) -> Observation:
    """Where the log stands, how far it is signed and, where it is `witnessed`, cosigned; what is held or put aside."""
    db, published, cosigned = database.db, PublishedLog(database), CosignedLog(database)

    def read() -> None:
        head = db[HEAD].find_one({}, {"size": 1})
        size = int(head["size"]) if head else 0
        LOG_SIZE.set(size)
        searchable = db[PROJECTION].find_one({"_id": ENTRIES}, {"size": 1})
        LOG_UNSEARCHABLE.set(max(0, size - int(searchable["size"]) if searchable else size))
        LOG_HELD.set(db[HELD].count_documents({}))
        LOG_EVIDENCE.replace({(kind.value,): db[EVIDENCE].count_documents({"finding": kind.value}) for kind in _KEPT})
        try:
            signed = published.checkpoint()
        except NotFound:  # nothing was ever signed: a size of nothing, and no moment
            CHECKPOINT_SIZE.set(0)
            CHECKPOINT_SIGNED_AT.forget()
        else:
            CHECKPOINT_SIZE.set(signed.size)
            CHECKPOINT_SIGNED_AT.set(signed.signed_at.timestamp())
            if witnessed:
                tell_cosigned(signed)

    def tell_cosigned(signed: SignedCheckpoint) -> None:
        newest = cosigned.newest()
        size, at = (newest.size, newest.signed_at.timestamp()) if newest else (0, 0.0)
        COSIGNED_SIZE.set(size)
        COSIGNED_AT.set(signed.signed_at.timestamp() if size == signed.size else at)

    stored = [LOG_SIZE, LOG_UNSEARCHABLE, LOG_HELD, LOG_EVIDENCE]
    gauges = [*stored, CHECKPOINT_SIZE, CHECKPOINT_SIGNED_AT, COSIGNED_SIZE, COSIGNED_AT]
    return Observation("log", gauges, read)
