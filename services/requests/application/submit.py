"""The applicant's side: submit, read, withdraw."""

from dataclasses import dataclass

from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.deadlines import WorkingCalendar, count_deadline
from services.common.domain.errors import InvalidArgument, TongdangError
from services.common.domain.ids import is_uuid
from services.common.domain.paging import Page
from services.common.domain.registry import Registry
from services.requests.application.messages import (
    cancel_letter,
    changed,
    order_letter,
    request_message,
    request_object,
)
from services.requests.application.ports import Numbers, OpenCatalogue, Requests, Unit
from services.requests.domain.errors import ArchiveNotConfirmed
from services.requests.domain.request import RetrievalRequest, WantedRecord, submitted
from tongdang.requests.v1 import requests_pb2 as pb

MAX_SEALED = 16 * 1024
SEAL_OVERHEAD = 48
"""A sealed box holds an ephemeral key and a tag besides the details."""
CERTIFIED_COPY = "supply.certified-copy"


@dataclass(frozen=True)
class Terms:
    """Working days granted for a certified copy, and the calendar that counts them."""

    working_days: int
    calendar: WorkingCalendar


def submit(
    message: pb.SubmitRequestRequest,
    *,
    by: Caller,
    requests: Requests,
    catalogue: OpenCatalogue,
    numbers: Numbers,
    registry: Registry,
    terms: Terms,
) -> pb.Request:
    """Takes a request for a certified copy of an open record and routes it to the province that holds it.

    Answers at once, even when that province is down: its letter waits. Anyone with a checked proof may ask
    (Archives Law 28). The draft's id becomes the request's, so that submitting twice gives one request.

    Raises: ProofRequired, InvalidArgument, RecordNotOpen, ArchiveNotConfirmed, RequestIdReused, Unavailable.
    """
    by.actor.require_proof()
    _check(message)
    try:
        record = _wanted(message, catalogue)
    except TongdangError:
        before = requests.answered(by, message)  # a repeat holds, whatever became of the record meanwhile
        if before is None:
            raise
        return pb.Request.FromString(before)
    lane = registry.region(record.region_id).principal
    now = by.clock.now()
    today = legal_day(now)
    region_id = by.actor.region_id or record.region_id
    request = submitted(
        message.request_id,
        numbers.next(region_id, today),
        by.actor.pseudonym,
        region_id,
        record,
        by.ids.new(),
        count_deadline(today, terms.working_days, terms.calendar, CERTIFIED_COPY),
        now,
    )

    answer = request_message(request).SerializeToString()

    def work(unit: Unit) -> bytes:
        unit.add(request)
        event = by.granted(
            request_object(request),
            correlation_id=request.request_id,
            facts={
                "request_number": request.number,
                "record_id": record.record_id,
                "due_on": str(request.deadline.due_on),
            },
        )
        unit.record(event)
        unit.emit(changed(request, event.event_id, by))
        unit.post(order_letter(request, message.sealed_applicant, lane, event.event_id, by))
        return answer

    return pb.Request.FromString(requests.run_once(by, message, work, answer))


def get_request(request_id: str, *, by: Caller, requests: Requests) -> RetrievalRequest:
    """One of the caller's own requests. Raises: NotFound."""
    return requests.own(request_id, by.actor.pseudonym)


def list_requests(size: int, token: str, *, by: Caller, requests: Requests) -> Page[RetrievalRequest]:
    """The caller's own requests, newest first. Raises: InvalidPageToken."""
    return requests.list_own(by.actor.pseudonym, size, token)


def cancel(message: pb.CancelRequestRequest, *, by: Caller, requests: Requests, registry: Registry) -> pb.Request:
    """Withdraws a request that has no final answer; the archive says whether it still could be stopped.

    Raises: NotFound, RequestClosed, RequestIdReused.
    """

    def work(unit: Unit) -> bytes:
        before = unit.own(message.target_request_id, by.actor.pseudonym)
        request = before.ask_cancel(by.clock.now())
        event = by.granted(request_object(request), correlation_id=request.request_id)
        unit.record(event)
        if request is not before:
            unit.save(request)
            unit.emit(changed(request, event.event_id, by))
            lane = registry.region(request.record.region_id).principal
            unit.post(cancel_letter(request, lane, event.event_id, by))
        return request_message(request).SerializeToString()

    return pb.Request.FromString(requests.run_once(by, message, work))


def _wanted(message: pb.SubmitRequestRequest, catalogue: OpenCatalogue) -> WantedRecord:
    record = catalogue.record(message.record_id)
    if message.confirmed_archive_id != record.archive_id:
        raise ArchiveNotConfirmed(metadata={"archive_id": record.archive_id})
    return record


def _check(message: pb.SubmitRequestRequest) -> None:
    if not is_uuid(message.record_id):
        raise InvalidArgument("record_id", "a record's id")
    if not SEAL_OVERHEAD < len(message.sealed_applicant) <= MAX_SEALED + SEAL_OVERHEAD:
        raise InvalidArgument("sealed_applicant", f"a sealed box around 1 to {MAX_SEALED} bytes")
