"""Personal series deferred as a whole, on MongoDB. Each year is held by one series at most: a document a year."""

from collections.abc import Callable, Mapping
from typing import Any

from pymongo.errors import BulkWriteError

from services.catalog.adapters.batch_documents import signature_of
from services.catalog.adapters.personal_records import PERSONAL
from services.catalog.application.series import PersonalYear
from services.catalog.domain.series import Series, SeriesOverlaps, SeriesState
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound
from services.common.domain.paging import Page
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.newest_first import newest_first
from services.common.mongo.transactions import Transactions, Tx

SERIES = "series_deferrals"
SERIES_YEARS = "series_years"
MAX_LISTED = 2_000


class MongoSeries:
    """One province's series."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._db = database.db
        self._transactions = transactions

    def get(self, series_id: str) -> Series:
        """Raises: NotFound."""
        stored = self._db[SERIES].find_one({"_id": series_id})
        if stored is None:
            raise NotFound("series")
        return series_of(stored)

    def page(self, archive_id: str, unit_id: str | None, *, size: int, token: str) -> Page[Series]:
        """Newest first; `unit_id` None for all."""
        bound: Document = {"archive_id": archive_id, "unit_id": unit_id}
        found: Document = {"archive_id": archive_id, **({} if unit_id is None else {"unit_id": unit_id})}
        return newest_first(self._db[SERIES], found, series_of, bound=bound, size=size, token=token)

    def standing(self, archive_id: str) -> list[Series]:
        """Those whose deferral stands, oldest first."""
        found = {"archive_id": archive_id, "state": SeriesState.STANDING.value}
        return [series_of(row) for row in self._db[SERIES].find(found).sort("_id", 1)]

    def records(self, series: Series) -> int:
        """How many records fall under it as of now."""
        span = {"$gte": series.year_from, "$lte": series.year_to}
        found = {"archive_id": series.archive_id, "fonds": series.fonds, "category": series.category, "year": span}
        return self._db[PERSONAL].count_documents(found, hint="series")

    def years(self, archive_id: str) -> list[PersonalYear]:
        """Personal records by fonds, category and year, at most `MAX_LISTED`."""
        key = {name: f"${name}" for name in ("fonds", "category", "year")}
        order = {f"_id.{name}": 1 for name in key}
        groups: list[Mapping[str, Any]] = [
            {"$match": {"archive_id": archive_id}},
            {"$group": {"_id": key, "records": {"$sum": 1}}},
            {"$sort": order},
            {"$limit": MAX_LISTED},
        ]
        rows = list(self._db[PERSONAL].aggregate(groups, hint="series"))
        ids = [_year_id(archive_id, **row["_id"]) for row in rows]
        held = {one["_id"]: one["series_id"] for one in self._db[SERIES_YEARS].find({"_id": {"$in": ids}})}
        return [
            PersonalYear(**row["_id"], records=row["records"], series_id=held.get(year_id, ""))
            for row, year_id in zip(rows, ids, strict=True)
        ]

    def add(self, series: Series, event: AuditEvent) -> None:
        """Raises: SeriesOverlaps."""
        held = [_year_id(series.archive_id, series.fonds, series.category, year) for year in series.years]

        def work(tx: Tx) -> None:
            if tx.db[SERIES_YEARS].find_one({"_id": {"$in": held}}, session=tx.session):
                raise SeriesOverlaps("a year is held")
            tx.db[SERIES].insert_one(series_document(series), session=tx.session)
            years = [{"_id": year_id, "series_id": series.series_id} for year_id in held]
            tx.db[SERIES_YEARS].insert_many(years, session=tx.session)
            tx.record(event)

        try:
            self._transactions.run(work)
        except BulkWriteError as clash:  # another took a year between the look and the write
            raise SeriesOverlaps("a year is held") from clash

    def change(self, series_id: str, work: Callable[[Series], tuple[Series, AuditEvent]]) -> Series:
        """One transaction: what becomes of it, and its audit event; one that ended holds its years no longer.

        Raises: NotFound, and what `work` raises.
        """

        def transaction(tx: Tx) -> Series:
            stored = tx.db[SERIES].find_one({"_id": series_id}, session=tx.session)
            if stored is None:
                raise NotFound("series")
            after, event = work(series_of(stored))
            tx.db[SERIES].replace_one({"_id": series_id}, series_document(after), session=tx.session)
            if after.state is SeriesState.ENDED:
                tx.db[SERIES_YEARS].delete_many({"series_id": series_id}, session=tx.session)
            tx.record(event)
            return after

        return self._transactions.run(transaction)


def _year_id(archive_id: str, fonds: str, category: str, year: int) -> str:
    return f"{archive_id}/{fonds}/{category}/{year}"


def series_document(series: Series) -> Document:
    """As stored."""
    return {
        **{name: value for name, value in vars(series).items() if name != "series_id"},
        "_id": series.series_id,
        "state": series.state.value,
        "signatures": [{**vars(one), "side": one.side.value} for one in series.signatures],
    }


def series_of(stored: Mapping[str, Any]) -> Series:
    """Of its document."""
    fields = {name: value for name, value in stored.items() if name != "_id"}
    fields["state"] = SeriesState(fields["state"])
    fields["signatures"] = tuple(signature_of(one) for one in fields["signatures"])
    return Series(series_id=stored["_id"], **fields)
