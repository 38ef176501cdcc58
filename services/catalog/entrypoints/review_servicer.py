"""ReviewService over gRPC. A repeated request_id is answered from what the batch or record is by then."""

# ruff: noqa: N802 - methods are named by the contract

from collections.abc import Callable

import grpc

from services.catalog.application import review
from services.catalog.application.review_ports import Batches, RecordFields, Records, Signer
from services.catalog.domain.batches import Batch, Decision
from services.catalog.entrypoints.review_messages import (
    batch_message,
    decision_of,
    line_message,
    record_message,
    side_of,
    status_of,
)
from services.common.domain.actor import Role
from services.common.domain.caller import Caller
from services.common.domain.errors import OutOfScope
from services.common.domain.registry import Archive, Registry
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import MutatingRequest, idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import review_pb2, review_pb2_grpc


class ReviewServicer(review_pb2_grpc.ReviewServiceServicer):
    """Thin: reads the message, calls the use case, answers."""

    def __init__(
        self,
        batches: Batches,
        records: Records,
        signer: Signer,
        registry: Registry,
        region_id: str,
        repeats: Repeats,
    ) -> None:
        self._batches = batches
        self._records = records
        self._signer = signer
        self._registry = registry
        self._region_id = region_id
        self._repeats = repeats

    def ListRecords(
        self, request: review_pb2.ListRecordsRequest, context: grpc.ServicerContext
    ) -> review_pb2.ListRecordsResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        page = self._records.list(
            request.archive_id,
            _unit_scope(by),
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
        record = self._records.get(request.record_id)
        by.actor.require_archive(record["archive_id"])
        if _unit_scope(by) not in (None, record["unit_id"]):
            raise OutOfScope("another unit's")
        return review_pb2.GetRecordResponse(record=record_message(record))

    def CreateBatch(
        self, request: review_pb2.CreateBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.CreateBatchResponse:
        def work(by: Caller) -> Batch:
            return review.create_batch(
                batch_id=request.request_id,
                archive=self._archive(request.archive_id),
                unit_id=request.unit_id,
                limit=request.limit,
                by=by,
                batches=self._batches,
                records=self._records,
            )

        batch = self._once(request, work, request.request_id)
        return review_pb2.CreateBatchResponse(batch=batch_message(batch))

    def GetBatch(
        self, request: review_pb2.GetBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.GetBatchResponse:
        batch = self._batches.get(request.batch_id)
        batch.require_visible_to(current_call().actor)
        return review_pb2.GetBatchResponse(batch=batch_message(batch))

    def ListBatches(
        self, request: review_pb2.ListBatchesRequest, context: grpc.ServicerContext
    ) -> review_pb2.ListBatchesResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        page = self._batches.list(request.archive_id, _unit_scope(by), size=request.page_size, token=request.page_token)
        return review_pb2.ListBatchesResponse(batches=map(batch_message, page.items), next_page_token=page.next_token)

    def ListBatchRecords(
        self, request: review_pb2.ListBatchRecordsRequest, context: grpc.ServicerContext
    ) -> review_pb2.ListBatchRecordsResponse:
        self._batches.get(request.batch_id).require_visible_to(current_call().actor)
        wanted: Decision | None = decision_of(request.decision) if request.decision else None
        page = self._batches.entries(request.batch_id, wanted, size=request.page_size, token=request.page_token)
        records = self._records.many([entry.record_id for entry, _ in page.items])
        lines = [line_message(entry, reason, records[entry.record_id]) for entry, reason in page.items]
        return review_pb2.ListBatchRecordsResponse(records=lines, next_page_token=page.next_token)

    def DecideRecords(
        self, request: review_pb2.DecideRecordsRequest, context: grpc.ServicerContext
    ) -> review_pb2.DecideRecordsResponse:
        def work(by: Caller) -> Batch:
            return review.decide_records(
                batch_id=request.batch_id,
                record_ids=list(request.record_ids),
                decision=decision_of(request.decision),
                rule=request.rule,
                reason=request.reason,
                by=by,
                batches=self._batches,
            )

        batch = self._once(request, work, request.batch_id)
        return review_pb2.DecideRecordsResponse(batch=batch_message(batch))

    def SignBatch(
        self, request: review_pb2.SignBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.SignBatchResponse:
        def work(by: Caller) -> Batch:
            return review.sign_batch(
                request_id=request.request_id,
                batch_id=request.batch_id,
                side=side_of(request.side),
                root=request.root,
                by=by,
                batches=self._batches,
                signer=self._signer,
            )

        batch = self._once(request, work, request.batch_id)
        return review_pb2.SignBatchResponse(batch=batch_message(batch))

    def PublishBatch(
        self, request: review_pb2.PublishBatchRequest, context: grpc.ServicerContext
    ) -> review_pb2.PublishBatchResponse:
        def work(by: Caller) -> Batch:
            return review.publish_batch(batch_id=request.batch_id, by=by, batches=self._batches)

        batch = self._once(request, work, request.batch_id)
        return review_pb2.PublishBatchResponse(batch=batch_message(batch))

    def RetractRecord(
        self, request: review_pb2.RetractRecordRequest, context: grpc.ServicerContext
    ) -> review_pb2.RetractRecordResponse:
        by = current_call()

        def work() -> RecordFields:
            return review.retract_record(
                record_id=request.record_id, rule=request.rule, reason=request.reason, by=by, records=self._records
            )

        def again() -> RecordFields:
            return self._records.get(request.record_id)

        record = self._repeats.run(idempotency_key(by, request), work, again)
        return review_pb2.RetractRecordResponse(record=record_message(record))

    def _once(self, request: MutatingRequest, work: Callable[[Caller], Batch], batch_id: str) -> Batch:
        by = current_call()
        return self._repeats.run(idempotency_key(by, request), lambda: work(by), lambda: self._batches.get(batch_id))

    def _archive(self, archive_id: str) -> Archive:
        archive = self._registry.archive(archive_id)
        if archive.region_id != self._region_id:
            raise OutOfScope("another region's")
        return archive


def _unit_scope(by: Caller) -> str | None:
    """The unit an officer of a creating unit is bound to; None for the archive's own staff."""
    return by.actor.unit_id if by.actor.roles <= {Role.UNIT_OFFICER} else None
