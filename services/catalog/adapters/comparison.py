"""Compares a province's database with what Kafka, the centre and the vault have."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from services.catalog.adapters.batch_documents import BATCHES
from services.catalog.adapters.desk_documents import CASES, COPIES, VAULT
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.text_store import TEXTS
from services.catalog.domain.differences import Difference, Finding
from services.catalog.domain.work_list import State
from services.common.backup.lost_writes import lost_writes
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.outbox import COLLECTION as OUTBOX
from tongdang.audit.v1 import audit_pb2
from tongdang.catalog.v1 import record_pb2, text_pb2
from tongdang.fulfilment.v1 import fulfilment_pb2

_CHUNK = 1_000
_PUBLIC = ("open", "retracted")


class Elsewhere(Protocol):
    """What others hold of this province."""

    def published(self) -> dict[str, record_pb2.RecordPublished]:
        """Record id → its newest public state."""
        ...

    def texts(self) -> dict[str, text_pb2.TextPublished]:
        """Record id → the newest public state of its text."""
        ...

    def manifests(self) -> Iterable[record_pb2.PublicationManifest]:
        """Every publication there was."""
        ...

    def legs(self) -> Iterable[fulfilment_pb2.Leg]:
        """The centre's side of this province's legs."""
        ...

    def stream(self) -> Iterable[audit_pb2.StreamedLeaf]:
        """Audit events this province has sent."""
        ...


def differences(database: MongoDatabase, elsewhere: Elsewhere, writes: frozenset[str]) -> list[Difference]:
    """Everything that does not agree; `writes`: audit actions that change something."""
    return sorted(
        [
            *_records(database, elsewhere.published()),
            *_texts(database, elsewhere.texts()),
            *_publications(database, elsewhere.manifests()),
            *_cases(database, elsewhere.legs()),
            *_files(database),
            *(
                Difference(Finding.WRITE_LOST, place, "", what)
                for place, what in lost_writes(database, elsewhere.stream(), writes)
            ),
        ]
    )


def _records(database: MongoDatabase, published: dict[str, record_pb2.RecordPublished]) -> Iterator[Difference]:
    """By version: the public one is never ahead unless something here was lost, nor behind once the outbox is empty."""
    ids = list(published)
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        rows = database.db[RECORDS].find({"_id": {"$in": chunk}}, {"version": 1})
        here = {row["_id"]: int(row["version"]) for row in rows}
        for record_id in chunk:
            there = int(published[record_id].event.version)
            if record_id not in here:
                yield Difference(Finding.RECORD_ABSENT, record_id, "", str(there))
            elif here[record_id] < there:
                yield Difference(Finding.RECORD_BEHIND, record_id, str(here[record_id]), str(there))
    if database.db[OUTBOX].find_one({"pending": True}, {"_id": 1}) is None:
        for row in database.db[RECORDS].find({"access_status": "open"}, {"version": 1}):
            known = published.get(row["_id"])
            if known is None or int(known.event.version) < row["version"]:
                public = str(known.event.version) if known else ""
                yield Difference(Finding.RECORD_UNSENT, row["_id"], str(row["version"]), public)


def _texts(database: MongoDatabase, published: dict[str, text_pb2.TextPublished]) -> Iterator[Difference]:
    """By version, as records; a text that is absent here is behind."""
    for record_id, state in published.items():
        row = database.db[TEXTS].find_one({"_id": record_id}, {"version": 1})
        here, there = int(row["version"]) if row else 0, int(state.event.version)
        if here < there:
            yield Difference(Finding.TEXT_BEHIND, record_id, str(here or ""), str(there))


def _publications(database: MongoDatabase, manifests: Iterable[record_pb2.PublicationManifest]) -> Iterator[Difference]:
    published = database.db[BATCHES].find({"state": State.PUBLISHED.value}, {"_id": 1})
    here = {row["_id"] for row in published}
    for batch_id in sorted({one.event.subject for one in manifests} - here):
        yield Difference(Finding.PUBLICATION_ABSENT, batch_id)


def _cases(database: MongoDatabase, legs: Iterable[fulfilment_pb2.Leg]) -> Iterator[Difference]:
    for leg in legs:
        case = database.db[CASES].find_one({"_id": leg.leg_id}, {"conversation": 1, "delivery": 1})
        there = f"{leg.confirmed} received, {leg.heard} sent"
        if case is None:
            if leg.confirmed:
                yield Difference(Finding.CASE_ABSENT, leg.leg_id, "", there)
            continue
        heard, sent = len(case["conversation"]["heard"]), int(case["conversation"]["sent"])
        if heard < leg.confirmed or sent < leg.heard:
            yield Difference(Finding.CASE_BEHIND, leg.leg_id, f"{heard} received, {sent} sent", there)
        if leg.status == fulfilment_pb2.STATUS_COPY_COMPLETED and case["delivery"] is None:
            yield Difference(Finding.COPY_ABSENT, leg.leg_id)


def _files(database: MongoDatabase) -> Iterator[Difference]:
    referred: Iterable[tuple[str, str, Document]] = (
        (VAULT, "scans.sha256", {}),
        (COPIES, "delivery.sha256", {"delivery": {"$ne": None}}),
    )
    for bucket, field, filter_ in referred:
        there = set(database.db[f"{bucket}.files"].distinct("filename"))
        for sha256 in database.db[CASES].distinct(field, filter_):
            if sha256 not in there:
                yield Difference(Finding.FILE_ABSENT, str(sha256), bucket)
