"""What a province's database tells Prometheus of its desk: numbers and ages, no case."""

from collections.abc import Sequence

from services.catalog.adapters.desk_documents import CASES
from services.catalog.domain.cases import OPEN_STATES
from services.common.domain.clock import Clock, legal_day
from services.common.metrics import CASE_OLDEST, CASES_OVERDUE
from services.common.metrics import CASES as CASES_OPEN
from services.common.mongo.database import MongoDatabase
from services.common.observing import Observation


def observe_cases(database: MongoDatabase, clock: Clock, archives: Sequence[str]) -> Observation:
    """Open cases by state, the age of each state's oldest since it arrived, and how many are past their day.

    `archives`: ids of the province's archives, which lead every index.
    """
    open_ones = {"archive_id": {"$in": list(archives)}, "open": True}
    group = {"_id": "$state", "count": {"$sum": 1}, "first": {"$min": "$received_at"}}

    def read() -> None:
        cases = database.db[CASES]
        rows = {row["_id"]: row for row in cases.aggregate([{"$match": open_ones}, {"$group": group}])}
        now = clock.now()
        states = sorted(state.value for state in OPEN_STATES)
        CASES_OPEN.replace({(state,): rows[state]["count"] if state in rows else 0 for state in states})
        CASE_OLDEST.replace(
            {(state,): (now - rows[state]["first"]).total_seconds() if state in rows else 0.0 for state in states}
        )
        late = {**open_ones, "deadline.due_on": {"$lt": legal_day(now).isoformat()}}
        CASES_OVERDUE.set(cases.count_documents(late))

    return Observation("cases", [CASES_OPEN, CASE_OLDEST, CASES_OVERDUE], read)
