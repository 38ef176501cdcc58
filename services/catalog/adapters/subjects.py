"""What the lines of a list are about: records, texts of records or their corrections, in the shape of a record."""

from collections.abc import Iterable, Mapping

from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.catalog.adapters.batch_documents import BATCHES
from services.catalog.adapters.correction_store import CORRECTIONS
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.text_store import TEXTS
from services.catalog.application.review_ports import RecordFields
from services.catalog.domain.gathering import Matter
from services.common.mongo.database import Document

SOURCES: Mapping[Matter, str] = {
    Matter.OPENING: RECORDS,
    Matter.TEXT: TEXTS,
    Matter.REREVIEW: RECORDS,
    Matter.CORRECTION: CORRECTIONS,
}
"""Collection that a list is gathered from, and whose version and content hash its lines name."""
NOT_LISTED: Mapping[Matter, str | None] = {
    Matter.OPENING: None,
    Matter.TEXT: "",
    Matter.REREVIEW: None,
    Matter.CORRECTION: "",
}
"""`batch_id` of what is on no list."""
_OF_CORRECTION = ("version", "content_hash", "mechanism", "batch_id")
_OF_TEXT = ("version", "content_hash", "mechanism", "batch_id", "text")


def matter_of(db: Database[Document], batch_id: str, session: ClientSession | None = None) -> Matter:
    """What a batch decides."""
    found = db[BATCHES].find_one({"_id": batch_id}, {"matter": 1}, session=session) or {}
    return Matter(found.get("matter", Matter.OPENING))


def subjects(
    db: Database[Document],
    matter: Matter,
    record_ids: Iterable[str],
    *,
    session: ClientSession | None = None,
    whole: bool = True,
) -> dict[str, RecordFields]:
    """By record id. Of a text: its record's fields, with version, hash and words of the text in place of the record's.

    Of a correction: the record as it is to be, and `correction`, what it replaces and why.
    `whole`: with a text's words themselves.
    """
    wanted = {"_id": {"$in": list(record_ids)}}
    records = {one["_id"]: one for one in db[RECORDS].find(wanted, session=session)}
    if matter is Matter.CORRECTION:
        return _to_be(records, db[CORRECTIONS].find(wanted, session=session))
    if matter is not Matter.TEXT:
        return records
    fields = dict.fromkeys(_OF_TEXT if whole else _OF_TEXT[:-1], 1)
    return {
        text["_id"]: {**records[text["_id"]], "unit_opinion": None, **text}
        for text in db[TEXTS].find(wanted, fields, session=session)
        if text["_id"] in records
    }


def _to_be(records: Mapping[str, RecordFields], corrections: Iterable[Document]) -> dict[str, RecordFields]:
    """Each record with the words of its correction in place of its own."""
    return {
        one["_id"]: {
            **records[one["_id"]],
            **one["fields"],
            **{name: one[name] for name in _OF_CORRECTION},
            "unit_opinion": None,
            "correction": {**one["before"], "reason": one["reason"], "proposed_by": one["proposed_by"]},
        }
        for one in corrections
        if one["_id"] in records
    }
