"""Collections of the log: head, leaves, full tiles, checkpoints; `entries` is what supervision searches by.

Besides them: held events, evidence (bytes a finding speaks of), looks (why a regulator read a trail).
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.audit.domain.tiles import TILE_WIDTH, encode_bundle
from services.audit.domain.trail import Logged
from services.common.mongo.database import Document
from services.common.mongo.migrations import DATA_PLANE, Migration, create_collections

HEAD, ENTRIES, TILES, CHECKPOINTS, HELD = "log_head", "entries", "tiles", "checkpoints", "held"
EVIDENCE, LOOKS, LEAVES, PROJECTION, COSIGNED = "evidence", "looks", "leaves", "projection", "cosigned"


def _collections(db: Database[Document]) -> None:
    create_collections(db, HEAD, ENTRIES, TILES, CHECKPOINTS, HELD)
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


def _evidence_and_looks(db: Database[Document]) -> None:
    create_collections(db, EVIDENCE, LOOKS)
    db[ENTRIES].create_index([("time", DESCENDING)], name="time")


def _nothing_staged(db: Database[Document]) -> None:
    """Batches were staged here before their order went to Kafka."""
    db.drop_collection("log_staged")


def _leaves_in_pieces(db: Database[Document]) -> None:
    """Leaves were stored in `entries`, one document each."""
    create_collections(db, LEAVES, PROJECTION)
    db[LEAVES].create_index([("runs.stream", ASCENDING), ("runs.last", ASCENDING)], name="stream")
    if db[PROJECTION].find_one({"_id": ENTRIES}) is None:
        size = 0
        while rows := list(db[ENTRIES].find({"_id": {"$gte": size}}).sort("_id", 1).limit(TILE_WIDTH)):
            runs = [{"stream": row["stream"], "first": row["seq"], "last": row["seq"]} for row in rows]
            leaves = encode_bundle([bytes(row["leaf"]) for row in rows])
            db[LEAVES].replace_one({"_id": size}, {"runs": runs, "leaves": leaves}, upsert=True)
            size += len(rows)
        db[PROJECTION].insert_one({"_id": ENTRIES, "size": size})
    db[ENTRIES].update_many({}, {"$unset": {"leaf": ""}})


def _cosigned(db: Database[Document]) -> None:
    create_collections(db, COSIGNED)


MIGRATIONS = [
    *DATA_PLANE,
    Migration(100, "log", _collections),
    Migration(101, "evidence, looks", _evidence_and_looks),
    Migration(102, "nothing staged", _nothing_staged),
    Migration(103, "leaves in pieces, entries behind them", _leaves_in_pieces),
    Migration(104, "cosigned checkpoint", _cosigned),
]


def entry_document(index: int, stream: str, seq: int, leaf: bytes) -> Document:
    """The fields that supervision searches by."""
    document: Document = {"_id": index, "stream": stream, "seq": seq, **_fields(stream, leaf)}
    if region_id := _region_of(stream):
        document["region_id"] = region_id
    return document


def logged_of(document: Mapping[str, Any]) -> Logged:
    """The event of a stored entry; `leaf` is empty where it was not read."""
    return Logged(
        leaf_index=document["_id"],
        seq=document["seq"],
        leaf=bytes(document.get("leaf", b"")),
        time=document.get("time"),
        **{name: document.get(name, "") for name in _TEXTS},
    )


_TEXTS = tuple(field.name for field in fields(Logged) if field.name not in ("leaf_index", "seq", "leaf", "time"))


def _region_of(stream: str) -> str:
    """A province's stream speaks of that province alone, whatever its events claim: its certificate says so."""
    principal = stream.partition("/")[0]
    return principal.removeprefix("catalog-") if principal.startswith("catalog-") else ""


def _fields(stream: str, leaf: bytes) -> Document:
    """What a leaf says, as far as it is one: a producer may send any bytes, and the log takes them all."""
    try:
        event = json.loads(leaf)
        actor, entity = event["actor"], event["entity"]
        found = {
            "event_id": event["metadata"]["uid"],
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
        }
        if stream.startswith("requests/") and found["action"] == "request.submit":
            found["request_number"] = event["unmapped"]["request_number"]
        "".join(found.values()).encode()  # refuses what is no text, and half a character, as the database would
        return {**found, "time": _moment(event["time"])}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return {"action": "opaque"}


def _moment(value: Any) -> datetime:
    """Raises: TypeError, ValueError, OverflowError: not a moment."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment.astimezone(UTC)
