"""What the database of requests tells Prometheus: numbers and ages, no request."""

from services.common.domain.clock import Clock
from services.common.metrics import REQUEST_OLDEST, REQUESTS, REQUESTS_OVERDUE
from services.common.mongo.database import MongoDatabase
from services.common.observing import Observation
from services.requests.adapters.mongo_requests import COLLECTION
from services.requests.domain.lifecycle import OPEN_STATES


def observe_requests(database: MongoDatabase, clock: Clock) -> Observation:
    """Open requests by state, the age of each state's oldest since it was submitted, and how many are marked late."""
    open_ones = {"overdue": {"$in": [False, True]}, "state": {"$in": [state.value for state in OPEN_STATES]}}
    group = {"_id": "$state", "count": {"$sum": 1}, "first": {"$min": "$submitted_at"}}

    def read() -> None:
        requests = database.db[COLLECTION]
        rows = {row["_id"]: row for row in requests.aggregate([{"$match": open_ones}, {"$group": group}])}
        now = clock.now()
        states = [state.value for state in OPEN_STATES]
        REQUESTS.replace({(state,): rows[state]["count"] if state in rows else 0 for state in states})
        REQUEST_OLDEST.replace(
            {(state,): (now - rows[state]["first"]).total_seconds() if state in rows else 0.0 for state in states}
        )
        REQUESTS_OVERDUE.set(requests.count_documents({"overdue": True}))

    return Observation("requests", [REQUESTS, REQUEST_OLDEST, REQUESTS_OVERDUE], read)
