"""Records as the public sees them: the values of catalog.<region>.records.v1 and …publications.v1."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from google.protobuf import timestamp_pb2

from services.catalog.domain.batches import Batch
from services.common.domain.messages import OutboxMessage
from tongdang.catalog.v1 import record_pb2
from tongdang.common.v1 import common_pb2, event_pb2

NEUTRAL_REASONS = {"D1": "re-reviewed", "D2": "rights-of-others", "D3": "other-law"}
"""Rule of a retraction → the reason the public reads; the true words stay in the province."""

_OPENED, _RETRACTED = "tongdang.catalog.record-opened.v1", "tongdang.catalog.record-retracted.v1"
_LEVELS = {"item": record_pb2.LEVEL_ITEM, "file": record_pb2.LEVEL_FILE}
_PRECISIONS = {
    "day": common_pb2.DATE_PRECISION_DAY,
    "month": common_pb2.DATE_PRECISION_MONTH,
    "year": common_pb2.DATE_PRECISION_YEAR,
    "range": common_pb2.DATE_PRECISION_RANGE,
    "unknown": common_pb2.DATE_PRECISION_UNKNOWN,
}
LEVEL_NAMES = {number: name for name, number in _LEVELS.items()}
PRECISION_NAMES = {number: name for name, number in _PRECISIONS.items()}
_LEVEL_WORDS = {number: record_pb2.Level.Name(number) for number in LEVEL_NAMES}
_PRECISION_WORDS = {number: common_pb2.DatePrecision.Name(number) for number in PRECISION_NAMES}


def level_of(record: dict[str, Any]) -> "record_pb2.Level":
    """著录层级 of a stored record."""
    return _LEVELS[record["level"]]


def date_of(stored: dict[str, Any]) -> common_pb2.RecordDate:
    """The date as the record states it."""
    return common_pb2.RecordDate(
        raw=stored["raw"],
        earliest=stored["earliest"] or "",
        latest=stored["latest"] or "",
        precision=_PRECISIONS.get(stored["precision"], common_pb2.DATE_PRECISION_UNKNOWN),
        attested=stored["attested"],
    )


def published_entry(record: Mapping[str, Any], sample: bool) -> record_pb2.OpenEntry:
    """What the public reads of an open record, made from how it is stored: the masked title where there is one."""
    return record_pb2.OpenEntry(
        record_id=record["_id"],
        region_id=record["region_id"],
        archive_id=record["archive_id"],
        reference_code=record["reference_code"],
        fonds=record["fonds"],
        level=_LEVELS[record["level"]],
        title=record.get("masked_title") or record["title"],
        creator=record["creator"],
        date=date_of(record["date"]),
        pages=record["pages"],
        rule=record["rule"],
        batch_id=record["batch_id"],
        opened_on=record["opened_on"],
        reviewed_by_archive_alone=bool(record.get("reviewed_by_archive_alone")),
        sample=sample,
        corrected_on=record.get("corrected_on") or "",
    )


class Opening:
    """Makes the open entries of one batch; what all of them share is made once. `on`: the legal day of its decision."""

    def __init__(self, batch: Batch, on: str, sample: bool, now: datetime) -> None:
        self._batch = batch
        self._on = on
        self._sample = sample
        self._time = timestamp(now)
        self._topic = f"catalog.{batch.region_id}.records.v1"

    def entry(self, record: Mapping[str, Any], rule: str) -> record_pb2.OpenEntry:
        """What the public reads of a record."""
        batch = self._batch
        return record_pb2.OpenEntry(
            record_id=record["_id"],
            region_id=batch.region_id,
            archive_id=batch.archive_id,
            reference_code=record["reference_code"],
            fonds=record["fonds"],
            level=_LEVELS[record["level"]],
            title=record["title"],
            creator=record["creator"],
            date=date_of(record["date"]),
            pages=record["pages"],
            rule=rule,
            batch_id=batch.batch_id,
            opened_on=self._on,
            reviewed_by_archive_alone=batch.archive_alone,
            sample=self._sample,
        )

    def corrected(self, record: Mapping[str, Any], rule: str) -> record_pb2.OpenEntry:
        """What the public reads of an open record from now on; it was opened when it was."""
        entry = self.entry(record, rule)
        entry.opened_on, entry.corrected_on = record["opened_on"], self._on
        return entry

    def message(self, entry: record_pb2.OpenEntry, version: int) -> OutboxMessage:
        """The entry on its way to Kafka; `version` is the record's own from now on."""
        batch, record_id = self._batch, entry.record_id
        value = record_pb2.RecordPublished(
            event=event_pb2.Event(
                id=f"{record_id}/{version}",
                type=_OPENED,
                time=self._time,
                region_id=batch.region_id,
                subject=record_id,
                version=version,
                actor=batch.published_by,
                correlation_id=batch.batch_id,
            ),
            open=entry,
        )
        return OutboxMessage(self._topic, record_id, version, _OPENED, value.SerializeToString())


