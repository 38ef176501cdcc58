"""Plans of the opening review on MongoDB, and how far their batches are."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.catalog.adapters.batch_documents import BATCHES
from services.catalog.adapters.documents import RECORDS, REVIEWABLE, REVIEWABLE_INDEX
from services.catalog.domain.gathering import GatherFilter
from services.catalog.domain.plans import Plan, PlanRow, RowProgress
from services.catalog.domain.suggestions import DISCLOSED
from services.catalog.domain.work_list import State
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound, VersionConflict
from services.common.domain.paging import Page
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.migrations import create_collections
from services.common.mongo.newest_first import newest_first
from services.common.mongo.transactions import Transactions, Tx

PLANS = "review_plans"


def create_plan_collections(db: Database[Document]) -> None:
    """Idempotent."""
    create_collections(db, PLANS)
    db[PLANS].create_indexes([IndexModel([("archive_id", ASCENDING), ("_id", DESCENDING)], name="archive")])


class MongoPlans:
    """Plans of one province's archives."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._transactions = transactions

    def get(self, plan_id: str) -> Plan:
        """Raises: NotFound."""
        stored = self._db[PLANS].find_one({"_id": plan_id})
        if stored is None:
            raise NotFound("plan")
        return _plan_of(stored)

    def list(self, archive_id: str, *, size: int, token: str) -> Page[Plan]:
        """Newest first."""
        bound: Document = {"archive_id": archive_id}
        found: Document = {"archive_id": archive_id}
        return newest_first(self._db[PLANS], found, _plan_of, bound=bound, size=size, token=token)

    def put(self, plan: Plan, event: AuditEvent) -> None:
        """Stores a new plan, or the next version of one.

        Raises: VersionConflict.
        """

        def work(tx: Tx) -> None:
            former = {"_id": plan.plan_id, "version": plan.version - 1}
            document = _plan_document(plan)
            if plan.version == 1:
                tx.db[PLANS].insert_one(document, session=tx.session)
            elif tx.db[PLANS].replace_one(former, document, session=tx.session).matched_count != 1:
                raise VersionConflict(plan.plan_id)
            tx.record(event)

        self._transactions.run(work)

    def used_rows(self, plan_id: str) -> frozenset[int]:
        """Numbers of the rows that have batches."""
        return frozenset(int(number) for number in self._db[BATCHES].distinct("plan_row", _standing(plan_id)))

    def progress(self, plan: Plan, fonds: frozenset[str], on: date) -> Sequence[RowProgress]:
        """How far each row is. `fonds`: all of the archive."""
        sums = self._db[BATCHES].aggregate(
            [
                {"$match": _standing(plan.plan_id)},
                {
                    "$group": {
                        "_id": "$plan_row",
                        "listed": {"$sum": "$total"},
                        "undecided": {"$sum": "$undecided"},
                        "published": {"$sum": "$applied"},
                    }
                },
            ]
        )
        by_row = {int(row["_id"]): row for row in sums}
        return [
            _progress(by_row.get(number, {}), self._waiting(plan.archive_id, row.filter, fonds, on))
            for number, row in enumerate(plan.rows)
        ]

    def _waiting(self, archive_id: str, filter_: GatherFilter, fonds: frozenset[str], on: date) -> int:
        first, last = filter_.eligible_between(on)
        wanted = sorted(fonds & set(filter_.fonds)) if filter_.fonds else sorted(fonds)
        found = {
            "archive_id": archive_id,
            "fonds": {"$in": wanted},
            "eligible_on": {"$gte": first, "$lte": last},
            **({"disclosure": DISCLOSED} if filter_.disclosed else {}),
            **REVIEWABLE,
        }
        return self._db[RECORDS].count_documents(found, hint=REVIEWABLE_INDEX)


def _standing(plan_id: str) -> Document:
    """Batches of a plan that were not given up."""
    return {"plan_id": plan_id, "state": {"$nin": [State.CANCELLING.value, State.CANCELLED.value]}}


def _progress(sums: Mapping[str, Any], waiting: int) -> RowProgress:
    listed = int(sums.get("listed", 0))
    return RowProgress(waiting, listed, listed - int(sums.get("undecided", 0)), int(sums.get("published", 0)))


def _plan_document(plan: Plan) -> Document:
    return {
        **{name: value for name, value in vars(plan).items() if name != "plan_id"},
        "_id": plan.plan_id,
        "rows": [
            {
                "filter": {**vars(row.filter), "fonds": list(row.filter.fonds)},
                "target_day": row.target_day.isoformat(),
                "reviewer": row.reviewer,
            }
            for row in plan.rows
        ],
    }


def _plan_of(stored: Mapping[str, Any]) -> Plan:
    fields = {name: value for name, value in stored.items() if name != "_id"}
    fields["rows"] = tuple(
        PlanRow(
            GatherFilter(**{**row["filter"], "fonds": tuple(row["filter"]["fonds"])}),
            date.fromisoformat(row["target_day"]),
            row["reviewer"],
        )
        for row in fields["rows"]
    )
    return Plan(plan_id=stored["_id"], **fields)
