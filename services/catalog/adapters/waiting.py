"""What waits in an archive to be reviewed again (rule D5), or before its term (rule O3), counted by fonds."""

from collections.abc import Sequence
from datetime import date

from services.catalog.adapters.documents import (
    DUE_AGAIN,
    DUE_AGAIN_INDEX,
    RECORDS,
    REVIEWABLE,
    REVIEWABLE_INDEX,
)
from services.catalog.domain.issues import Waiting
from services.catalog.domain.suggestions import DISCLOSED
from services.common.domain.clock import Clock, legal_day
from services.common.metrics import REREVIEW_OLDEST, REREVIEWS_DUE
from services.common.mongo.database import Document, MongoDatabase
from services.common.observing import Observation


class MongoWaiting:
    """One province's records; each count is answered from the index that gathering uses."""

    def __init__(self, database: MongoDatabase) -> None:
        self._records = database.db[RECORDS]

    def by_fonds(self, archive_id: str, fonds: Sequence[str], on: date) -> dict[str, Waiting]:
        """Of these fonds, on a legal day."""
        mine = {"archive_id": archive_id, "fonds": {"$in": list(fonds)}}
        due = self._grouped({**mine, **due_again(on)}, "$reevaluate_on", DUE_AGAIN_INDEX)
        under_term = {**mine, **REVIEWABLE, "eligible_on": {"$gt": on.isoformat()}, "disclosure": DISCLOSED}
        disclosed = self._grouped(under_term, "$eligible_on", REVIEWABLE_INDEX)
        none: Document = {"count": 0, "first": ""}
        return {
            code: Waiting(
                due.get(code, none)["count"], due.get(code, none)["first"], disclosed.get(code, none)["count"]
            )
            for code in fonds
        }

    def _grouped(self, found: Document, day: str, index: str) -> dict[str, Document]:
        group = {"_id": "$fonds", "count": {"$sum": 1}, "first": {"$min": day}}
        return {row["_id"]: row for row in self._records.aggregate([{"$match": found}, {"$group": group}], hint=index)}


def due_again(on: date) -> Document:
    """Deferred records on no list whose re-evaluation has come on a legal day."""
    return {**DUE_AGAIN, "reevaluate_on": {"$lte": on.isoformat()}}


def observe_rereviews(database: MongoDatabase, clock: Clock, archives: Sequence[str]) -> Observation:
    """How many re-evaluations are due in all `archives` (ids), and for how long the first of them has been."""
    records = database.db[RECORDS]
    group = {"_id": None, "count": {"$sum": 1}, "first": {"$min": "$reevaluate_on"}}

    def read() -> None:
        today = legal_day(clock.now())
        found = {"archive_id": {"$in": list(archives)}, **due_again(today)}
        counted = records.aggregate([{"$match": found}, {"$group": group}], hint=DUE_AGAIN_INDEX)
        row = next(iter(counted), None)
        REREVIEWS_DUE.set(row["count"] if row else 0)
        REREVIEW_OLDEST.set((today - date.fromisoformat(row["first"])).total_seconds() if row else 0.0)

    return Observation("rereviews", [REREVIEWS_DUE, REREVIEW_OLDEST], read)
