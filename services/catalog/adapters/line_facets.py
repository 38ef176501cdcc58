"""By what lines are found on a list, and the indexes of lines.

Changing a line in a transaction costs MongoDB for each index there is, also where its keys stay as they are: it reads
all that is known of the collection anew for every one of them. So all that is known of a line when it is listed is one
field, `facets`, of strings such as `year:1947`, and one index.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.catalog.adapters.batch_documents import BY_RECORD, ENTRIES, Document
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.lines import Line

BY_GROUP = "by_group"
"""Index of a list's lines by group, with all that counting groups asks."""

_BATCH, _ORDER = ("batch_id", ASCENDING), ("ordinal", ASCENDING)
_INDEXES = (
    IndexModel([_BATCH, _ORDER], name="order", unique=True),
    IndexModel([("record_id", ASCENDING), _BATCH], name=BY_RECORD, unique=True),
    IndexModel([_BATCH, ("decision", ASCENDING), _ORDER], name="decision"),
    IndexModel([_BATCH, ("ticked", ASCENDING), _ORDER], name="ticked"),
    IndexModel([_BATCH, ("act_id", ASCENDING), _ORDER], name="act"),
    IndexModel(
        [_BATCH, ("group_id", ASCENDING), _ORDER, ("decision", ASCENDING), ("ticked", ASCENDING)], name=BY_GROUP
    ),
    IndexModel([_BATCH, ("facets", ASCENDING), _ORDER], name="facets"),
)
_AT_ONCE = 10_000
"""Lines that get facets by one command: the driver waits half a minute for each, and there may be millions."""
_FORMER = {"record", "of_record", "group", "of_group", "suggested", "proposal", "reason", "fonds", "year"}


def facets_of(line: Line) -> list[str]:
    """As stored; `_STORED` says the same to the database."""
    suggestion: Mapping[str, Any] = line.suggestion or {}
    reasons = {reason["code"] for reason in suggestion.get("reasons", ())}
    return [
        f"fonds:{line.fonds}",
        f"year:{line.year}",
        f"proposal:{suggestion.get('proposal', '')}",
        f"rule:{suggestion.get('rule', '')}",
        *sorted(f"reason:{code}" for code in reasons),
    ]


def facets_wanted(wanted: LineFilter) -> Iterator[str]:
    """Those that a line must have all, the rarest kind first: the database looks the first up."""
    if wanted.reason:
        yield f"reason:{wanted.reason}"
    if wanted.year:
        yield f"year:{wanted.year}"
    if wanted.rule:
        yield f"rule:{wanted.rule}"
    if wanted.fonds:
        yield f"fonds:{wanted.fonds}"
    if wanted.proposal:
        yield f"proposal:{wanted.proposal.value}"


def facet_lines(db: Database[Document]) -> None:
    """Lines of a former program get their facets, and then the index. For the migrations only; idempotent."""
    last = ""
    while some := list(db[ENTRIES].find({"_id": {"$gt": last}}, {"_id": 1}).sort("_id", 1).limit(_AT_ONCE)):
        span = {"$gt": last, "$lte": some[-1]["_id"]}
        db[ENTRIES].update_many({"_id": span, "facets": {"$exists": False}}, [{"$set": {"facets": _STORED}}])
        last = some[-1]["_id"]
    index_lines(db)


def index_lines(db: Database[Document]) -> None:
    """In the place of one index for each thing that is known of a line. For the migrations only; idempotent."""
    db[ENTRIES].create_indexes(list(_INDEXES))
    for former in _FORMER & set(db[ENTRIES].index_information()):
        db[ENTRIES].drop_index(former)


def _named(name: str, value: object) -> Document:
    return {"$concat": [f"{name}:", {"$toString": value}]}


_REASONS = {"$setUnion": [{"$ifNull": ["$suggestion.reasons.code", []]}]}
_STORED: Document = {
    "$concatArrays": [
        [
            _named("fonds", {"$ifNull": ["$fonds", ""]}),
            _named("year", {"$ifNull": ["$year", 0]}),
            _named("proposal", {"$ifNull": ["$suggestion.proposal", ""]}),
            _named("rule", {"$ifNull": ["$suggestion.rule", ""]}),
        ],
        {"$map": {"input": _REASONS, "in": {"$concat": ["reason:", "$$this"]}}},
    ]
}
