"""Collections of the log: `head` (the linearisation point), staged batches, entries, full tiles, checkpoints."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.audit.domain.trail import Logged
from services.common.mongo.database import Document
from services.common.mongo.migrations import DATA_PLANE, Migration

HEAD, STAGED, ENTRIES, TILES, CHECKPOINTS, HELD = "log_head", "log_staged", "entries", "tiles", "checkpoints", "held"


def _collections(db: Database[Document]) -> None:
    present = set(db.list_collection_names())
    for name in (HEAD, STAGED, ENTRIES, TILES, CHECKPOINTS, HELD):
        if name not in present:
            db.create_collection(name)
    db[ENTRIES].create_indexes(
        [
            IndexModel([("stream", ASCENDING), ("seq", ASCENDING)], name="stream"),
            IndexModel([("correlation_id", ASCENDING), ("_id", ASCENDING)], name="correlation"),
            IndexModel([("request_number", ASCENDING)], name="number", sparse=True),
            IndexModel([("region_id", ASCENDING), ("_id", DESCENDING)], name="region"),
            IndexModel([("actor", ASCENDING), ("_id", DESCENDING)], name="actor"),
            IndexModel([("object_id", ASCENDING), ("_id", DESCENDING)], name="object"),
            IndexModel([("action", ASCENDING), ("_id", DESCENDING)], name="action"),
        ]
    )
    db[HELD].create_index([("stream", ASCENDING), ("seq", ASCENDING)], unique=True)


MIGRATIONS = [*DATA_PLANE, Migration(100, "log", _collections)]


def entry_document(index: int, stream: str, seq: int, leaf: bytes) -> Document:
    """One leaf with the fields supervision searches by; `leaf` alone is what is hashed."""
    document: Document = {"_id": index, "stream": stream, "seq": seq, "leaf": leaf, **_fields(leaf)}
    return {key: value for key, value in document.items() if value is not None}


def logged_of(document: Mapping[str, Any]) -> Logged:
    """The event of a stored entry."""
    texts = {
        name: str(document.get(name, ""))
        for name in Logged.__dataclass_fields__
        if name not in ("leaf_index", "seq", "leaf", "time")
    }
    return Logged(
        leaf_index=document["_id"],
        seq=document["seq"],
        leaf=bytes(document["leaf"]),
        time=document.get("time"),
        **texts,
    )


def _fields(leaf: bytes) -> Document:
    try:
        event = json.loads(leaf)
        actor, entity = event["actor"], event["entity"]
        return {
            "event_id": event["metadata"]["uid"],
            "time": datetime.fromisoformat(event["time"]).astimezone(UTC),
            "action": event["activity_name"],
            "outcome": event["status"],
            "reason": event["status_detail"],
            "actor": actor["uid"],
            "actor_role": actor["role"],
            "via": actor["via"],
            "region_id": entity["region_id"],
            "archive_id": entity["archive_id"],
            "object_type": entity["type"],
            "object_id": entity["uid"],
            "correlation_id": event["correlation_uid"],
            "causation_id": event["causation_uid"],
            "request_number": event["unmapped"].get("request_number"),
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"action": "opaque"}
