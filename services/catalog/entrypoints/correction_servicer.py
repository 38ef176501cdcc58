"""CorrectionService over gRPC. A repeated request_id is answered from what the proposal is by then."""

# ruff: noqa: N802 - methods are named by the contract

import grpc

from services.catalog.adapters.published_messages import date_of
from services.catalog.application import corrections as use_cases
from services.catalog.application.corrections import Corrections
from services.catalog.application.review_ports import Records
from services.catalog.domain.corrections import Correction, CorrectionState, Words
from services.catalog.entrypoints.review_messages import timestamp
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import correction_pb2 as pb
from tongdang.catalog.v1 import correction_pb2_grpc

_STATES = {
    CorrectionState.WAITING: pb.CORRECTION_STATE_WAITING,
    CorrectionState.PUBLISHED: pb.CORRECTION_STATE_PUBLISHED,
    CorrectionState.DROPPED: pb.CORRECTION_STATE_DROPPED,
}


class CorrectionServicer(correction_pb2_grpc.CorrectionServiceServicer):
    """Thin: reads the message, calls the use case, answers."""

    def __init__(self, records: Records, corrections: Corrections, repeats: Repeats) -> None:
        self._records = records
        self._corrections = corrections
        self._repeats = repeats

    def ProposeCorrection(
        self, request: pb.ProposeCorrectionRequest, context: grpc.ServicerContext
    ) -> pb.ProposeCorrectionResponse:
        by, corrections = current_call(), self._corrections
        words = Words(request.title, request.creator, request.date, str(request.pages), request.reason.strip())

        def work() -> Correction:
            return use_cases.propose_correction(
                record_id=request.record_id, words=words, by=by, records=self._records, corrections=corrections
            )

        done = self._repeats.run(idempotency_key(by, request), work, lambda: corrections.get(request.record_id))
        return pb.ProposeCorrectionResponse(correction=_message(done))

    def GetCorrection(
        self, request: pb.GetCorrectionRequest, context: grpc.ServicerContext
    ) -> pb.GetCorrectionResponse:
        found = use_cases.get_correction(record_id=request.record_id, by=current_call(), corrections=self._corrections)
        return pb.GetCorrectionResponse(correction=_message(found))

    def DropCorrection(
        self, request: pb.DropCorrectionRequest, context: grpc.ServicerContext
    ) -> pb.DropCorrectionResponse:
        by, corrections = current_call(), self._corrections

        def work() -> Correction:
            return use_cases.drop_correction(record_id=request.record_id, by=by, corrections=corrections)

        done = self._repeats.run(idempotency_key(by, request), work, lambda: corrections.get(request.record_id))
        return pb.DropCorrectionResponse(correction=_message(done))


def _message(correction: Correction) -> pb.Correction:
    fields = correction.fields
    return pb.Correction(
        record_id=correction.record_id,
        state=_STATES[correction.state],
        title=fields["title"],
        creator=fields["creator"],
        date=date_of(fields["date"]),
        pages=fields["pages"],
        reason=correction.reason,
        version=correction.version,
        batch_id=correction.batch_id,
        proposed_by=correction.proposed_by,
        proposed_at=timestamp(correction.proposed_at),
    )
