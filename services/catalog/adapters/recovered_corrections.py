"""Brings a corrected entry back into a restored database whose backup is older, from what the public reads of it."""

from typing import Any

from services.catalog.adapters.correction_store import CORRECTIONS
from services.catalog.adapters.retractions import forget_former_salts
from services.catalog.domain.corrections import CorrectionState
from services.catalog.domain.record import content_hash
from services.catalog.domain.record_dates import parse_record_date
from services.common.mongo.database import Document
from services.common.mongo.transactions import Tx
from tongdang.catalog.v1 import record_pb2


def bring_back_correction(tx: Tx, entry: record_pb2.OpenEntry, known: Document) -> Document:
    """Further fields of the record: its words as they were corrected; the proposal is published, former salts die.

    Of a masked record only the public knows the mask, and only the lost database knew the title: that stays as it was.
    """
    forget_former_salts(tx, entry.record_id, entry.batch_id)
    published = {"$set": {"state": CorrectionState.PUBLISHED.value}, "$inc": {"version": 1}}
    waiting = {"_id": entry.record_id, "batch_id": entry.batch_id, "state": CorrectionState.WAITING.value}
    tx.db[CORRECTIONS].update_one(waiting, published, session=tx.session)
    date = parse_record_date(entry.date.raw)
    eligible = date.eligible_on()
    masked = bool(known.get("masked_title"))
    words: dict[str, Any] = {
        "title": known["title"] if masked else entry.title,
        "creator": entry.creator,
        "date": date.fields(),
        "pages": entry.pages,
        "eligible_on": eligible.isoformat() if eligible else None,
    }
    return {
        **words,
        "content_hash": content_hash({**known, **words}),
        "masked_title": entry.title if masked else "",
        "opened_in": known.get("opened_in") or known["batch_id"] or "",
    }
