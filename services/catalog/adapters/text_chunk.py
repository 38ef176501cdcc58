"""One chunk of a publication of texts: made beforehand and applied in one transaction, as one of entries is.

A text leaves only while its record is open: the transaction writes to the records too, so that a retraction at the same
time comes wholly before or wholly after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pymongo import UpdateMany

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.gathering import CHUNKS
from services.catalog.adapters.publication_chunk import RELEASE, ChunkOutdated, PublicationChunk
from services.catalog.adapters.retractions import forget_text_withdrawals
from services.catalog.adapters.text_messages import open_message, open_text, text_content
from services.catalog.adapters.text_store import TEXTS
from services.catalog.domain.batches import Batch
from services.catalog.domain.gathering import Matter
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.texts import TextState
from services.catalog.domain.verdicts import LISTED, Decision
from services.common.domain.clock import legal_day
from services.common.domain.publication import entry_commitment
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.transactions import Tx

_STATES = {Decision.OPEN.value: TextState.OPEN, Decision.DEFER.value: TextState.DEFERRED}


@dataclass
class TextChunk(PublicationChunk):
    """`opened`: ids of the records whose texts open."""

    opened: list[str] = field(default_factory=list)

    def apply(self, tx: Tx) -> None:
        if self.opened:
            still = {"_id": {"$in": self.opened}, "access_status": AccessStatus.OPEN.value}
            counted = {"$inc": {"texts_opened": 1}}
            if tx.db[RECORDS].update_many(still, counted, session=tx.session).matched_count != len(self.opened):
                raise ChunkOutdated(f"batch {self.batch_id}, lines from {self.start}")
            forget_text_withdrawals(tx, self.opened)
        super().apply(tx)


def read_text_chunk(database: MongoDatabase, batch: Batch, start: int, *, sample: bool, now: datetime) -> TextChunk:
    """The chunk that begins with line `start` of the signed list; without lines where the list has ended."""
    span = {"$gte": start, "$lt": start + CHUNKS[Matter.TEXT]}
    lines = list(database.db[ENTRIES].find({"batch_id": batch.batch_id, "ordinal": span}).sort("ordinal", 1))
    these = {"_id": {"$in": [line["record_id"] for line in lines]}}
    open_ = set(database.db[RECORDS].distinct("_id", {**these, "access_status": AccessStatus.OPEN.value}))
    texts = {one["_id"]: one for one in database.db[TEXTS].find(these) if one["_id"] in open_}
    return text_chunk(batch, start, lines, texts, sample=sample, now=now)


def text_chunk(
    batch: Batch,
    start: int,
    lines: Sequence[Document],
    texts: Mapping[str, Document],
    *,
    sample: bool,
    now: datetime,
) -> TextChunk:
    """What becomes of lines of the signed list. `texts`: those of open records, as they were read."""
    assert batch.published_at is not None
    on = legal_day(batch.published_at).isoformat()
    chunk = TextChunk(batch.batch_id, start, len(lines), release=RELEASE[Matter.TEXT](on), collection=TEXTS)
    for line in lines:
        record_id, decision = line["record_id"], line["decision"]
        if decision not in LISTED:
            if not line.get("disagreement_id"):
                chunk.released.append(record_id)
            continue
        text = texts.get(record_id)
        if text is None or not _as_signed(text, line, batch):
            chunk.skipped.append(record_id)
            continue
        version, opens = text["version"] + 1, decision == Decision.OPEN.value
        decided = {"state": _STATES[decision].value, "rule": line["rule"], "reason": line["reason"], "version": version}
        decided["opened_on"] = on if opens else ""
        chunk.changes.append(UpdateMany({"_id": record_id, **_as_read(text)}, {"$set": decided}))
        chunk.changed += 1
        if opens:
            public = open_text({**text, **decided}, archive_alone=batch.archive_alone, sample=sample)
            chunk.opened.append(record_id)
            chunk.messages.append(open_message(public, version, batch, now))
            chunk.ordinals.append(line["ordinal"])
            chunk.commitments.append(entry_commitment(bytes(line["salt"]), text_content(public)))
    return chunk


def _as_read(text: Document) -> Document:
    return {name: text[name] for name in ("version", "batch_id", "state")}


def _as_signed(text: Document, line: Document, batch: Batch) -> bool:
    """Whether the text is still what was signed; one withdrawn meanwhile is skipped and named."""
    return bool(
        text["batch_id"] == batch.batch_id
        and text["version"] == line["record_version"]
        and text["content_hash"] == line["content_hash"]
        and text["state"] == TextState.WAITING.value
    )
