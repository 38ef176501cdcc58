"""Brings a text back into a restored database, from what the public has of it."""

from collections.abc import Set
from datetime import UTC
from typing import Any

from services.catalog.adapters.batch_documents import BATCHES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.retractions import forget_text_withdrawals, keep_text_withdrawal
from services.catalog.adapters.text_messages import withdrawal_message
from services.catalog.adapters.text_store import TEXTS, text_document, text_of
from services.catalog.domain.texts import Text, TextState
from services.catalog.domain.work_list import State
from services.common.mongo.transactions import Tx
from tongdang.catalog.v1 import text_pb2


def bring_back_text(tx: Tx, state: text_pb2.TextPublished, ended: Set[str]) -> bool:
    """Whether it was brought back: not while its list is being published, whose worker comes to it again.

    `ended`: batches whose manifest is public, while this database may be in the middle of them.
    """
    record_id, session = state.event.subject, tx.session
    record = tx.db[RECORDS].find_one({"_id": record_id}, session=session)
    stored = tx.db[TEXTS].find_one({"_id": record_id}, session=session)
    listed = stored["batch_id"] if stored else state.open.batch_id
    publishing = {"_id": listed, "state": State.PUBLISHING.value}
    goes_on = state.HasField("open") and listed not in ended
    if record is None or (goes_on and tx.db[BATCHES].find_one(publishing, {"_id": 1}, session=session) is not None):
        return False
    text = _public(state, record) if state.HasField("open") else _withdrawn(state, record, stored)
    tx.db[TEXTS].replace_one({"_id": record_id}, text_document(text), upsert=True, session=session)
    if state.HasField("open"):
        forget_text_withdrawals(tx, [record_id])
    else:
        event, at = state.event, state.event.time.ToDatetime(tzinfo=UTC)
        message = withdrawal_message(text, at, event.actor, event.correlation_id)
        keep_text_withdrawal(tx, event.correlation_id, message, at)
    return True


def _public(state: text_pb2.TextPublished, record: dict[str, Any]) -> Text:
    opened = state.open
    return Text(
        record_id=opened.record_id,
        region_id=opened.region_id,
        archive_id=opened.archive_id,
        fonds=record["fonds"],
        year=int((record["date"]["latest"] or "0")[:4]),
        text=opened.text,
        entered_by="",
        entered_at=state.event.time.ToDatetime(tzinfo=UTC),
        version=int(state.event.version),
        state=TextState.OPEN,
        batch_id=opened.batch_id,
        rule=opened.rule,
        opened_on=opened.opened_on,
    )


def _withdrawn(state: text_pb2.TextPublished, record: dict[str, Any], stored: dict[str, Any] | None) -> Text:
    """Its words are only in the backup, if anywhere."""
    gone = state.withdrawn
    known = text_of(stored) if stored else None
    return Text(
        record_id=gone.record_id,
        region_id=gone.region_id,
        archive_id=gone.archive_id,
        fonds=record["fonds"],
        year=int((record["date"]["latest"] or "0")[:4]),
        text=known.text if known else "",
        entered_by=known.entered_by if known else "",
        entered_at=known.entered_at if known else state.event.time.ToDatetime(tzinfo=UTC),
        version=int(state.event.version),
        state=TextState.WITHDRAWN,
        rule=gone.rule,
    )
