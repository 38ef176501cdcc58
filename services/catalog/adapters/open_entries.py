"""`OpenCatalogue` on MongoDB: every open entry page by page, in an index's order: memory holds one page."""

from collections.abc import Callable, Mapping
from typing import Any

from services.catalog.adapters.batch_documents import BATCHES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.publication_documents import PUBLICATIONS
from services.catalog.adapters.published_messages import entry_content, published_entry
from services.catalog.adapters.retractions import RETRACTIONS
from services.catalog.application.dumps import Rows
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.work_list import State
from services.common.domain.dump_fields import RETRACTED_FIELDS
from services.common.domain.registry import Region
from services.common.mongo.database import Document, MongoDatabase
from tongdang.catalog.v1 import record_pb2

_PAGE = 1_000
_OPEN = {"access_status": AccessStatus.OPEN.value}


class OpenEntries:
    """As of the moment it is built: what a publication opens that is under way by then is left to the next dump.

    `still`: called before each page; raises to end the reading.
    """

    def __init__(self, database: MongoDatabase, region: Region, still: Callable[[], None]) -> None:
        self._db = database.db
        self._samples = {archive.archive_id: archive.sample for archive in region.archives}
        self._still = still
        self._unfinished = set(self._db[BATCHES].distinct("_id", {"state": {"$ne": State.PUBLISHED.value}}))
        self._sample_batches: dict[str, bool] = {}

    def entries(self) -> Rows:
        for archive_id in sorted(self._samples):
            after = ""
            while True:
                self._still()
                wanted = {"archive_id": archive_id, **_OPEN, "reference_code": {"$gt": after}}
                rows = list(self._db[RECORDS].find(wanted).sort("reference_code", 1).limit(_PAGE))
                if not rows:
                    break
                after = rows[-1]["reference_code"]
                yield [entry_content(published_entry(row, self._is_sample(row))) for row in rows if self._is_in(row)]

    def retracted(self) -> Rows:
        after = ""
        while True:
            self._still()
            rows = list(self._db[RETRACTIONS].find({"_id": {"$gt": after}}).sort("_id", 1).limit(_PAGE))
            if not rows:
                return
            after = rows[-1]["_id"]
            again = self._db[RECORDS].find({"_id": {"$in": [row["_id"] for row in rows]}, **_OPEN}, {"batch_id": 1})
            opened = {row["_id"] for row in again if self._is_in(row)}
            yield [_retraction(row) for row in rows if row["_id"] not in opened]

    def _is_in(self, record: Document) -> bool:
        return record["batch_id"] not in self._unfinished

    def _is_sample(self, record: Document) -> bool:
        """As its publication said; of one whose manifest went with a lost database, as the registry says."""
        batch_id = record["batch_id"]
        if batch_id not in self._sample_batches:
            published = self._db[PUBLICATIONS].find_one({"_id": batch_id}, {"sample": 1})
            known = self._samples[record["archive_id"]]
            self._sample_batches[batch_id] = bool(published["sample"]) if published else known
        return self._sample_batches[batch_id]


def _retraction(row: Document) -> Mapping[str, Any]:
    retracted = record_pb2.RecordPublished.FromString(bytes(row["message"]["value"])).retracted
    return {field.column: getattr(retracted, field.column) for field in RETRACTED_FIELDS}
