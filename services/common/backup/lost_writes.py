"""What a database did after the backup it came from: only the audit log still knows."""

import json
from collections.abc import Iterable, Iterator

from services.common.backup.incarnations import RESTORES, RestoreState
from services.common.mongo.database import MongoDatabase
from tongdang.audit.v1 import audit_pb2


def lost_writes(
    database: MongoDatabase, stream: Iterable[audit_pb2.StreamedLeaf], writes: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Granted writes that the log has and the restored database has not, each by its place in the stream.

    `writes`: audit actions that change something. Told until the restore is done; from then on they are history,
    which the log keeps.
    """
    restore = database.db[RESTORES].find_one({"state": RestoreState.LOADED, "before": {"$gt": ""}})
    if restore is None:
        return
    before, known, incarnation = restore["before"], int(restore["known_seq"]), int(restore["incarnation"])
    number = int(before.rpartition("/")[2])
    for streamed in stream:
        of = int(streamed.stream.rpartition("/")[2])
        later = (of == number and streamed.seq > known) or number < of < incarnation
        if not later:
            continue
        leaf = json.loads(streamed.leaf)
        if leaf["status"] == "granted" and leaf["activity_name"] in writes:
            what = f"{leaf['activity_name']} {leaf['entity']['type']} {leaf['entity']['uid']}"
            yield f"{streamed.stream}#{streamed.seq}", f"{leaf['time']} {what}"
