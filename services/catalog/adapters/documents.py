"""How a catalogue record is stored: collection `records`, one document a record (DA/T 18-2022 terms).

The import writes raw documents for speed; a contract test holds them to this schema's verdicts.
Indexes are made by the migrations alone, so `auto_create_index` is off.
"""

from collections.abc import Mapping
from typing import Any, cast

from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    IntField,
    ListField,
    LongField,
    StringField,
)
from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.catalog.domain.record import MAX_REFERENCE_CODE, MAX_TITLE, AccessStatus, Level
from services.catalog.domain.record_dates import Precision

RECORDS = "records"
IMPORTS = "imports"
IMPORT_REJECTIONS = "import_rejections"

ISO_DAY = r"^\d{4}-\d{2}-\d{2}$"


class StoredDate(EmbeddedDocument):  # type: ignore[misc]
    """A date as the record states it; days are ISO 8601 or null."""

    raw = StringField(required=True)
    earliest = StringField(regex=ISO_DAY, null=True)
    latest = StringField(regex=ISO_DAY, null=True)
    precision = StringField(required=True, choices=[precision.value for precision in Precision])
    attested = BooleanField(required=True)


class RecordDocument(Document):  # type: ignore[misc]
    """One record. `version` starts at 1 and grows with each change, of content or of state."""

    record_id = StringField(primary_key=True)
    region_id = StringField(required=True)
    archive_id = StringField(required=True)
    reference_code = StringField(required=True, min_length=1, max_length=MAX_REFERENCE_CODE)
    reference_code_raw = StringField(required=True)
    fonds = StringField(required=True)
    level = StringField(required=True, choices=[level.value for level in Level])
    title = StringField(required=True, min_length=1, max_length=MAX_TITLE)
    creator = StringField(required=True, min_length=1)
    date = EmbeddedDocumentField(StoredDate, required=True)
    retention_period = StringField(required=True)
    access_status = StringField(required=True, choices=[status.value for status in AccessStatus])
    control_rule = StringField()
    """Why the import set `controlled`: a rule row such as S7, A1, D6, else empty."""
    security_classification = StringField()
    disclosure = StringField()
    pages = IntField(required=True, min_value=0)
    eligible_on = StringField(regex=ISO_DAY, null=True)
    content_hash = StringField(required=True, regex=r"^[0-9a-f]{64}$")
    other = DictField()
    aliases = ListField(StringField())
    unit_id = StringField()
    """Creating unit or successor; empty where the registry attests that none exists (rule O5)."""
    import_id = StringField(required=True)
    version = LongField(required=True, min_value=1)
    batch_id = StringField(null=True)
    decision = StringField(null=True)
    rule = StringField(null=True)
    reason = StringField(null=True)
    opened_on = StringField(regex=ISO_DAY, null=True)
    reviewed_by_archive_alone = BooleanField(default=False)
    masked_title = StringField(max_length=MAX_TITLE)
    """What the open entry says in place of the title."""
    early_class = StringField()
    """Class of an early opening (rule O2)."""
    corrected_on = StringField(regex=ISO_DAY)
    """When the open entry last replaced another."""
    opened_in = StringField()
    """List that opened it, where a list of corrections is what `batch_id` names."""
    unit_opinion = DictField(null=True, default=None)
    """到期开放意见 of the transfer package: opinion, given_on, package_number (Regulations 30)."""
    mechanism = StringField()
    """open or defer, where the mechanism decided a disagreement about the record (Measures 14)."""
    reevaluate_on = StringField(regex=ISO_DAY)
    """When a deferral is looked at again (rule D5); null while a list holds it."""
    created_at = DateTimeField(required=True)
    updated_at = DateTimeField(required=True)

    meta = {"collection": RECORDS, "auto_create_index": False, "strict": False}  # noqa: RUF012


