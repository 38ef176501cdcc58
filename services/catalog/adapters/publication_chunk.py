"""One chunk of a publication: made from the signed list and the records beforehand, applied in one transaction.

Between the two a record may change. So each write names the state it was made for, and a chunk that no longer fits
writes nothing and is made again; what was signed and what leaves are the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pymongo import UpdateMany, UpdateOne

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.deferral_documents import deferral, enter, leave
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.publication_documents import COMMITMENTS, commitments_document
from services.catalog.adapters.published_messages import Opening, entry_content
from services.catalog.domain.batches import Batch
from services.catalog.domain.deferrals import Deferral
from services.catalog.domain.gathering import Matter
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.rules.terms import re_evaluate_on
from services.catalog.domain.verdicts import LISTED, Decision
from services.common.domain.clock import legal_day
from services.common.domain.errors import Unavailable
from services.common.domain.messages import OutboxMessage
from services.common.domain.publication import entry_commitment
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.transactions import Tx

CHUNK = 500
"""Records a transaction (DESIGN §4: larger ones fail or stall others)."""
_LEFT_OUT = {"suggestion": 0, "facets": 0, "former": 0}
"""Of a line: how it came to be decided."""
_SHAPE = (
    *("region_id", "archive_id", "reference_code", "fonds", "level", "title", "creator", "date", "pages"),
    *("access_status", "content_hash", "version", "batch_id", "eligible_on"),
)
"""The fields of a record that publication reads."""


UNDER_REVIEW = {Matter.OPENING: AccessStatus.UNREVIEWED.value, Matter.REREVIEW: AccessStatus.DEFERRED.value}
"""What a record is until the publication of its batch."""
RELEASE: Mapping[Matter, Callable[[str], Document]] = {
    Matter.OPENING: lambda _: {"batch_id": None},
    Matter.TEXT: lambda _: {"batch_id": ""},
    Matter.REREVIEW: lambda on: {"reevaluate_on": on},
    Matter.CORRECTION: lambda _: {"batch_id": ""},
}
"""What makes a record fit for a later list, on a legal day."""


_OPENED_ANEW: Document = {"corrected_on": None, "opened_in": ""}
"""Of a record that was open before, and corrected then."""


class ChunkOutdated(Unavailable):
    """A record changed after the chunk was made; nothing was written."""


@dataclass
class PublicationChunk:
    """Lines [`start`, `start` + `lines`) of a batch's list.

    `changes`: one write for all records that are decided alike, of `changed` records in all. `skipped`: ids of records
    that are no longer as signed. `released`: of those the archive set aside, which `release` lets onto a later list.
    `deferred`: for the register; `reopened`: ids of records that leave it.
    `collection`: of what is decided. `ordinals`, `commitments`: of the lines that open, in their order.
    """

    batch_id: str
    start: int
    lines: int
    changes: list[UpdateMany | UpdateOne] = field(default_factory=list)
    changed: int = 0
    messages: list[OutboxMessage] = field(default_factory=list)
    ordinals: list[int] = field(default_factory=list)
    commitments: list[bytes] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    release: Document = field(default_factory=dict)
    collection: str = RECORDS
    deferred: list[Deferral] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)

    def apply(self, tx: Tx) -> None:
        """Raises: ChunkOutdated."""
        if self.changes:
            done = tx.db[self.collection].bulk_write(self.changes, ordered=False, session=tx.session)
            if done.matched_count != self.changed:
                raise ChunkOutdated(f"batch {self.batch_id}, lines from {self.start}")
        if self.released:
            mine = {"_id": {"$in": self.released}, "batch_id": self.batch_id}
            tx.db[self.collection].update_many(mine, {"$set": self.release}, session=tx.session)
        enter(tx, self.deferred)
        leave(tx, self.reopened)
        if self.commitments:
            kept = commitments_document(self.batch_id, self.start, self.ordinals, self.commitments)
            tx.db[COMMITMENTS].insert_one(kept, session=tx.session)
        tx.emit(*self.messages)


def read_chunk(
    database: MongoDatabase, batch: Batch, start: int, *, sample: bool, now: datetime, years: int
) -> PublicationChunk:
    """The chunk that begins with line `start` of the signed list; without lines where the list has ended.

    `years`: after which a deferral comes up again (rule D5).
    """
    wanted = {"batch_id": batch.batch_id, "ordinal": {"$gte": start, "$lt": start + CHUNK}}
    lines = list(database.db[ENTRIES].find(wanted, _LEFT_OUT).sort("ordinal", 1))
    stored = database.db[RECORDS].find({"_id": {"$in": [line["record_id"] for line in lines]}}, _SHAPE)
    records = {record["_id"]: record for record in stored} if lines else {}
    return publication_chunk(batch, start, lines, records, sample=sample, now=now, years=years)


def publication_chunk(
    batch: Batch,
    start: int,
    lines: Sequence[Document],
    records: Mapping[str, Document],
    *,
    sample: bool,
    now: datetime,
    years: int,
) -> PublicationChunk:
    """What becomes of lines of the signed list, given the records as they were read."""
    assert batch.published_at is not None
    decided_on = legal_day(batch.published_at)
    on, again = decided_on.isoformat(), re_evaluate_on(decided_on, years).isoformat()
    opening = Opening(batch, on, sample, now)
    chunk = PublicationChunk(batch.batch_id, start, len(lines), release=RELEASE[batch.matter](on))
    alike: dict[tuple[str, str, str, str, str, int], list[str]] = {}
    for line in lines:
        if line["decision"] not in LISTED:
            if not line.get("disagreement_id"):
                chunk.released.append(line["record_id"])
            continue
        record = records.get(line["record_id"])
        if record is None or not _as_signed(record, line, batch):
            chunk.skipped.append(line["record_id"])
            continue
        masked, early_class = line.get("masked_title", ""), line.get("early_class", "")
        same = (line["decision"], line["rule"], line["reason"], masked, early_class, record["version"])
        alike.setdefault(same, []).append(record["_id"])
        if line["decision"] == Decision.OPEN.value:
            entry = opening.entry({**record, "title": masked} if masked else record, line["rule"])
            chunk.messages.append(opening.message(entry, record["version"] + 1))
            chunk.ordinals.append(line["ordinal"])
            chunk.commitments.append(entry_commitment(bytes(line["salt"]), entry_content(entry)))
            if batch.matter is Matter.REREVIEW:
                chunk.reopened.append(record["_id"])
        else:
            ground, why = line["rule"], line["reason"]
            entered = deferral(record, ground=ground, reason=why, on=decided_on, years=years, batch_id=batch.batch_id)
            chunk.deferred.append(entered)
    for (decision, rule, reason, masked, early_class, version), ids in alike.items():
        opens = decision == Decision.OPEN.value
        fields = {
            "access_status": (AccessStatus.OPEN if opens else AccessStatus.DEFERRED).value,
            "decision": decision,
            "rule": rule,
            "reason": reason,
            "masked_title": masked,
            "early_class": early_class,
            "opened_on": on if opens else None,
            "reevaluate_on": None if opens else again,
            "reviewed_by_archive_alone": batch.archive_alone,
            "updated_at": now,
            "version": version + 1,
            **(_OPENED_ANEW if batch.matter is Matter.REREVIEW else {}),
        }
        as_read = {"version": version, "batch_id": batch.batch_id, "access_status": UNDER_REVIEW[batch.matter]}
        chunk.changes.append(UpdateMany({"_id": {"$in": ids}, **as_read}, {"$set": fields}, hint="_id_"))
        chunk.changed += len(ids)
    return chunk


def _as_signed(record: Document, line: Document, batch: Batch) -> bool:
    """Whether the record is still what was signed; one retracted or changed meanwhile is skipped and named."""
    return bool(
        record["batch_id"] == batch.batch_id
        and record["version"] == line["record_version"]
        and record["content_hash"] == line["content_hash"]
        and record["access_status"] == UNDER_REVIEW[batch.matter]
    )
