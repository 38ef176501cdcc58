"""Lets the records of a cancelled list go, chunk by chunk: each says again what it said before it was listed."""

from collections.abc import Mapping
from typing import Any

from pymongo import UpdateMany

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.publication_chunk import CHUNK, UNDER_REVIEW
from services.catalog.adapters.subjects import SOURCES
from services.catalog.domain.batches import Batch
from services.catalog.domain.corrections import CorrectionState
from services.catalog.domain.gathering import Matter
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.texts import TextState
from services.common.domain.clock import legal_day
from services.common.mongo.transactions import Tx


def release(tx: Tx, batch: Batch) -> tuple[Batch, int]:
    """The records of the next lines go back, and how many did; without further lines the list is cancelled.

    A record stays where the unit's objection holds it, and where it is no longer this list's.
    """
    span = {"batch_id": batch.batch_id, "ordinal": {"$gte": batch.cursor, "$lt": batch.cursor + CHUNK}}
    fields = {"record_id": 1, "was": 1, "disagreement_id": 1}
    lines = list(tx.db[ENTRIES].find(span, fields, session=tx.session))
    alike: dict[tuple[tuple[str, Any], ...], list[str]] = {}
    for line in lines:
        if not line.get("disagreement_id"):
            was = line.get("was") or _unknown(batch)
            alike.setdefault(tuple(sorted(was.items())), []).append(line["record_id"])
    mine = {"batch_id": batch.batch_id, **_STANDING[batch.matter]}
    writes = [UpdateMany({"_id": {"$in": ids}, **mine}, {"$set": dict(was)}) for was, ids in alike.items()]
    source = tx.db[SOURCES[batch.matter]]
    gone = source.bulk_write(writes, ordered=False, session=tx.session).matched_count if writes else 0
    return batch.released(len(lines)), gone


_STANDING: Mapping[Matter, Mapping[str, str]] = {
    **{matter: {"access_status": status} for matter, status in UNDER_REVIEW.items()},
    Matter.TEXT: {"state": TextState.WAITING.value},
    Matter.CORRECTION: {"state": CorrectionState.WAITING.value},
}
"""What lets a record, a text or a correction go back."""


def _unknown(batch: Batch) -> Mapping[str, Any]:
    """Of a list that was gathered when lines did not keep it yet."""
    if batch.matter is Matter.REREVIEW:
        return {"reevaluate_on": legal_day(batch.created_at).isoformat()}
    return {"batch_id": None, "access_status": AccessStatus.UNREVIEWED.value}
