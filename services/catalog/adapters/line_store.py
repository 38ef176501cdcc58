"""`Lines` on MongoDB: reading a list in review, and keeping what was shown to whom."""

from collections.abc import Sequence

from bson import ObjectId

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.line_documents import ACTS, SHOWN, act_of, filter_document, line_of, matching
from services.catalog.adapters.line_facets import BY_GROUP
from services.catalog.adapters.subjects import matter_of, subjects
from services.catalog.application.review_ports import GroupCounts, RecordFields
from services.catalog.domain.acts import Act, LineFilter
from services.catalog.domain.lines import Line
from services.catalog.domain.verdicts import Decision
from services.common.domain.errors import NotFound
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase

_MOST_GROUPS = 100
_FIELDS = {"former": 0, "salt": 0}


class MongoLines:
    """Lines of one province's batches."""

    def __init__(self, database: MongoDatabase) -> None:
        self._db = database.db

    def page(
        self, batch_id: str, wanted: LineFilter, ticked: bool | None, *, size: int, token: str
    ) -> Page[tuple[Line, RecordFields]]:
        bound: Document = {"batch_id": batch_id, **filter_document(wanted), "ticked": ticked}
        found = matching(batch_id, wanted, ticked)
        after = decode_token(bound, token)
        if after is not None:
            found["ordinal"] = {"$gt": after[0]}
        limit = page_size(size)
        rows = list(self._db[ENTRIES].find(found, _FIELDS).sort("ordinal", 1).limit(limit + 1))
        more = len(rows) > limit
        token = encode_token(bound, [rows[limit - 1]["ordinal"]]) if more else ""
        return Page(self._with_records(batch_id, rows[:limit]), token)

    def some(self, batch_id: str, record_ids: Sequence[str]) -> list[tuple[Line, RecordFields]]:
        found = {"batch_id": batch_id, "record_id": {"$in": list(record_ids)}}
        return self._with_records(batch_id, list(self._db[ENTRIES].find(found, _FIELDS).sort("ordinal", 1)))

    def one(self, batch_id: str, record_id: str) -> tuple[Line, RecordFields]:
        rows = list(self._db[ENTRIES].find({"batch_id": batch_id, "record_id": record_id}, _FIELDS))
        found = self._with_records(batch_id, rows, whole=True)
        if not found:
            raise NotFound("the record is not on this list")
        return found[0]

    def groups(self, batch_id: str) -> list[GroupCounts]:
        counted = self._db[ENTRIES].aggregate(
            [
                {"$match": {"batch_id": batch_id}},
                {
                    "$group": {
                        "_id": {"group": "$group_id", "decision": "$decision", "ticked": "$ticked"},
                        "lines": {"$sum": 1},
                    }
                },
            ],
            hint=BY_GROUP,
        )
        tallies: dict[str, list[tuple[Decision, bool, int]]] = {}
        for row in counted:
            key = row["_id"]
            tally = (Decision(key["decision"]), bool(key.get("ticked")), row["lines"])
            tallies.setdefault(key.get("group") or "", []).append(tally)
        groups = [self._group(batch_id, group_id, tally) for group_id, tally in tallies.items()]
        return sorted(groups, key=lambda group: (-group.total, group.group_id))[:_MOST_GROUPS]

    def sample(self, batch_id: str, wanted: LineFilter, size: int) -> tuple[int, list[tuple[Line, RecordFields]]]:
        found = matching(batch_id, wanted)
        count = self._db[ENTRIES].count_documents(found)
        places = [{"$match": found}, {"$project": {"_id": 0, "ordinal": 1}}, {"$sample": {"size": size}}]
        drawn = [row["ordinal"] for row in self._db[ENTRIES].aggregate(places)]  # from the index, not from the lines
        rows = self._db[ENTRIES].find({"batch_id": batch_id, "ordinal": {"$in": drawn}}, _FIELDS).sort("ordinal", 1)
        return count, self._with_records(batch_id, list(rows))

    def show(self, batch_id: str, by: str, lines: Sequence[tuple[Line, RecordFields]]) -> None:
        as_listed = [line.record_id for line, record in lines if record["content_hash"] == line.content_hash]
        if as_listed:
            self._keep(batch_id, by, as_listed, None)

    def show_sample(
        self, batch_id: str, by: str, wanted: LineFilter, lines: Sequence[tuple[Line, RecordFields]]
    ) -> None:
        self._keep(batch_id, by, [line.record_id for line, _ in lines], filter_document(wanted))

    def acts(self, batch_id: str, by: str, count: int) -> list[Act]:
        rows = self._db[ACTS].find({"batch_id": batch_id, "by": by}).sort([("at", -1), ("_id", -1)]).limit(count)
        return [act_of(row) for row in rows]

    def act(self, batch_id: str, act_id: str) -> Act:
        stored = self._db[ACTS].find_one({"_id": act_id, "batch_id": batch_id})
        if stored is None:
            raise NotFound("act")
        return act_of(stored)

    def kept(self, batch_id: str, act_id: str, size: int) -> list[tuple[Line, RecordFields]]:
        since = {"batch_id": batch_id, "former.by_act": act_id, "act_id": {"$ne": act_id}}
        return self._with_records(batch_id, list(self._db[ENTRIES].find(since, _FIELDS).sort("ordinal", 1).limit(size)))

    def _group(self, batch_id: str, group_id: str, tally: Sequence[tuple[Decision, bool, int]]) -> GroupCounts:
        anyone = self._db[ENTRIES].find_one({"batch_id": batch_id, "group_id": group_id}, {"suggestion": 1}) or {}
        by_decision = dict.fromkeys(Decision, 0)
        for decision, _, lines in tally:
            by_decision[decision] += lines
        ticked = sum(lines for _, done, lines in tally if done)
        return GroupCounts(group_id, anyone.get("suggestion") or {}, sum(by_decision.values()), by_decision, ticked)

    def _with_records(
        self, batch_id: str, rows: Sequence[Document], *, whole: bool = False
    ) -> list[tuple[Line, RecordFields]]:
        """`whole`: with their texts, on a list of texts."""
        ids = [row["record_id"] for row in rows]
        records = subjects(self._db, matter_of(self._db, batch_id), ids, whole=whole)
        return [(line_of(row), records[row["record_id"]]) for row in rows if row["record_id"] in records]

    def _keep(self, batch_id: str, by: str, record_ids: Sequence[str], filter_: Document | None) -> None:
        shown = {"_id": ObjectId(), "batch_id": batch_id, "by": by, "record_ids": list(record_ids), "filter": filter_}
        self._db[SHOWN].insert_one(shown)
