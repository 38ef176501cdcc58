"""Texts as the public sees them: the values of catalog.<region>.texts.v1."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from google.protobuf.json_format import MessageToDict

from services.catalog.adapters.published_messages import NEUTRAL_REASONS, timestamp
from services.catalog.domain.batches import Batch
from services.catalog.domain.texts import Text
from services.common.domain.clock import legal_day
from services.common.domain.messages import OutboxMessage
from tongdang.catalog.v1 import text_pb2
from tongdang.common.v1 import event_pb2

_OPENED, _WITHDRAWN = "tongdang.catalog.text-opened.v1", "tongdang.catalog.text-withdrawn.v1"


def topic_of(region_id: str) -> str:
    """The topic of a region's texts."""
    return f"catalog.{region_id}.texts.v1"


def open_text(stored: Mapping[str, Any], *, archive_alone: bool, sample: bool) -> text_pb2.OpenText:
    """What the public reads of an open text, made from how it is stored."""
    return text_pb2.OpenText(
        record_id=stored["_id"],
        region_id=stored["region_id"],
        archive_id=stored["archive_id"],
        text=stored["text"],
        rule=stored["rule"],
        batch_id=stored["batch_id"],
        opened_on=stored["opened_on"],
        reviewed_by_archive_alone=archive_alone,
        sample=sample,
    )


def text_content(text: text_pb2.OpenText) -> dict[str, Any]:
    """What a commitment covers: the text's JSON form under the contract's names, without empty fields."""
    return MessageToDict(text, preserving_proto_field_name=True)


def open_message(text: text_pb2.OpenText, version: int, batch: Batch, now: datetime) -> OutboxMessage:
    """The text on its way to Kafka; `version` is its own from now on."""
    event = _event(text.region_id, text.record_id, version, _OPENED, now, batch.published_by, batch.batch_id)
    value = text_pb2.TextPublished(event=event, open=text)
    return OutboxMessage(topic_of(text.region_id), text.record_id, version, _OPENED, value.SerializeToString())


def withdrawal_message(text: Text, at: datetime, actor: str, correlation: str) -> OutboxMessage:
    """Compaction erases what stood there. `text.version` is the one it now has."""
    event = _event(text.region_id, text.record_id, text.version, _WITHDRAWN, at, actor, correlation)
    withdrawn = text_pb2.TextWithdrawal(
        record_id=text.record_id,
        region_id=text.region_id,
        archive_id=text.archive_id,
        reason=NEUTRAL_REASONS.get(text.rule, "re-reviewed"),
        rule=text.rule,
        withdrawn_on=legal_day(at).isoformat(),
    )
    value = text_pb2.TextPublished(event=event, withdrawn=withdrawn)
    topic = topic_of(text.region_id)
    return OutboxMessage(topic, text.record_id, text.version, _WITHDRAWN, value.SerializeToString())


def _event(
    region_id: str, record_id: str, version: int, type_: str, at: datetime, actor: str, correlation: str
) -> event_pb2.Event:
    return event_pb2.Event(
        id=f"text/{record_id}/{version}",
        type=type_,
        time=timestamp(at),
        region_id=region_id,
        subject=record_id,
        version=version,
        actor=actor,
        correlation_id=correlation,
    )
