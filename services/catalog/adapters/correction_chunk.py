"""One chunk of a publication of corrections: open entries are replaced by what was signed, each in its next version.

Nobody can be shown the former words any more: the salt of their commitment dies with this transaction, and no dump that
holds them is offered after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.correction_store import CORRECTIONS
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.dump_shelf import withdraw_dumps
from services.catalog.adapters.gathering import CHUNKS
from services.catalog.adapters.publication_chunk import RELEASE, ChunkOutdated, PublicationChunk
from services.catalog.adapters.published_messages import Opening, entry_content
from services.catalog.domain.batches import Batch
from services.catalog.domain.corrections import CorrectionState
from services.catalog.domain.gathering import Matter
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.verdicts import Decision
from services.common.domain.clock import legal_day
from services.common.domain.publication import entry_commitment
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.transactions import Tx


@dataclass
class CorrectionChunk(PublicationChunk):
    """`corrected`: writes to the records, one each. `former`: to the lines that published what is replaced."""

    corrected: list[UpdateOne] = field(default_factory=list)
    former: list[UpdateOne] = field(default_factory=list)

    def apply(self, tx: Tx) -> None:
        if self.corrected:
            done = tx.db[RECORDS].bulk_write(self.corrected, ordered=False, session=tx.session)
            if done.matched_count != len(self.corrected):
                raise ChunkOutdated(f"batch {self.batch_id}, lines from {self.start}")
            tx.db[ENTRIES].bulk_write(self.former, ordered=False, session=tx.session)
            withdraw_dumps(tx)
        super().apply(tx)


def read_correction_chunk(
    database: MongoDatabase, batch: Batch, start: int, *, sample: bool, now: datetime
) -> CorrectionChunk:
    """The chunk that begins with line `start` of the signed list; without lines where the list has ended."""
    span = {"$gte": start, "$lt": start + CHUNKS[Matter.CORRECTION]}
    lines = list(database.db[ENTRIES].find({"batch_id": batch.batch_id, "ordinal": span}).sort("ordinal", 1))
    these = {"_id": {"$in": [line["record_id"] for line in lines]}}
    corrections = {one["_id"]: one for one in database.db[CORRECTIONS].find(these)}
    records = {one["_id"]: one for one in database.db[RECORDS].find(these)}
    return correction_chunk(batch, start, lines, corrections, records, sample=sample, now=now)


def correction_chunk(
    batch: Batch,
    start: int,
    lines: Sequence[Document],
    corrections: Mapping[str, Document],
    records: Mapping[str, Document],
    *,
    sample: bool,
    now: datetime,
) -> CorrectionChunk:
    """What becomes of lines of the signed list. `corrections`, `records`: by record id, as they were read."""
    assert batch.published_at is not None
    on = legal_day(batch.published_at).isoformat()
    opening = Opening(batch, on, sample, now)
    release = RELEASE[Matter.CORRECTION](on)
    chunk = CorrectionChunk(batch.batch_id, start, len(lines), release=release, collection=CORRECTIONS)
    for line in lines:
        record_id = line["record_id"]
        if line["decision"] != Decision.OPEN.value:
            if not line.get("disagreement_id"):
                chunk.released.append(record_id)
            continue
        correction, record = corrections.get(record_id), records.get(record_id)
        if correction is None or record is None or not _as_signed(correction, record, line, batch):
            chunk.skipped.append(record_id)
            continue
        after = {**record, **_corrected(correction, record, line, batch, on), "updated_at": now}
        entry = opening.corrected({**after, "title": after["masked_title"] or after["title"]}, line["rule"])
        chunk.messages.append(opening.message(entry, after["version"]))
        chunk.ordinals.append(line["ordinal"])
        chunk.commitments.append(entry_commitment(bytes(line["salt"]), entry_content(entry)))
        as_read = {name: record[name] for name in ("version", "batch_id", "access_status")}
        changed = {name: value for name, value in after.items() if record.get(name) != value}
        chunk.corrected.append(UpdateOne({"_id": record_id, **as_read}, {"$set": changed}))
        former = {"batch_id": record["batch_id"], "record_id": record_id}
        chunk.former.append(UpdateOne(former, {"$unset": {"salt": ""}}))
        chunk.changes.append(_published(correction))
        chunk.changed += 1
    return chunk


def _corrected(correction: Document, record: Document, line: Document, batch: Batch, on: str) -> Mapping[str, Any]:
    """What changes of the record. A mask stays unless the line gives another: a correction never uncovers a title."""
    return {
        **correction["fields"],
        "content_hash": correction["content_hash"],
        "masked_title": line.get("masked_title") or record.get("masked_title") or "",
        "rule": line["rule"],
        "reason": line["reason"],
        "early_class": line.get("early_class", ""),
        "batch_id": batch.batch_id,
        "opened_in": record.get("opened_in") or record["batch_id"],
        "corrected_on": on,
        "reviewed_by_archive_alone": batch.archive_alone,
        "version": record["version"] + 1,
    }


def _published(correction: Document) -> UpdateOne:
    as_read = {name: correction[name] for name in ("_id", "version", "batch_id", "state")}
    return UpdateOne(as_read, {"$set": {"state": CorrectionState.PUBLISHED.value}, "$inc": {"version": 1}})


def _as_signed(correction: Document, record: Document, line: Document, batch: Batch) -> bool:
    """Whether proposal and entry are still what was signed; an entry retracted meanwhile is skipped and named."""
    return bool(
        correction["batch_id"] == batch.batch_id
        and correction["state"] == CorrectionState.WAITING.value
        and correction["version"] == line["record_version"]
        and correction["content_hash"] == line["content_hash"]
        and record["access_status"] == AccessStatus.OPEN.value
        and record["version"] == correction["record_version"]
    )
