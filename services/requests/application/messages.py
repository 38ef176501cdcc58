"""What requests says to others: the domain event, the ISO 18626 letters, and the request as a message."""

from datetime import datetime

from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.messages import Letter, OutboxMessage
from services.common.grpc.letters import REQUEST, REQUESTING_AGENCY_MESSAGE
from services.common.grpc.stamps import deadline_message, stamp
from services.requests.domain.lifecycle import TABLE, RequestState, Responsible
from services.requests.domain.request import RetrievalRequest
from tongdang.common.v1 import common_pb2, event_pb2
from tongdang.fulfilment.v1 import fulfilment_pb2
from tongdang.requests.v1 import requests_pb2 as pb

TOPIC = "requests.events.v1"
AGENCY = "requests"
_CHANGED = "tongdang.requests.request-changed.v1"

STATES = {
    RequestState.SUBMITTED: pb.REQUEST_STATE_SUBMITTED,
    RequestState.RECEIVED: pb.REQUEST_STATE_RECEIVED,
    RequestState.ACCEPTED: pb.REQUEST_STATE_ACCEPTED,
    RequestState.COMPLETED: pb.REQUEST_STATE_COMPLETED,
    RequestState.UNFILLED: pb.REQUEST_STATE_UNFILLED,
    RequestState.CANCELLED: pb.REQUEST_STATE_CANCELLED,
}
_RESPONSIBLE = {
    Responsible.PLATFORM: pb.RESPONSIBLE_PLATFORM,
    Responsible.ARCHIVE: pb.RESPONSIBLE_ARCHIVE,
    Responsible.CITIZEN: pb.RESPONSIBLE_CITIZEN,
    Responsible.NOBODY: pb.RESPONSIBLE_NOBODY,
}


def request_object(request: RetrievalRequest) -> ObjectRef:
    """How the audit log names a request."""
    return ObjectRef("request", request.request_id, request.record.region_id, request.record.archive_id)


def request_message(request: RetrievalRequest) -> pb.Request:
    """As the applicant may see it."""
    return pb.Request(
        request_id=request.request_id,
        request_number=request.number,
        region_id=request.region_id,
        supplier_region_id=request.record.region_id,
        supplier_archive_id=request.record.archive_id,
        record_id=request.record.record_id,
        reference_code=request.record.reference_code,
        title=request.record.title,
        state=STATES[request.state],
        iso_status=request.iso_status,
        reason=request.reason,
        responsible=_RESPONSIBLE[TABLE[request.state].responsible],
        deadline=deadline_message(request.deadline),
        overdue=request.overdue,
        submitted_at=stamp(request.submitted_at),
        history=[
            pb.StateChange(state=STATES[one.state], at=stamp(one.at), reason=one.reason, by=one.by)
            for one in request.history
        ],
        version=request.version,
    )


def changed(request: RetrievalRequest, event_id: str, by: Caller) -> OutboxMessage:
    """The domain event of a change; `event_id` is the id of its audit event."""
    value = pb.RequestChanged(
        event=event_pb2.Event(
            id=event_id,
            type=_CHANGED,
            time=stamp(by.clock.now()),
            region_id=request.region_id,
            subject=request.request_id,
            version=request.version,
            actor=by.actor.pseudonym,
            correlation_id=request.request_id,
            causation_id=by.causation_id,
        ),
        state=STATES[request.state],
        iso_status=request.iso_status,
        supplier_region_id=request.record.region_id,
        supplier_archive_id=request.record.archive_id,
    )
    return OutboxMessage(TOPIC, request.request_id, request.version, _CHANGED, value.SerializeToString())


def order_letter(request: RetrievalRequest, sealed: bytes, lane: str, letter_id: str, by: Caller) -> Letter:
    """ISO 18626 request: the only place where the sealed details travel on."""
    now = by.clock.now()
    body = fulfilment_pb2.RequestRequest(
        header=_header(request, 1, now),
        request_id=request.request_id,
        request_number=request.number,
        record_id=request.record.record_id,
        reference_code=request.record.reference_code,
        title=request.record.title,
        sealed_applicant=sealed,
        deadline=deadline_message(request.deadline),
        on_behalf_of=_on_behalf_of(request, by, now),
    )
    return Letter(letter_id, lane, request.leg_id, 1, REQUEST, body.SerializeToString())


def cancel_letter(request: RetrievalRequest, lane: str, letter_id: str, by: Caller) -> Letter:
    """ISO 18626 requestingAgencyMessage, action Cancel."""
    number, now = request.conversation.sent, by.clock.now()
    body = fulfilment_pb2.RequestingAgencyMessageRequest(
        header=_header(request, number, now),
        action=fulfilment_pb2.ACTION_CANCEL,
        on_behalf_of=_on_behalf_of(request, by, now),
    )
    return Letter(letter_id, lane, request.leg_id, number, REQUESTING_AGENCY_MESSAGE, body.SerializeToString())


def _header(request: RetrievalRequest, number: int, now: datetime) -> fulfilment_pb2.Header:
    return fulfilment_pb2.Header(
        requesting_agency_id=AGENCY,
        supplying_agency_id=request.record.archive_id,
        requesting_agency_request_id=request.leg_id,
        timestamp=stamp(now),
        number=number,
    )


def _on_behalf_of(request: RetrievalRequest, by: Caller, now: datetime) -> common_pb2.OnBehalfOf:
    """The token of the person was verified in this very call, so this is when they proved themselves to us."""
    return common_pb2.OnBehalfOf(
        pseudonym=request.pseudonym, acr=by.actor.acr, auth_time=stamp(now), request_id=request.request_id
    )
