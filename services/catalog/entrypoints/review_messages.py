"""Between the review's batches and their contract."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from google.protobuf import timestamp_pb2

from services.catalog.adapters.published_messages import date_of, level_of
from services.catalog.application.review_ports import ReviewTerms
from services.catalog.domain.batches import Batch, Cancellation
from services.catalog.domain.confirmation import Loan
from services.catalog.domain.gathering import GatherFilter, Matter
from services.catalog.domain.issues import Returned, Schedule
from services.catalog.domain.opinions import Evidence, Way
from services.catalog.domain.signatures import Side, Signature
from services.catalog.domain.work_list import Aggregation, Bulk, State
from services.common.domain.errors import InvalidArgument
from tongdang.catalog.v1 import record_pb2, review_pb2

STATES = {
    State.GATHERING: review_pb2.BATCH_STATE_GATHERING,
    State.RENEWING: review_pb2.BATCH_STATE_GATHERING,
    State.REVIEW: review_pb2.BATCH_STATE_REVIEW,
    State.READY: review_pb2.BATCH_STATE_READY,
    State.PARTLY_SIGNED: review_pb2.BATCH_STATE_PARTLY_SIGNED,
    State.SIGNED: review_pb2.BATCH_STATE_SIGNED,
    State.SCHEDULED: review_pb2.BATCH_STATE_SCHEDULED,
    State.PUBLISHING: review_pb2.BATCH_STATE_PUBLISHING,
    State.PUBLISHED: review_pb2.BATCH_STATE_PUBLISHED,
    State.CANCELLING: review_pb2.BATCH_STATE_CANCELLING,
    State.CANCELLED: review_pb2.BATCH_STATE_CANCELLED,
}
MATTERS = {
    Matter.OPENING: review_pb2.MATTER_OPENING,
    Matter.TEXT: review_pb2.MATTER_TEXT,
    Matter.REREVIEW: review_pb2.MATTER_REREVIEW,
    Matter.CORRECTION: review_pb2.MATTER_CORRECTION,
}
SIDES = {
    Side.ARCHIVE: review_pb2.SIDE_ARCHIVE,
    Side.CREATING_UNIT: review_pb2.SIDE_CREATING_UNIT,
    Side.ARCHIVE_SECOND: review_pb2.SIDE_ARCHIVE_SECOND,
}
WAYS = {Way.PACKAGE: review_pb2.OPINION_WAY_PACKAGE, Way.LETTER: review_pb2.OPINION_WAY_LETTER}
AGGREGATIONS = {True: review_pb2.AGGREGATION_RESULT_CLEAR, False: review_pb2.AGGREGATION_RESULT_CONCERN}
STATUSES = {
    "unreviewed": record_pb2.ACCESS_STATUS_UNREVIEWED,
    "open": record_pb2.ACCESS_STATUS_OPEN,
    "controlled": record_pb2.ACCESS_STATUS_CONTROLLED,
    "deferred": record_pb2.ACCESS_STATUS_DEFERRED,
}

Key = TypeVar("Key")


def named(table: Mapping[Key, int], value: int, field: str) -> Key:
    """What a number of the contract stands for.

    Raises: InvalidArgument: for nothing.
    """
    for key, number in table.items():
        if number == value:
            return key
    raise InvalidArgument(field, "one of the named values")


def day_of(text: str, field: str) -> date:
    """Raises: InvalidArgument: not an ISO 8601 day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidArgument(field, "a day, e.g. 2026-12-03") from None


def status_of(value: int) -> str:
    """Empty for unspecified. Raises: InvalidArgument."""
    return named(STATUSES, value, "access_status") if value else ""


def matter_of(value: int) -> Matter:
    """Opening for unspecified. Raises: InvalidArgument."""
    return named(MATTERS, value, "matter") if value else Matter.OPENING


def filter_of(message: review_pb2.GatherFilter) -> GatherFilter:
    """What a batch is to gather."""
    return GatherFilter(tuple(message.fonds), message.year_from, message.year_to, message.early, message.disclosed)


def filter_message(filter_: GatherFilter) -> review_pb2.GatherFilter:
    """The same on the wire."""
    return review_pb2.GatherFilter(
        fonds=filter_.fonds,
        year_from=filter_.year_from,
        year_to=filter_.year_to,
        early=filter_.early,
        disclosed=filter_.disclosed,
    )


