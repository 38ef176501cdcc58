"""What the desk says to others: the case as a message, and the ISO 18626 letters to the requesting agency."""

from services.catalog.domain.cases import STATUS_OF_STATE, Case, CaseState
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.deadlines import WorkingCalendar, working_days_left
from services.common.domain.messages import Letter
from services.common.grpc.letters import SUPPLYING_AGENCY_MESSAGE
from services.common.grpc.stamps import deadline_message, stamp
from tongdang.catalog.v1 import desk_pb2 as pb
from tongdang.fulfilment.v1 import fulfilment_pb2

LANE = "requests"

_STATES = {
    CaseState.RECEIVED: pb.CASE_STATE_RECEIVED,
    CaseState.ACCEPTED: pb.CASE_STATE_ACCEPTED,
    CaseState.READY: pb.CASE_STATE_READY,
    CaseState.DELIVERED: pb.CASE_STATE_DELIVERED,
    CaseState.DECLINED: pb.CASE_STATE_DECLINED,
    CaseState.CANCELLED: pb.CASE_STATE_CANCELLED,
}
STATUSES = {
    "RequestReceived": fulfilment_pb2.STATUS_REQUEST_RECEIVED,
    "ExpectToSupply": fulfilment_pb2.STATUS_EXPECT_TO_SUPPLY,
    "CopyCompleted": fulfilment_pb2.STATUS_COPY_COMPLETED,
    "Unfilled": fulfilment_pb2.STATUS_UNFILLED,
    "Cancelled": fulfilment_pb2.STATUS_CANCELLED,
}
"""By the name that `STATUS_OF_STATE` gives."""


def case_object(case: Case) -> ObjectRef:
    """How the audit log names a case."""
    return ObjectRef("case", case.case_id, case.region_id, case.archive_id)


def case_message(case: Case, by: Caller, calendar: WorkingCalendar) -> pb.Case:
    """As staff of the archive see it, without the applicant's details."""
    today = legal_day(by.clock.now())
    return pb.Case(
        case_id=case.case_id,
        request_id=case.request_id,
        request_number=case.number,
        archive_id=case.archive_id,
        record_id=case.record_id,
        reference_code=case.reference_code,
        title=case.title,
        state=_STATES[case.state],
        received_at=stamp(case.received_at),
        deadline=deadline_message(case.deadline),
        days_left=working_days_left(case.deadline.due_on, today, calendar),
        handler=case.handler,
        scans=[pb.Scan(**vars(scan)) for scan in case.scans],
        decline_reason=case.decline_reason,
        version=case.version,
    )


def status_letter(case: Case, letter_id: str, by: Caller) -> Letter:
    """supplyingAgencyMessage with the status the case is in now."""
    response = case.state is CaseState.RECEIVED
    reason = (
        fulfilment_pb2.REASON_FOR_MESSAGE_REQUEST_RESPONSE
        if response
        else fulfilment_pb2.REASON_FOR_MESSAGE_STATUS_CHANGE
    )
    return _letter(case, letter_id, by, reason, False)


def cancel_answer(case: Case, letter_id: str, by: Caller) -> Letter:
    """CancelResponse: yes when the case ended by it; no keeps the status."""
    reason = fulfilment_pb2.REASON_FOR_MESSAGE_CANCEL_RESPONSE
    return _letter(case, letter_id, by, reason, case.state is CaseState.CANCELLED)


def _letter(
    case: Case,
    letter_id: str,
    by: Caller,
    reason: fulfilment_pb2.ReasonForMessage,
    answer_yes: bool,
) -> Letter:
    number, now = case.conversation.sent, stamp(by.clock.now())
    body = fulfilment_pb2.SupplyingAgencyMessageRequest(
        header=fulfilment_pb2.Header(
            requesting_agency_id=LANE,
            supplying_agency_id=case.archive_id,
            requesting_agency_request_id=case.case_id,
            timestamp=now,
            number=number,
        ),
        reason_for_message=reason,
        status=STATUSES[STATUS_OF_STATE[case.state]],
        last_change=now,
        reason=case.decline_reason,
        answer_yes=answer_yes,
        request_id=case.request_id,
    )
    delivery = case.delivery
    if delivery is not None:
        body.delivery.CopyFrom(
            fulfilment_pb2.DeliveryInfo(
                date_sent=stamp(delivery.issued_at), sha256=delivery.sha256, size=delivery.size, pages=delivery.pages
            )
        )
    return Letter(letter_id, LANE, case.case_id, number, SUPPLYING_AGENCY_MESSAGE, body.SerializeToString())
