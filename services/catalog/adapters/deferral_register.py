"""The deferral register as it is read: listings that each read one index in order, and counts."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from pymongo.client_session import ClientSession

from services.catalog.adapters.batch_documents import BATCHES, batch_of
from services.catalog.adapters.deferral_documents import CHUNK, DEFERRALS, deferral_of
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.series_store import SERIES
from services.catalog.application.deferrals import Entry
from services.catalog.domain.batches import Batch
from services.catalog.domain.deferrals import GROUNDS, RegisterCounts, RegisterFilter, Standing
from services.catalog.domain.series import SeriesState
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase

_ORDER: Mapping[Standing, tuple[str, str]] = {
    Standing.ALL: ("code", "reference_code"),
    Standing.DUE: ("due", "due_key"),
    Standing.OVERDUE: ("overdue", "term_key"),
}
"""Index of a listing, and the field it is sorted by."""


class MongoRegister:
    """One province's deferred records, with what is told of each."""

    def __init__(self, database: MongoDatabase) -> None:
        self._db = database.db

    def page(self, archive_id: str, wanted: RegisterFilter, on: date, *, size: int, token: str) -> Page[Entry]:
        """Those of an archive as they stand on a legal day. Raises: InvalidPageToken."""
        bound: Document = {"archive_id": archive_id, **vars(wanted)}
        found, hint, key = asked(archive_id, wanted, on)
        after = decode_token(bound, token)
        if after is not None:
            found[key] = {**found.get(key, {}), "$gt": str(after[0])}
        limit = page_size(size)
        rows = list(self._db[DEFERRALS].find(found).sort(key, 1).hint(hint).limit(limit + 1))
        more = len(rows) > limit
        return Page(self._entries(rows[:limit]), encode_token(bound, [rows[limit - 1][key]]) if more else "")

    def every(self, archive_id: str) -> Iterator[Entry]:
        """All of an archive as they are at one moment, by ground and reference code."""
        with self._db.client.start_session(snapshot=True) as session:
            for ground in GROUNDS:
                after = ""
                while rows := self._some(archive_id, ground, after, session):
                    yield from self._entries(rows, session)
                    after = rows[-1]["reference_code"]

    def counts(self, archive_id: str, on: date) -> RegisterCounts:
        """How many stand how on a legal day."""
        standing: Document = {"archive_id": archive_id, "state": SeriesState.STANDING.value}
        series = self._db[SERIES]
        return RegisterCounts(
            deferred=self._count(archive_id, Standing.ALL, on),
            due=self._count(archive_id, Standing.DUE, on),
            overdue=self._count(archive_id, Standing.OVERDUE, on),
            series=series.count_documents(standing),
            series_due=series.count_documents({**standing, "reevaluate_on": {"$lte": on.isoformat()}}),
            series_overdue=series.count_documents({**standing, "consent_id": ""}),
        )

    def _count(self, archive_id: str, standing: Standing, on: date) -> int:
        found, hint, _ = asked(archive_id, RegisterFilter(standing=standing), on)
        return self._db[DEFERRALS].count_documents(found, hint=hint)

    def _some(self, archive_id: str, ground: str, after: str, session: ClientSession) -> list[Document]:
        found = {"archive_id": archive_id, "ground": ground, "reference_code": {"$gt": after}}
        rows = self._db[DEFERRALS].find(found, session=session)
        return list(rows.sort("reference_code", 1).hint("code").limit(CHUNK))

    def _entries(self, rows: list[Document], session: ClientSession | None = None) -> list[Entry]:
        """With their records, and with who stands behind their batches."""
        these = {"_id": {"$in": [row["_id"] for row in rows]}}
        records = {one["_id"]: one for one in self._db[RECORDS].find(these, session=session)}
        wanted = {"_id": {"$in": sorted({row["batch_id"] for row in rows} - {""})}}
        batches = self._db[BATCHES].find(wanted, session=session)
        signers = {one["_id"]: _signers(batch_of(one)) for one in batches}
        return [
            Entry(deferral_of(row), records[row["_id"]], signers.get(row["batch_id"], ()))
            for row in rows
            if row["_id"] in records
        ]


def asked(archive_id: str, wanted: RegisterFilter, on: date) -> tuple[Document, str, str]:
    """Filter, index and order of a listing. Days up to `on` are those whose keys stand before the next day's."""
    index, key = _ORDER[wanted.standing]
    found: Document = {"archive_id": archive_id, "ground": {"$in": [wanted.ground] if wanted.ground else list(GROUNDS)}}
    if wanted.fonds:
        found["fonds"], index = wanted.fonds, f"fonds_{index}"
    if wanted.standing is not Standing.ALL:
        found[key] = {"$lt": (on + timedelta(days=1)).isoformat()}
    if wanted.standing is Standing.OVERDUE:
        found["consent_id"] = ""
    return found, index, key


def _signers(batch: Batch) -> tuple[str, ...]:
    answering = batch.evidence.people if batch.evidence else ()
    return (*(one.pseudonym for one in batch.signatures), *answering, batch.published_by)
