"""A citizen of Guizhou asks for a copy of a record in Jiangsu; things go wrong on the way."""

import pytest

from services.common.domain.errors import TongdangError
from services.common.grpc.channel import call
from tests.integration.requests.rig import CHANGSHU, GUIZHOU, IDS, JIANGSU, OTHER_CITIZEN, Rig, until
from tongdang.catalog.v1 import desk_pb2
from tongdang.fulfilment.v1 import fulfilment_pb2
from tongdang.requests.v1 import requests_pb2 as pb

pytestmark = pytest.mark.integration


def refusal(method: object, message: object, metadata: object) -> str:
    with pytest.raises(TongdangError) as caught:
        call(method, message, metadata=metadata)  # type: ignore[arg-type]
    return caught.value.code


def test_a_request_appears_in_the_archives_queue_with_its_due_date(rig: Rig) -> None:
    request = rig.submit(rig.draft())
    assert request.request_number.startswith(f"{GUIZHOU}-")
    seen = rig.reaches(request.request_id, pb.REQUEST_STATE_RECEIVED)
    case = rig.case(JIANGSU, request.request_id)
    assert case.deadline == seen.deadline
    assert case.days_left == 10
    assert seen.responsible == pb.RESPONSIBLE_ARCHIVE


def test_submitting_twice_gives_one_request_one_case_and_one_number(rig: Rig) -> None:
    draft = rig.draft()
    first, second = rig.submit(draft), rig.submit(draft)
    assert first == second
    rig.reaches(first.request_id, pb.REQUEST_STATE_RECEIVED)
    assert rig.databases[f"catalog-{JIANGSU}"].db["cases"].count_documents({"request_id": first.request_id}) == 1


def test_a_request_id_with_another_content_is_refused(rig: Rig) -> None:
    draft = rig.draft()
    rig.submit(draft)
    assert refusal(rig.requests.SubmitRequest, rig.draft(request_id=draft.request_id), rig.citizen()) == (
        "REQUEST_ID_REUSED"
    )
    other = rig.citizen(OTHER_CITIZEN)
    assert refusal(rig.requests.SubmitRequest, draft, other) == "REQUEST_ID_REUSED"


def test_an_account_without_a_checked_proof_may_not_ask_and_the_refusal_is_recorded(rig: Rig) -> None:
    draft = rig.draft()
    assert refusal(rig.requests.SubmitRequest, draft, rig.citizen(proof="none")) == "PROOF_REQUIRED"
    (leaf,) = rig.leaves("requests", activity_name="request.submit", correlation_uid=draft.request_id)
    assert (leaf["status"], leaf["status_detail"]) == ("refused", "PROOF_REQUIRED")


def test_another_archive_than_the_holder_is_not_what_the_applicant_confirmed(rig: Rig) -> None:
    draft = rig.draft()
    draft.confirmed_archive_id = "a999999"
    assert refusal(rig.requests.SubmitRequest, draft, rig.citizen()) == "ARCHIVE_NOT_CONFIRMED"


def test_a_record_that_is_not_open_cannot_be_asked_for(rig: Rig) -> None:
    draft = rig.draft()
    draft.record_id = IDS.new()
    assert refusal(rig.requests.SubmitRequest, draft, rig.citizen()) == "RECORD_NOT_OPEN"


def test_nobody_reads_another_persons_request(rig: Rig) -> None:
    request = rig.submit(rig.draft())
    asked = pb.GetRequestRequest(request_id=request.request_id)
    assert refusal(rig.requests.GetRequest, asked, rig.citizen(OTHER_CITIZEN)) == "NOT_FOUND"
    leaves = rig.leaves("requests", activity_name="request.read", correlation_uid=request.request_id, status="refused")
    assert [leaf["actor"]["uid"] for leaf in leaves] == [OTHER_CITIZEN]


def test_pages_of_ones_own_requests_hold_each_once_newest_first(rig: Rig) -> None:
    sent = [rig.submit(rig.draft()).request_id for _ in range(5)]
    listed: list[str] = []
    token = ""
    while True:
        message = pb.ListRequestsRequest(page_size=2, page_token=token)
        page = call(rig.requests.ListRequests, message, metadata=rig.citizen())
        listed += [one.request_id for one in page.requests]
        token = page.next_page_token
        if not token:
            break
    assert listed[:5] == sent[::-1]
    assert len(listed) == len(set(listed))