def entry_content(entry: record_pb2.OpenEntry) -> dict[str, Any]:
    """What a commitment covers: the entry's JSON form under the contract's names, without empty fields.

    As protobuf's `MessageToDict` gives it, at a sixth of its cost; a test holds both to the same for every field.
    """
    date = entry.date
    dated = {
        "raw": date.raw,
        "earliest": date.earliest,
        "latest": date.latest,
        "precision": _PRECISION_WORDS.get(date.precision, ""),
        "attested": date.attested,
    }
    content = {
        "record_id": entry.record_id,
        "region_id": entry.region_id,
        "archive_id": entry.archive_id,
        "reference_code": entry.reference_code,
        "fonds": entry.fonds,
        "level": _LEVEL_WORDS.get(entry.level, ""),
        "title": entry.title,
        "creator": entry.creator,
        "date": {name: value for name, value in dated.items() if value},
        "pages": entry.pages,
        "rule": entry.rule,
        "batch_id": entry.batch_id,
        "opened_on": entry.opened_on,
        "reviewed_by_archive_alone": entry.reviewed_by_archive_alone,
        "sample": entry.sample,
        "corrected_on": entry.corrected_on,
    }
    return {name: value for name, value in content.items() if value}


def retraction_of(record: Mapping[str, Any], on: date) -> record_pb2.Retraction:
    """What the public reads in a retracted entry's place: nothing descriptive."""
    return record_pb2.Retraction(
        record_id=record["_id"],
        region_id=record["region_id"],
        archive_id=record["archive_id"],
        reason=NEUTRAL_REASONS.get(record["rule"], "re-reviewed"),
        rule=record["rule"],
        retracted_on=on.isoformat(),
    )


def retraction_message(
    record: Mapping[str, Any], retraction: record_pb2.Retraction, at: datetime, actor: str = "", correlation: str = ""
) -> OutboxMessage:
    """Compaction erases what stood there. `record["version"]` is the one it now has."""
    record_id, version = record["_id"], record["version"]
    event = event_pb2.Event(
        id=f"{record_id}/{version}",
        type=_RETRACTED,
        time=timestamp(at),
        region_id=record["region_id"],
        subject=record_id,
        version=version,
        actor=actor,
        correlation_id=correlation,
    )
    value = record_pb2.RecordPublished(event=event, retracted=retraction)
    topic = f"catalog.{record['region_id']}.records.v1"
    return OutboxMessage(topic, record_id, version, _RETRACTED, value.SerializeToString())


def manifest_message(batch: Batch, manifest: bytes, signature: bytes, now: datetime) -> OutboxMessage:
    """The signed manifest of a publication."""
    type_ = "tongdang.catalog.batch-published.v1"
    event = event_pb2.Event(
        id=f"{batch.batch_id}/{batch.version}",
        type=type_,
        time=timestamp(now),
        region_id=batch.region_id,
        subject=batch.batch_id,
        version=batch.version,
        actor=batch.published_by,
        correlation_id=batch.batch_id,
    )
    value = record_pb2.PublicationManifest(event=event, manifest=manifest, signature=signature)
    topic = f"catalog.{batch.region_id}.publications.v1"
    return OutboxMessage(topic, batch.batch_id, batch.version, type_, value.SerializeToString())


def timestamp(moment: datetime) -> timestamp_pb2.Timestamp:
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp
