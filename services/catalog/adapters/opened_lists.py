"""What was opened: days of publication, and entries of one day or of all that opened before their term.

Read from the batches and their lists; records of a list that were retracted since are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.catalog.adapters.batch_documents import BATCHES, ENTRIES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.publication_documents import PUBLICATIONS
from services.catalog.adapters.published_messages import published_entry
from services.catalog.domain.batches import REOPENABLE
from services.catalog.domain.gathering import Matter
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.verdicts import EARLY_RULES, Decision
from services.catalog.domain.work_list import State
from services.common.domain.clock import LEGAL_ZONE
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase
from tongdang.catalog.v1 import issues_pb2

_OPENINGS: Document = {
    "state": State.PUBLISHED.value,
    "matter": {"$nin": [Matter.TEXT.value, Matter.CORRECTION.value]},
}
"""Publishing texts and correcting entries opens nothing."""
_EARLY: Document = {"decision": Decision.OPEN.value, "rule": {"$in": sorted(EARLY_RULES)}}
_DAY = {"$dateToString": {"date": "$published_at", "format": "%Y-%m-%d", "timezone": LEGAL_ZONE.key}}


@dataclass(frozen=True)
class Asked:
    """Entries of one archive. `day`: None for all; `early`: only those opened before their term."""

    archive_id: str
    day: date | None
    early: bool


class MongoOpened:
    """One province's publications, as lists. `archives`: ids of the province's."""

    def __init__(self, database: MongoDatabase, archives: Sequence[str]) -> None:
        self._db = database.db
        self._archives = list(archives)

    def issues(self, archive_id: str, *, size: int, token: str) -> Page[issues_pb2.Issue]:
        """Newest first; of all archives where `archive_id` is empty."""
        bound: Document = {"archive_id": archive_id}
        after = decode_token(bound, token)
        found = {"archive_id": archive_id or {"$in": self._archives}, **_OPENINGS}
        group = {
            "_id": {"day": _DAY, "archive_id": "$archive_id"},
            "records": {"$sum": "$applied"},
            "early": {"$sum": "$early"},
            "regular": {"$max": {"$gt": ["$schedule", None]}},
        }
        later: Document = {"_id.day": {"$lt": after[0]}} if after else {}
        same: Document = {"_id.day": after[0], "_id.archive_id": {"$gt": after[1]}} if after else {}
        limit = page_size(size)
        rows = list(
            self._db[BATCHES].aggregate(
                [
                    {"$match": found},
                    {"$group": group},
                    {"$match": {"records": {"$gt": 0}, **({"$or": [later, same]} if after else {})}},
                    {"$sort": {"_id.day": -1, "_id.archive_id": 1}},
                    {"$limit": limit + 1},
                ]
            )
        )
        last = rows[limit - 1]["_id"] if len(rows) > limit else None
        return Page(
            [_issue(row) for row in rows[:limit]],
            encode_token(bound, [last["day"], last["archive_id"]]) if last else "",
        )

    def entries(self, asked: Asked, *, size: int, token: str) -> Page[issues_pb2.EarlyOpening]:
        """In the order of the lists, those gathered last first."""
        bound: Document = {**vars(asked), "day": str(asked.day)}
        after = decode_token(bound, token)
        limit = page_size(size)
        lines: list[Document] = []
        for batch_id, start in self._lists(asked, after):
            found = {"batch_id": batch_id, "ordinal": {"$gte": start}, "decision": Decision.OPEN.value}
            rows = self._db[ENTRIES].find({**found, **(_EARLY if asked.early else {})}).sort("ordinal", 1)
            lines += rows.limit(limit + 1 - len(lines))
            if len(lines) > limit:
                break
        next_ = lines[limit] if len(lines) > limit else None
        token = encode_token(bound, [next_["batch_id"], next_["ordinal"]]) if next_ else ""
        return Page(list(self._openings(lines[:limit])), token)

    def _lists(self, asked: Asked, after: Sequence[str | int] | None) -> Iterator[tuple[str, int]]:
        """Batches to read, each from which line."""
        found: Document = {"archive_id": asked.archive_id, **_OPENINGS}
        if asked.early:
            found["early"] = {"$gt": 0}
        if asked.day:
            midnight = datetime.combine(asked.day, time(), LEGAL_ZONE)
            found["published_at"] = {"$gte": midnight, "$lt": midnight + timedelta(days=1)}
        if after:
            found["_id"] = {"$lte": after[0]}
        for row in self._db[BATCHES].find(found, {"_id": 1}).sort("_id", -1):
            yield row["_id"], int(after[1]) if after and row["_id"] == after[0] else 0

    def _openings(self, lines: Sequence[Document]) -> Iterator[issues_pb2.EarlyOpening]:
        records = self._open_records(lines)
        samples = self._samples({line["batch_id"] for line in lines})
        for line in lines:
            record = records.get((line["record_id"], line["batch_id"]))
            if record is not None:
                yield issues_pb2.EarlyOpening(
                    entry=published_entry(record, line["batch_id"] in samples),
                    early_class=record.get("early_class") or "",
                    reason=record["reason"] or "",
                )

    def _open_records(self, lines: Sequence[Document]) -> dict[tuple[str, str], Document]:
        found = {"_id": {"$in": [line["record_id"] for line in lines]}, "access_status": AccessStatus.OPEN.value}
        return {(row["_id"], row.get("opened_in") or row["batch_id"]): row for row in self._db[RECORDS].find(found)}

    def _samples(self, batch_ids: set[str]) -> set[str]:
        """Those of them whose records are sample data."""
        found = {"_id": {"$in": sorted(batch_ids)}, "sample": True}
        return {row["_id"] for row in self._db[PUBLICATIONS].find(found, {"_id": 1})}


def index_early(db: Database[Document]) -> None:
    """Of lines that open early alone: the first page of them would read all lines before. For the migrations only."""
    keys = [("batch_id", ASCENDING), ("ordinal", ASCENDING)]
    db[ENTRIES].create_indexes([IndexModel(keys, name="early", partialFilterExpression=_EARLY)])


def count_early(db: Database[Document]) -> None:
    """Lists that were frozen before early openings were counted. For the migrations only; idempotent."""
    fixed = [state.value for state in (*REOPENABLE, State.PUBLISHING, State.PUBLISHED)]
    for batch in list(db[BATCHES].find({"state": {"$in": fixed}, "early": {"$exists": False}}, {"_id": 1})):
        counted = db[ENTRIES].count_documents({"batch_id": batch["_id"], **_EARLY})
        db[BATCHES].update_one({"_id": batch["_id"]}, {"$set": {"early": counted}})


def _issue(row: Mapping[str, Any]) -> issues_pb2.Issue:
    key = row["_id"]
    return issues_pb2.Issue(
        archive_id=key["archive_id"],
        opened_on=key["day"],
        records=row["records"],
        early=row["early"],
        regular=row["regular"],
    )