def timestamp(moment: datetime | None) -> timestamp_pb2.Timestamp | None:
    """None stays absent."""
    if moment is None:
        return None
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp


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


def batch_message(batch: Batch, terms: ReviewTerms) -> review_pb2.Batch:
    """A batch as pages show it."""
    return review_pb2.Batch(
        batch_id=batch.batch_id,
        archive_id=batch.archive_id,
        unit_id=batch.unit_id,
        archive_alone=batch.archive_alone,
        state=STATES[batch.state],
        matter=MATTERS[batch.matter],
        plan_id=batch.plan_id,
        plan_row=batch.plan_row,
        records_total=batch.total,
        records_undecided=batch.undecided,
        records_open=batch.opening,
        records_deferred=batch.deferred,
        records_held=batch.held,
        records_ticked=batch.ticked,
        records_applied=batch.applied,
        root=batch.root,
        signatures=[signature_message(signature) for signature in batch.signatures],
        opinion=_evidence_message(batch.evidence) if batch.evidence else None,
        aggregation=_aggregation_message(batch.aggregation) if batch.aggregation else None,
        bulk=_bulk_message(batch.bulk) if batch.bulk else None,
        created_at=timestamp(batch.created_at),
        published_at=timestamp(batch.published_at),
        created_by=batch.created_by,
        published_by=batch.published_by,
        confirmer_archive_id=batch.confirmer_archive_id,
        version=batch.version,
        rule_version=batch.rule_version,
        rules_outdated=batch.rule_version != terms.rules,
        skipped_record_ids=batch.skipped,
        separate_confirmer=terms.separate_confirmer,
        filter=filter_message(batch.filter),
        cancellation=_cancellation_message(batch.cancellation) if batch.cancellation else None,
        records_early=batch.early,
        schedule=_schedule_message(batch.schedule) if batch.schedule else None,
        returned=_returned_message(batch.returned) if batch.returned else None,
    )


def loan_message(loan: Loan) -> review_pb2.Loan:
    """Who lends whom a confirmer, and when."""
    return review_pb2.Loan(
        loan_id=loan.loan_id,
        borrower_archive_id=loan.borrower_id,
        lender_archive_id=loan.lender_id,
        document_number=loan.document_number,
        valid_from=loan.valid_from.isoformat(),
        valid_until=loan.valid_until.isoformat(),
        recorded_by=loan.recorded_by,
        recorded_at=timestamp(loan.recorded_at),
    )


def _schedule_message(schedule: Schedule) -> review_pb2.BatchSchedule:
    return review_pb2.BatchSchedule(
        publish_on=schedule.publish_on,
        confirmed_by=schedule.confirmed_by,
        confirmed_at=timestamp(schedule.confirmed_at),
    )


def _returned_message(returned: Returned) -> review_pb2.BatchReturned:
    return review_pb2.BatchReturned(code=returned.code, publish_on=returned.publish_on, at=timestamp(returned.at))


def signature_message(signature: Signature) -> review_pb2.BatchSignature:
    """One side's signature."""
    return review_pb2.BatchSignature(
        side=SIDES[signature.side],
        pseudonym=signature.pseudonym,
        role=signature.role,
        unit_id=signature.unit_id,
        signed_at=timestamp(signature.signed_at),
        statement=signature.statement,
        signature=signature.signature,
        public_key=signature.public_key,
    )


def _evidence_message(evidence: Evidence) -> review_pb2.OpinionEvidence:
    return review_pb2.OpinionEvidence(
        way=WAYS[evidence.way],
        document=evidence.document,
        sha256=evidence.sha256,
        entered_by=evidence.entered_by,
        checked_by=evidence.checked_by,
    )


def _aggregation_message(aggregation: Aggregation) -> review_pb2.AggregationCheck:
    return review_pb2.AggregationCheck(
        result=AGGREGATIONS[aggregation.clear],
        reason=aggregation.reason,
        stated_by=aggregation.stated_by,
        stated_at=timestamp(aggregation.stated_at),
    )


def _cancellation_message(cancellation: Cancellation) -> review_pb2.Cancellation:
    return review_pb2.Cancellation(
        reason=cancellation.reason, cancelled_by=cancellation.by, cancelled_at=timestamp(cancellation.at)
    )


def _bulk_message(bulk: Bulk) -> review_pb2.BulkProgress:
    return review_pb2.BulkProgress(act_id=bulk.act_id, by=bulk.by, done=bulk.done, total=bulk.total)
