"""The supplying province's side of a leg: its messages move the request."""

import hashlib
from dataclasses import replace

from services.common.domain.caller import Caller
from services.common.domain.errors import OutOfScope
from services.common.domain.registry import Registry
from services.common.grpc.stamps import stamp
from services.requests.application.messages import changed, request_object
from services.requests.application.ports import Requests, Unit
from services.requests.domain.errors import MessageUnknown
from services.requests.domain.lifecycle import IsoStatus
from services.requests.domain.request import RetrievalRequest
from tongdang.fulfilment.v1 import fulfilment_pb2 as pb

STATUSES = {
    pb.STATUS_REQUEST_RECEIVED: IsoStatus.REQUEST_RECEIVED,
    pb.STATUS_EXPECT_TO_SUPPLY: IsoStatus.EXPECT_TO_SUPPLY,
    pb.STATUS_WILL_SUPPLY: IsoStatus.WILL_SUPPLY,
    pb.STATUS_RETRY_POSSIBLE: IsoStatus.RETRY_POSSIBLE,
    pb.STATUS_UNFILLED: IsoStatus.UNFILLED,
    pb.STATUS_COPY_COMPLETED: IsoStatus.COPY_COMPLETED,
    pb.STATUS_CANCELLED: IsoStatus.CANCELLED,
}
STATUS_NUMBERS = {status.value: number for number, status in STATUSES.items()}
"""By the name that is stored."""


def apply_answer(
    message: pb.SupplyingAgencyMessageRequest, *, by: Caller, requests: Requests, registry: Registry
) -> pb.Confirmation:
    """Applies the next message of a leg, once; a repeat gets the confirmation it got before.

    The caller's certificate must be that of the province the leg went to: no other may answer for it.
    Raises: NotFound, OutOfScope, MessageGap, RequestIdReused, MessageUnknown.
    """
    status = STATUSES.get(message.status)
    if status is None:
        raise MessageUnknown(f"status {message.status}")
    digest = hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()
    header = message.header

    def work(unit: Unit) -> bytes:
        request = unit.of_leg(header.requesting_agency_request_id)
        if by.actor.via != registry.region(request.record.region_id).principal:
            raise OutOfScope("another province's leg")
        if (message.request_id, header.supplying_agency_id) != (request.request_id, request.record.archive_id):
            raise OutOfScope("another request's, or another archive's, message")
        stored = request.conversation.answered(header.number, digest)
        if stored is not None:
            return stored
        now = by.clock.now()
        answer = pb.Confirmation(
            timestamp=stamp(now), timestamp_received=stamp(now), message_status=pb.MESSAGE_STATUS_OK
        ).SerializeToString()
        moved = _moved(request, message, status, by)
        moved = replace(moved, conversation=moved.conversation.hear(header.number, digest, answer))
        unit.save(moved)
        facts = {"status": status.value, "reason": message.reason[:64], "number": header.number}
        event = by.granted(request_object(request), correlation_id=request.request_id, facts=facts)
        unit.record(event)
        if moved.version != request.version:
            unit.emit(changed(moved, event.event_id, by))
        return answer

    return pb.Confirmation.FromString(requests.run(work))


def _moved(
    request: RetrievalRequest, message: pb.SupplyingAgencyMessageRequest, status: IsoStatus, by: Caller
) -> RetrievalRequest:
    now = by.clock.now()
    refused = message.reason_for_message == pb.REASON_FOR_MESSAGE_CANCEL_RESPONSE and not message.answer_yes
    if refused:
        return request.cancel_declined(now)
    return request.told(status, message.reason[:64], now)