def test_a_certificate_of_another_province_cannot_answer(rig: Rig) -> None:
    request = rig.submit(rig.draft())
    case = until(
        lambda: rig.reaches(request.request_id, pb.REQUEST_STATE_RECEIVED) and rig.case(JIANGSU, request.request_id)
    )
    forged = fulfilment_pb2.SupplyingAgencyMessageRequest(
        header=fulfilment_pb2.Header(supplying_agency_id=CHANGSHU, requesting_agency_request_id=case.case_id, number=2),
        reason_for_message=fulfilment_pb2.REASON_FOR_MESSAGE_STATUS_CHANGE,
        status=fulfilment_pb2.STATUS_UNFILLED,
        request_id=request.request_id,
    )
    assert refusal(rig.answers(f"catalog-{GUIZHOU}").SupplyingAgencyMessage, forged, []) == "OUT_OF_SCOPE"
    assert refusal(rig.answers("portal").SupplyingAgencyMessage, forged, []) == "CALLER_NOT_ALLOWED"
    assert rig.request(request.request_id).state == pb.REQUEST_STATE_RECEIVED
    (leaf,) = rig.leaves(
        "requests", activity_name="request.answer", correlation_uid=request.request_id, status_detail="OUT_OF_SCOPE"
    )
    assert leaf["actor"]["via"] == f"catalog-{GUIZHOU}"


def test_a_message_out_of_its_turn_waits_and_changes_nothing(rig: Rig) -> None:
    request = rig.submit(rig.draft())
    rig.reaches(request.request_id, pb.REQUEST_STATE_RECEIVED)
    case = rig.case(JIANGSU, request.request_id)
    early = fulfilment_pb2.SupplyingAgencyMessageRequest(
        header=fulfilment_pb2.Header(supplying_agency_id=CHANGSHU, requesting_agency_request_id=case.case_id, number=3),
        status=fulfilment_pb2.STATUS_UNFILLED,
        request_id=request.request_id,
    )
    assert refusal(rig.answers(f"catalog-{JIANGSU}").SupplyingAgencyMessage, early, []) == "MESSAGE_GAP"
    assert rig.request(request.request_id).state == pb.REQUEST_STATE_RECEIVED


def test_a_withdrawn_request_leaves_the_queue_and_a_late_withdrawal_keeps_the_answer(rig: Rig) -> None:
    request = rig.submit(rig.draft())
    rig.reaches(request.request_id, pb.REQUEST_STATE_RECEIVED)
    message = pb.CancelRequestRequest(request_id=IDS.new(), target_request_id=request.request_id)
    call(rig.requests.CancelRequest, message, metadata=rig.citizen())
    gone = rig.reaches(request.request_id, pb.REQUEST_STATE_CANCELLED)
    assert [one.reason for one in gone.history][-2] == "CancelAsked"
    assert rig.case(JIANGSU, request.request_id).state == desk_pb2.CASE_STATE_CANCELLED
    again = pb.CancelRequestRequest(request_id=IDS.new(), target_request_id=request.request_id)
    assert refusal(rig.requests.CancelRequest, again, rig.citizen()) == "REQUEST_CLOSED"


def test_a_province_that_is_down_gets_the_request_when_it_is_back(rig: Rig) -> None:
    name = f"catalog-{JIANGSU}"
    rig.kill(name)
    request = rig.submit(rig.draft())
    assert request.state == pb.REQUEST_STATE_SUBMITTED
    assert request.responsible == pb.RESPONSIBLE_PLATFORM
    elsewhere = rig.submit(rig.draft(GUIZHOU))
    rig.reaches(elsewhere.request_id, pb.REQUEST_STATE_RECEIVED)  # the lane that is down blocks nobody else
    assert rig.request(request.request_id).state == pb.REQUEST_STATE_SUBMITTED
    rig.start(name)
    rig.reaches(request.request_id, pb.REQUEST_STATE_RECEIVED)


@pytest.mark.fault
def test_kill_9_of_both_sides_in_mid_conversation_loses_nothing_and_does_nothing_twice(rig: Rig) -> None:
    name = f"catalog-{JIANGSU}"
    requests = [rig.submit(rig.draft()).request_id for _ in range(12)]
    rig.kill(name)
    requests += [rig.submit(rig.draft()).request_id for _ in range(6)]
    rig.kill("requests")
    rig.start(name)
    rig.start("requests")
    rig.kill(name)
    rig.start(name)
    for request_id in requests:
        rig.reaches(request_id, pb.REQUEST_STATE_RECEIVED, seconds=60)
    cases = list(rig.databases[name].db["cases"].find({"request_id": {"$in": requests}}))
    assert sorted(case["request_id"] for case in cases) == sorted(requests)
    for request_id in requests:
        assert len(rig.leaves(name, activity_name="case.receive", correlation_uid=request_id, status="granted")) >= 1
        stored = rig.databases["requests"].db["requests"].find_one({"_id": request_id})
        assert stored is not None
        assert [one["number"] for one in stored["conversation"]["heard"]] == [1]
