"""Between the review's domain and its contract."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from google.protobuf import timestamp_pb2

from services.catalog.adapters.published_messages import date_of, level_of
from services.catalog.domain.batches import Batch, Decision, Entry, Side, Signature, State
from services.common.domain.errors import InvalidArgument
from tongdang.catalog.v1 import record_pb2, review_pb2

STATES = {
    State.GATHERING: review_pb2.BATCH_STATE_DRAFT,
    State.DRAFT: review_pb2.BATCH_STATE_DRAFT,
    State.PARTLY_SIGNED: review_pb2.BATCH_STATE_PARTLY_SIGNED,
    State.SIGNED: review_pb2.BATCH_STATE_SIGNED,
    State.PUBLISHING: review_pb2.BATCH_STATE_PUBLISHING,
    State.PUBLISHED: review_pb2.BATCH_STATE_PUBLISHED,
}
SIDES = {
    Side.ARCHIVE: review_pb2.SIDE_ARCHIVE,
    Side.CREATING_UNIT: review_pb2.SIDE_CREATING_UNIT,
    Side.ARCHIVE_SECOND: review_pb2.SIDE_ARCHIVE_SECOND,
}
DECISIONS = {Decision.OPEN: review_pb2.DECISION_OPEN, Decision.DEFER: review_pb2.DECISION_DEFER}
STATUSES = {
    "unreviewed": record_pb2.ACCESS_STATUS_UNREVIEWED,
    "open": record_pb2.ACCESS_STATUS_OPEN,
    "controlled": record_pb2.ACCESS_STATUS_CONTROLLED,
    "deferred": record_pb2.ACCESS_STATUS_DEFERRED,
}


Key = TypeVar("Key")


def side_of(value: int) -> Side:
    """Raises: InvalidArgument."""
    return _inverse(SIDES, value, "side")


def decision_of(value: int) -> Decision:
    """Raises: InvalidArgument."""
    return _inverse(DECISIONS, value, "decision")


def status_of(value: int) -> str:
    """Empty for unspecified. Raises: InvalidArgument."""
    return _inverse(STATUSES, value, "access_status") if value else ""


def record_message(record: dict[str, Any]) -> record_pb2.Record:
    """A stored record as staff see it."""
    return record_pb2.Record(
        record_id=record["_id"],
        region_id=record["region_id"],
        archive_id=record["archive_id"],
        reference_code=record["reference_code"],
        fonds=record["fonds"],
        level=level_of(record),
        title=record["title"],
        creator=record["creator"],
        date=date_of(record["date"]),
        retention_period=record["retention_period"],
        access_status=STATUSES[record["access_status"]],
        security_classification=record["security_classification"],
        disclosure=record["disclosure"],
        pages=record["pages"],
        version=record["version"],
        eligible_on=record["eligible_on"] or "",
        batch_id=record["batch_id"] or "",
    )


def batch_message(batch: Batch) -> review_pb2.Batch:
    """A batch as pages show it."""
    return review_pb2.Batch(
        batch_id=batch.batch_id,
        archive_id=batch.archive_id,
        unit_id=batch.unit_id,
        archive_alone=batch.archive_alone,
        state=STATES[batch.state],
        records_total=batch.total,
        records_open=batch.opening,
        records_deferred=batch.deferred,
        records_applied=batch.applied,
        root=batch.root,
        signatures=[_signature_message(signature) for signature in batch.signatures],
        created_at=_timestamp(batch.created_at),
        published_at=_timestamp(batch.published_at) if batch.published_at else None,
        created_by=batch.created_by,
        published_by=batch.published_by,
        version=batch.version,
        rule_version=batch.rule_version,
        skipped_record_ids=batch.skipped,
    )


def line_message(entry: Entry, reason: str, record: dict[str, Any]) -> review_pb2.BatchRecord:
    """One line of a list with its record."""
    return review_pb2.BatchRecord(
        record=record_message(record), decision=DECISIONS[entry.decision], rule=entry.rule, reason=reason
    )


def _signature_message(signature: Signature) -> review_pb2.BatchSignature:
    return review_pb2.BatchSignature(
        side=SIDES[signature.side],
        pseudonym=signature.pseudonym,
        role=signature.role,
        unit_id=signature.unit_id,
        signed_at=_timestamp(signature.signed_at),
        statement=signature.statement,
        signature=signature.signature,
        public_key=signature.public_key,
    )


def _inverse(table: Mapping[Key, int], value: int, field: str) -> Key:
    for key, number in table.items():
        if number == value:
            return key
    raise InvalidArgument(field, "one of the named values")


def _timestamp(moment: datetime) -> timestamp_pb2.Timestamp:
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp
