"""What a publication does to one chunk of its list: which records change and how, and what leaves for Kafka."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pymongo import UpdateMany

from services.catalog.adapters.published_messages import Opening
from services.catalog.domain.batches import Batch, Decision
from services.catalog.domain.record import AccessStatus
from services.common.domain.clock import legal_day
from services.common.domain.messages import OutboxMessage
from services.common.mongo.database import Document

SHAPE = (
    *("region_id", "archive_id", "reference_code", "fonds", "level", "title", "creator", "date", "pages"),
    *("access_status", "content_hash", "version", "batch_id"),
)
"""The fields of a record that publication reads."""


@dataclass
class PublicationChunk:
    """`changes`: one write for all records that are decided alike. `skipped`: ids of those no longer as signed."""

    changes: list[UpdateMany] = field(default_factory=list)
    messages: list[OutboxMessage] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def publication_chunk(
    batch: Batch, lines: Sequence[Document], records: Mapping[str, Document], *, sample: bool, now: datetime
) -> PublicationChunk:
    """Applies lines of the signed list to the records as they are now."""
    assert batch.published_at is not None
    on = legal_day(batch.published_at).isoformat()
    opening = Opening(batch, on, sample, now)
    chunk = PublicationChunk()
    alike: dict[tuple[str, str, str], list[str]] = {}
    for line in lines:
        record = records.get(line["record_id"])
        if record is None or not _as_signed(record, line, batch):
            chunk.skipped.append(line["record_id"])
            continue
        alike.setdefault((line["decision"], line["rule"], line["reason"]), []).append(record["_id"])
        if line["decision"] == Decision.OPEN.value:
            chunk.messages.append(opening.message({**record, "version": record["version"] + 1}, line["rule"]))
    for (decision, rule, reason), ids in alike.items():
        opens = decision == Decision.OPEN.value
        fields = {
            "access_status": (AccessStatus.OPEN if opens else AccessStatus.DEFERRED).value,
            "decision": decision,
            "rule": rule,
            "reason": reason,
            "opened_on": on if opens else None,
            "reviewed_by_archive_alone": batch.archive_alone,
            "updated_at": now,
        }
        chunk.changes.append(UpdateMany({"_id": {"$in": ids}}, {"$set": fields, "$inc": {"version": 1}}))
    return chunk


def _as_signed(record: Document, line: Document, batch: Batch) -> bool:
    """Whether the record is still what was signed; one retracted or changed meanwhile is skipped and named."""
    return bool(
        record["batch_id"] == batch.batch_id
        and record["version"] == line["record_version"]
        and record["content_hash"] == line["content_hash"]
        and record["access_status"] == AccessStatus.UNREVIEWED.value
    )