def create_record_collections(db: Database[dict[str, Any]]) -> None:
    """Collections and indexes of records and imports; for the migrations only. Idempotent.

    Compound indexes lead with `archive_id`: the database is the region's.
    """
    present = set(db.list_collection_names())
    for name in (RECORDS, IMPORTS, IMPORT_REJECTIONS):
        if name not in present:
            db.create_collection(name)
    for name, indexes in _INDEXES.items():
        db[name].create_indexes(indexes)


REVIEWABLE: Mapping[str, Any] = {
    "access_status": AccessStatus.UNREVIEWED.value,
    "security_classification": "",
    "batch_id": None,
}
"""What may be put on a list at all, dates aside. Its index holds nothing else, so that a list is gathered from the
front of it however many records lie in lists already, and a publication leaves it alone."""

OUT_OF_SCOPE: Mapping[str, Any] = {
    "access_status": AccessStatus.CONTROLLED.value,
    "control_rule": "A1",
    "security_classification": "",
    "batch_id": None,
}
"""Records of defence, diplomacy and security, which a scope decision makes reviewable."""
DUE_AGAIN: Mapping[str, Any] = {
    "access_status": AccessStatus.DEFERRED.value,
    "reevaluate_on": {"$exists": True},
}
"""Deferred records that come up again (rule D5), dates aside."""
REVIEWABLE_INDEX, DUE_AGAIN_INDEX = "reviewable_by_term", "due_again_by_day"
"""Each holds these alone, with all that counting asks of them, so that a hundred thousand are not read for it."""
_BY_FONDS = [("archive_id", ASCENDING), ("fonds", ASCENDING)]
_BY_TERM = [*_BY_FONDS, ("eligible_on", ASCENDING), ("_id", ASCENDING)]
_COUNTED = [(name, ASCENDING) for name in (*REVIEWABLE, "disclosure")]

_INDEXES: Mapping[str, list[IndexModel]] = {
    RECORDS: [
        IndexModel([*_BY_TERM, *_COUNTED], name=REVIEWABLE_INDEX, partialFilterExpression=REVIEWABLE),
        IndexModel(_BY_TERM, name="out_of_scope", partialFilterExpression=OUT_OF_SCOPE),
        IndexModel(
            [*_BY_FONDS, ("reevaluate_on", ASCENDING), ("_id", ASCENDING), ("access_status", ASCENDING)],
            name=DUE_AGAIN_INDEX,
            partialFilterExpression=DUE_AGAIN,
        ),
        IndexModel(
            [("archive_id", ASCENDING), ("unit_id", ASCENDING), ("reference_code", ASCENDING)], name="unit_code"
        ),
        IndexModel([("archive_id", ASCENDING), ("reference_code", ASCENDING)], name="code", unique=True),
        IndexModel(
            [("archive_id", ASCENDING), ("access_status", ASCENDING), ("reference_code", ASCENDING)],
            name="status_code",
        ),
    ],
    IMPORTS: [
        IndexModel([("archive_id", ASCENDING), ("_id", ASCENDING)], name="archive"),
        IndexModel([("archive_id", ASCENDING), ("sha256", ASCENDING)], name="same_file"),
        IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="waiting"),
    ],
    IMPORT_REJECTIONS: [
        IndexModel([("archive_id", ASCENDING), ("import_id", ASCENDING), ("ordinal", ASCENDING)], name="order"),
    ],
}


_FORMER = {"review", "batch", "reviewable", "to_review", "due_again"}


def index_reviewable_records(db: Database[dict[str, Any]]) -> None:
    """In the place of one that kept every record under its state, of one nobody asked, of one by unit (whom the review
    asks for a fonds is its history's to say), and of two by which counting had to read each record.

    Each index costs a publication ten microseconds a record, also where its keys stay as they are.
    """
    db[RECORDS].create_indexes(_INDEXES[RECORDS])
    for former in _FORMER & set(db[RECORDS].index_information()):
        db[RECORDS].drop_index(former)


def record_from_raw(raw: Mapping[str, Any]) -> RecordDocument:
    """The document class over what the driver read; `validate()` on it gives the schema's verdict."""
    return cast(RecordDocument, RecordDocument._from_son(dict(raw)))
