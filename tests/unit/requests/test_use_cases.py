"""Submitting, answering and the clock, over fakes that a contract suite holds to the real adapters."""

from dataclasses import dataclass, field

import pytest

from services.common.domain.conversation import MessageGap
from services.common.domain.errors import OutOfScope, ProofRequired, RequestIdReused, Unavailable
from services.common.domain.ids import RandomIds
from services.common.domain.registry import Region, Registry
from services.common.working_calendar import PublishedCalendar
from services.requests.application.answers import apply_answer
from services.requests.application.clocks import show_late
from services.requests.application.submit import Terms, cancel, submit
from services.requests.domain.request import WantedRecord
from tests.unit.requests.fakes import FakeCatalogue, FakeNumbers, FakeRequests, TurnedClock, caller
from tongdang.fulfilment.v1 import fulfilment_pb2
from tongdang.requests.v1 import requests_pb2 as pb

IDS = RandomIds()
RECORD = WantedRecord(IDS.new(), "320000", "a320581", "A001-WS·1985-Y-MZ-0012", "题名")
REGIONS = [Region(region, region, region, f"catalog-{region}", "", (), ()) for region in ("320000", "520000")]


@dataclass
class Office:
    """The requests service without its walls."""

    clock: TurnedClock = field(default_factory=TurnedClock)
    requests: FakeRequests = field(default_factory=FakeRequests)
    catalogue: FakeCatalogue = field(default_factory=lambda: FakeCatalogue({RECORD.record_id: RECORD}))
    numbers: FakeNumbers = field(default_factory=FakeNumbers)
    registry: Registry = field(default_factory=lambda: Registry(1, tuple(REGIONS), {}))

    def submit(self, draft: pb.SubmitRequestRequest, *, proof: bool = True) -> pb.Request:
        return submit(
            draft,
            by=caller(self.clock, proof=proof),
            requests=self.requests,
            catalogue=self.catalogue,
            numbers=self.numbers,
            registry=self.registry,
            terms=Terms(10, PublishedCalendar()),
        )

    def cancel(self, request: pb.Request) -> pb.Request:
        message = pb.CancelRequestRequest(request_id=IDS.new(), target_request_id=request.request_id)
        by = caller(self.clock, "request.cancel")
        return cancel(message, by=by, requests=self.requests, registry=self.registry)

    def answer(
        self, request: pb.Request, number: int, status: int, via: str = "catalog-320000", **more: object
    ) -> fulfilment_pb2.Confirmation:
        leg = self.requests.kept[request.request_id].leg_id
        message = fulfilment_pb2.SupplyingAgencyMessageRequest(
            header=fulfilment_pb2.Header(
                supplying_agency_id="a320581", requesting_agency_request_id=leg, number=number
            ),
            status=status,
            request_id=request.request_id,
            **more,
        )
        by = caller(self.clock, "request.answer", via=via)
        return apply_answer(message, by=by, requests=self.requests, registry=self.registry)


@pytest.fixture
def office() -> Office:
    return Office()


def draft(request_id: str = "") -> pb.SubmitRequestRequest:
    return pb.SubmitRequestRequest(
        request_id=request_id or IDS.new(),
        record_id=RECORD.record_id,
        sealed_applicant=b"x" * 100,
        confirmed_archive_id="a320581",
    )


def test_one_submission_writes_request_letter_event_and_audit_of_one_cause(office: Office) -> None:
    request = office.submit(draft())
    assert request.request_number == "520000-20261123-000001"
    assert request.deadline.due_on == "2026-12-07"
    (letter,), (event,), (message,) = office.requests.letters, office.requests.events, office.requests.messages
    assert (letter.lane, letter.number, letter.letter_id) == ("catalog-320000", 1, event.event_id)
    assert (event.correlation_id, message.key) == (request.request_id, request.request_id)
    assert "x" * 100 not in str(office.requests.kept)


def test_nothing_is_written_without_a_proof(office: Office) -> None:
    with pytest.raises(ProofRequired):
        office.submit(draft(), proof=False)
    assert office.requests == FakeRequests()


def test_while_the_catalogue_is_down_a_new_request_waits_and_a_repeat_is_answered(office: Office) -> None:
    sent = draft()
    first = office.submit(sent)
    office.catalogue.down = True
    assert office.submit(sent) == first
    with pytest.raises(Unavailable):
        office.submit(draft())


def test_a_repeat_holds_though_the_record_was_retracted_meanwhile(office: Office) -> None:
    sent = draft()
    first = office.submit(sent)
    office.catalogue.records.clear()
    assert office.submit(sent) == first


def test_answers_move_the_request_in_order_and_a_repeat_changes_nothing(office: Office) -> None:
    request = office.submit(draft())
    first = office.answer(request, 1, fulfilment_pb2.STATUS_REQUEST_RECEIVED)
    with pytest.raises(MessageGap):
        office.answer(request, 3, fulfilment_pb2.STATUS_COPY_COMPLETED)
    events = len(office.requests.events)
    assert office.answer(request, 1, fulfilment_pb2.STATUS_REQUEST_RECEIVED) == first
    assert len(office.requests.events) == events
    with pytest.raises(RequestIdReused):
        office.answer(request, 1, fulfilment_pb2.STATUS_UNFILLED)
    office.answer(request, 2, fulfilment_pb2.STATUS_COPY_COMPLETED)
    assert office.requests.kept[request.request_id].state == "completed"


def test_no_province_answers_for_another(office: Office) -> None:
    request = office.submit(draft())
    with pytest.raises(OutOfScope):
        office.answer(request, 1, fulfilment_pb2.STATUS_UNFILLED, via="catalog-520000")
    assert office.requests.kept[request.request_id].state == "submitted"


def test_a_withdrawal_that_came_too_late_keeps_the_answer(office: Office) -> None:
    request = office.submit(draft())
    office.cancel(request)
    assert [letter.number for letter in office.requests.letters] == [1, 2]
    office.answer(request, 1, fulfilment_pb2.STATUS_COPY_COMPLETED)
    refused = fulfilment_pb2.REASON_FOR_MESSAGE_CANCEL_RESPONSE
    office.answer(request, 2, fulfilment_pb2.STATUS_COPY_COMPLETED, reason_for_message=refused, answer_yes=False)
    kept = office.requests.kept[request.request_id]
    assert (kept.state, kept.history[-1].reason) == ("completed", "CancelDeclined")


def test_a_day_that_passed_is_shown_late_once_and_told(office: Office) -> None:
    request = office.submit(draft())
    by = caller(office.clock, "request.late", via="requests")
    office.clock.turn(days=14)
    assert show_late(by=by, requests=office.requests) == 0  # the day due itself
    office.clock.turn(days=1)
    assert show_late(by=by, requests=office.requests) == 1
    assert show_late(by=by, requests=office.requests) == 0
    assert office.requests.kept[request.request_id].overdue
    assert [event.action for event in office.requests.events] == ["request.submit", "request.late"]
