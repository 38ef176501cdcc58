"""ReviewService over gRPC. A repeated request_id is answered from what the batch or record is by then."""

# ruff: noqa: N802 - methods are named by the contract

from collections.abc import Callable

import grpc

from services.catalog.application import cancelling, fonds, review
from services.catalog.application.review import ReviewDesk, Wanted
from services.catalog.application.review_ports import RecordFields
from services.catalog.domain.batches import Batch
from services.catalog.domain.confirmation import Loan
from services.catalog.entrypoints.review_messages import (
    AGGREGATIONS,
    SIDES,
    batch_message,
    day_of,
    filter_of,
    loan_message,
    matter_of,
    named,
    record_message,
    status_of,
)
from services.common.domain.actor import Role
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import OutOfScope
from services.common.domain.registry import Archive
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import MutatingRequest, idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import review_pb2, review_pb2_grpc


class ReviewServicer(review_pb2_grpc.ReviewServiceServicer):
    """Thin: reads the message, calls the use case, answers."""

    def __init__(self, desk: ReviewDesk, region_id: str, repeats: Repeats) -> None:
        self._desk = desk
        self._region_id = region_id
        self._repeats = repeats

    def ListRecords(
        self, request: review_pb2.ListRecordsRequest, context: grpc.ServicerContext
    ) -> review_pb2.ListRecordsResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        page = self._desk.records.list(
            request.archive_id,
            unit_scope(by),
            status_of(request.access_status),
            request.reference_code_prefix,
            size=request.page_size,
            token=request.page_token,
        )
        return review_pb2.ListRecordsResponse(records=map(record_message, page.items), next_page_token=page.next_token)

    def GetRecord(
        self, request: review_pb2.GetRecordRequest, context: grpc.ServicerContext
    ) -> review_pb2.GetRecordResponse:
        by = current_call()
        record = self._desk.records.get(request.record_id)
        by.actor.require_archive(record["archive_id"])
        if unit_scope(by) not in (None, record["unit_id"]):
            raise OutOfScope("another unit's")
        return review_pb2.GetRecordResponse(record=record_message(record))

    def CreateBatch(
        self, request: review_pb2.CreateBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.CreateBatchResponse:
        def work(by: Caller) -> Batch:
            wanted = Wanted(
                request.unit_id,
                request.limit,
                filter_of(request.filter),
                matter_of(request.matter),
                request.plan_id,
                request.plan_row,
            )
            archive = archive_here(self._desk, request.archive_id, self._region_id)
            return review.create_batch(
                batch_id=request.request_id, archive=archive, wanted=wanted, by=by, desk=self._desk
            )

        return review_pb2.CreateBatchResponse(batch=self._once(request, work, request.request_id))

    def GetBatch(
        self, request: review_pb2.GetBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.GetBatchResponse:
        batch = visible_batch(self._desk, request.batch_id, current_call())
        return review_pb2.GetBatchResponse(batch=batch_message(batch, self._desk.terms))

    def ListBatches(
        self, request: review_pb2.ListBatchesRequest, context: grpc.ServicerContext
    ) -> review_pb2.ListBatchesResponse:
        by = current_call()
        if not _loan(self._desk, by, request.archive_id):
            by.actor.require_archive(request.archive_id)
        page = self._desk.batches.list(
            request.archive_id, unit_scope(by), request.plan_id, size=request.page_size, token=request.page_token
        )
        batches = [batch_message(batch, self._desk.terms) for batch in page.items]
        return review_pb2.ListBatchesResponse(batches=batches, next_page_token=page.next_token)

    def StateAggregation(
        self, request: review_pb2.StateAggregationRequest, context: grpc.ServicerContext
    ) -> review_pb2.StateAggregationResponse:
        def work(by: Caller) -> Batch:
            return review.state_aggregation(
                batch_id=request.batch_id,
                clear=named(AGGREGATIONS, request.result, "result"),
                reason=request.reason,
                by=by,
                batches=self._desk.batches,
            )

        return review_pb2.StateAggregationResponse(batch=self._once(request, work, request.batch_id))

    def RenewSuggestions(
        self, request: review_pb2.RenewSuggestionsRequest, context: grpc.ServicerContext
    ) -> review_pb2.RenewSuggestionsResponse:
        def work(by: Caller) -> Batch:
            return review.renew_suggestions(batch_id=request.batch_id, by=by, desk=self._desk)

        return review_pb2.RenewSuggestionsResponse(batch=self._once(request, work, request.batch_id))

    def FreezeBatch(
        self, request: review_pb2.FreezeBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.FreezeBatchResponse:
        def work(by: Caller) -> Batch:
            return review.freeze_batch(batch_id=request.batch_id, by=by, desk=self._desk)

        return review_pb2.FreezeBatchResponse(batch=self._once(request, work, request.batch_id))

    def ReopenBatch(
        self, request: review_pb2.ReopenBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.ReopenBatchResponse:
        def work(by: Caller) -> Batch:
            return review.reopen_batch(
                batch_id=request.batch_id, reason=request.reason, by=by, batches=self._desk.batches
            )

        return review_pb2.ReopenBatchResponse(batch=self._once(request, work, request.batch_id))

    def CancelBatch(
        self, request: review_pb2.CancelBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.CancelBatchResponse:
        def work(by: Caller) -> Batch:
            return cancelling.cancel_batch(
                batch_id=request.batch_id, reason=request.reason, by=by, batches=self._desk.batches
            )

        return review_pb2.CancelBatchResponse(batch=self._once(request, work, request.batch_id))

    def SignBatch(
        self, request: review_pb2.SignBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.SignBatchResponse:
        def work(by: Caller) -> Batch:
            return review.sign_batch(
                request_id=request.request_id,
                batch_id=request.batch_id,
                side=named(SIDES, request.side, "side"),
                root=request.root,
                by=by,
                desk=self._desk,
            )

        return review_pb2.SignBatchResponse(batch=self._once(request, work, request.batch_id))

    def PublishBatch(
        self, request: review_pb2.PublishBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.PublishBatchResponse:
        def work(by: Caller) -> Batch:
            return review.publish_batch(batch_id=request.batch_id, by=by, desk=self._desk)

        return review_pb2.PublishBatchResponse(batch=self._once(request, work, request.batch_id))

    def RetractRecord(
        self, request: review_pb2.RetractRecordRequest, context: grpc.ServicerContext
    ) -> review_pb2.RetractRecordResponse:
        by, records = current_call(), self._desk.records

        def work() -> RecordFields:
            return review.retract_record(
                record_id=request.record_id, rule=request.rule, reason=request.reason, by=by, records=records
            )

        record = self._repeats.run(idempotency_key(by, request), work, lambda: records.get(request.record_id))
        return review_pb2.RetractRecordResponse(record=record_message(record))

    def LendConfirmer(
        self, request: review_pb2.LendConfirmerRequest, context: grpc.ServicerContext
    ) -> review_pb2.LendConfirmerResponse:
        by, loans = current_call(), self._desk.loans
        archive_here(self._desk, request.borrower_archive_id, self._region_id)

        def work() -> Loan:
            loan = Loan(
                request.request_id,
                request.borrower_archive_id,
                request.lender_archive_id,
                request.document_number,
                day_of(request.valid_from, "valid_from"),
                day_of(request.valid_until, "valid_until"),
                by.actor.pseudonym,
                by.clock.now(),
            )
            return fonds.lend_confirmer(loan=loan, registry=self._desk.registry, by=by, loans=loans)

        loan = self._repeats.run(idempotency_key(by, request), work, lambda: loans.get(request.request_id))
        return review_pb2.LendConfirmerResponse(loan=loan_message(loan))

    def ListLoans(
        self, request: review_pb2.ListLoansRequest, context: grpc.ServicerContext
    ) -> review_pb2.ListLoansResponse:
        current_call().actor.require_archive(request.archive_id)
        page = self._desk.loans.list(request.archive_id, size=request.page_size, token=request.page_token)
        return review_pb2.ListLoansResponse(loans=map(loan_message, page.items), next_page_token=page.next_token)

    def _once(self, request: MutatingRequest, work: Callable[[Caller], Batch], batch_id: str) -> review_pb2.Batch:
        by, batches = current_call(), self._desk.batches
        batch = self._repeats.run(idempotency_key(by, request), lambda: work(by), lambda: batches.get(batch_id))
        return batch_message(batch, self._desk.terms)


def visible_batch(desk: ReviewDesk, batch_id: str, by: Caller) -> Batch:
    """A batch the caller may see; a lent director sees those of the borrower.

    Raises: NotFound, OutOfScope.
    """
    batch = desk.batches.get(batch_id)
    batch.require_visible_to(by.actor, lent=_loan(desk, by, batch.archive_id))
    return batch


def archive_here(desk: ReviewDesk, archive_id: str, region_id: str) -> Archive:
    """Raises: NotFound; OutOfScope: of another region."""
    archive = desk.registry.archive(archive_id)
    if archive.region_id != region_id:
        raise OutOfScope("another region's")
    return archive


def unit_scope(by: Caller) -> str | None:
    """The unit an officer of a creating unit is bound to; None for the archive's own staff."""
    return by.actor.unit_id if by.actor.roles <= {Role.UNIT_OFFICER} else None


def _loan(desk: ReviewDesk, by: Caller, archive_id: str) -> bool:
    if by.actor.archive_id == archive_id:
        return False
    return desk.loans.standing(by.actor, archive_id, legal_day(by.clock.now())) is not None
