"""Brings a database to the deferral register, consents, series and reports."""

from collections.abc import Callable

from pymongo import ASCENDING, DESCENDING, IndexModel, ReplaceOne
from pymongo.database import Database

from services.catalog.adapters.consent_store import CONSENTS, REGISTER_FILES
from services.catalog.adapters.deferral_documents import DEFERRALS, as_stored, deferral_document, index_register
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.personal_records import PERSONAL, index_personal_records, member
from services.catalog.adapters.report_store import LOOKS, REPORTS, SECRETS
from services.catalog.adapters.series_store import SERIES, SERIES_YEARS
from services.catalog.domain.consents import ConsentState
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.series import SeriesState
from services.common.mongo.database import Document
from services.common.mongo.files import create_bucket
from services.common.mongo.migrations import create_collections

_AT_ONCE = 1_000
_BY_ARCHIVE = IndexModel([("archive_id", ASCENDING), ("_id", DESCENDING)], name="archive")


def registers(db: Database[Document]) -> None:
    """Idempotent. Records that are deferred already are entered with the day of their last change."""
    create_collections(db, DEFERRALS, PERSONAL, CONSENTS, SERIES, SERIES_YEARS, REPORTS, LOOKS, SECRETS)
    create_collections(db, f"{REGISTER_FILES}.files", f"{REGISTER_FILES}.chunks")
    create_bucket(db, REGISTER_FILES)
    index_register(db)
    index_personal_records(db)
    confirmed = {"state": ConsentState.CONFIRMED.value, "coverage.batch_id": {"$gt": ""}}
    once = IndexModel([("coverage.batch_id", ASCENDING)], name="batch", unique=True, partialFilterExpression=confirmed)
    unfinished = IndexModel([("finished", ASCENDING)], name="unfinished", partialFilterExpression={"finished": False})
    db[CONSENTS].create_indexes([_BY_ARCHIVE, once, unfinished])
    standing = {"state": SeriesState.STANDING.value}
    db[SERIES].create_indexes(
        [_BY_ARCHIVE, IndexModel([("archive_id", ASCENDING)], name="standing", partialFilterExpression=standing)]
    )
    db[SERIES_YEARS].create_indexes([IndexModel([("series_id", ASCENDING)], name="series")])
    for name in (REPORTS, SECRETS):
        db[name].create_indexes([_BY_ARCHIVE])
    _copy(db, {"access_status": AccessStatus.DEFERRED.value}, DEFERRALS, lambda row: deferral_document(as_stored(row)))
    _copy(db, {"control_rule": "D6"}, PERSONAL, member)


def _copy(db: Database[Document], found: Document, into: str, made: Callable[[Document], Document]) -> None:
    writes: list[ReplaceOne[Document]] = []
    for row in db[RECORDS].find(found):
        document = made(row)
        writes.append(ReplaceOne({"_id": document["_id"]}, document, upsert=True))
        if len(writes) == _AT_ONCE:
            db[into].bulk_write(writes, ordered=False)
            writes = []
    if writes:
        db[into].bulk_write(writes, ordered=False)
