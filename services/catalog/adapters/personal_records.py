"""Which records belong to a personal series: a collection beside `records`, kept by the import (rule D6).

Membership is by fonds, category and year, so that a series counts what is there now, later imports included.
"""

from collections.abc import Mapping, Sequence

from pymongo import ASCENDING, IndexModel, ReplaceOne
from pymongo.database import Database

from services.catalog.domain.intake_rules import personal_series
from services.common.mongo.database import Document
from services.common.mongo.transactions import Tx

PERSONAL = "personal_records"
_RULE = "D6"


def index_personal_records(db: Database[Document]) -> None:
    """For the migrations only. Idempotent."""
    fields = ("archive_id", "fonds", "category", "year")
    db[PERSONAL].create_indexes([IndexModel([(field, ASCENDING) for field in fields], name="series")])


def is_member(record: Mapping[str, object]) -> bool:
    """Whether the import controlled it as of a personal series."""
    return record["control_rule"] == _RULE


def member(record: Document) -> Document:
    """What is kept of one."""
    return {
        "_id": record["_id"],
        "archive_id": record["archive_id"],
        "fonds": record["fonds"],
        "category": personal_series(record["title"]),
        "year": int((record["date"]["latest"] or "0")[:4]),
    }


def follow_import(tx: Tx, created: Sequence[Document], changed: Mapping[str, Document]) -> None:
    """New members join; a changed record joins, moves or leaves."""
    joining = [member(record) for record in created if is_member(record)]
    if joining:
        tx.db[PERSONAL].insert_many(joining, session=tx.session)
    present = [{"_id": record_id, **fields} for record_id, fields in changed.items()]
    moves = [ReplaceOne({"_id": one["_id"]}, member(one), upsert=True) for one in present if is_member(one)]
    if moves:
        tx.db[PERSONAL].bulk_write(moves, session=tx.session)
    leaving = [one["_id"] for one in present if not is_member(one)]
    if leaving:
        tx.db[PERSONAL].delete_many({"_id": {"$in": leaving}}, session=tx.session)
