"""A database that nobody backs up may be lost: what its producer tells the log goes on as the next incarnation.

Begun at 1 again, the stream would say other things under numbers that the log has, which is what the log calls
equivocation (DESIGN §7).
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from services.common.backup.incarnations import RESTORES, RestoreState
from services.common.kafka.streams import COLLECTION as STREAMS
from services.common.mongo.database import MongoDatabase
from tongdang.audit.v1 import audit_pb2


def go_on_after_loss(
    database: MongoDatabase, kafka_leaves: Callable[[], Iterable[audit_pb2.StreamedLeaf]], now: datetime
) -> int:
    """The incarnation that opens next because the database has forgotten its stream; 0 where it has not.

    `kafka_leaves`: everything on the producer's audit topic, read only where the database knows no stream: at its
    first start, when there is nothing, and after a loss. Two at once, or one that was killed, leave the same.
    Raises: kafka's errors.
    """
    if database.db[STREAMS].find_one({}, {"_id": 1}) is not None:
        return 0
    last: dict[str, int] = {}
    for leaf in kafka_leaves():
        last[leaf.stream] = max(leaf.seq, last.get(leaf.stream, 0))
    if not last:
        return 0
    before = max(last, key=_number_of)
    incarnation = _number_of(before)
    known = {"before": before, "known_seq": last[before], "taken_at": now, "restored_at": now}
    restored = {"state": RestoreState.DONE, "incarnation": incarnation + 1, **known}
    head = {"incarnation": incarnation, "seq": 0, "mark": 0, "audit_seq": last[before], "epoch": 0}
    for collection, key, document in ((RESTORES, f"lost/{before}", restored), (STREAMS, before, head)):
        database.db[collection].update_one({"_id": key}, {"$setOnInsert": document}, upsert=True)
    return incarnation + 1


def _number_of(stream: str) -> int:
    return int(stream.rpartition("/")[2])
