"""The desk accepts, attaches, delivers; the citizen reads; anyone verifies; everything is on record."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pikepdf
import pypdf
import pytest
from PIL import Image

from services.common.domain.errors import TongdangError
from services.common.grpc.channel import call
from tests.integration.requests.rig import (
    CHANGSHU,
    CITIZEN,
    CLERK,
    GUIZHOU,
    IDS,
    JIANGSU,
    OTHER_CITIZEN,
    ROOT,
    Rig,
)
from tongdang.catalog.v1 import delivery_pb2, desk_pb2
from tongdang.requests.v1 import requests_pb2

pytestmark = pytest.mark.integration

READER = "tests.integration.catalog_desk.reader"


def scan(size: tuple[int, int] = (300, 400), *, noise: bool = False) -> bytes:
    """A JPEG; with noise one that no compression makes small."""
    image = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)) if noise else Image.new("RGB", size, "tan")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def refusal(method: Any, message: Any, metadata: Any) -> str:
    with pytest.raises(TongdangError) as caught:
        call(method, message, metadata=metadata)
    return caught.value.code


def attach(rig: Rig, case_id: str, content: bytes, request_id: str = "", who: Any = None) -> desk_pb2.Case:
    header = desk_pb2.ScanHeader(request_id=request_id or IDS.new(), case_id=case_id, file_name="扫描件.jpg")
    parts = [desk_pb2.AttachScanRequest(header=header)]
    parts += [desk_pb2.AttachScanRequest(content=content[at : at + 500_000]) for at in range(0, len(content), 500_000)]
    answer = call(rig.desk(JIANGSU).AttachScan, iter(parts), metadata=who or rig.clerk(JIANGSU))
    return answer.case


def accepted(rig: Rig) -> desk_pb2.Case:
    """A fresh case that the clerk has taken."""
    request = rig.submit(rig.draft())
    rig.reaches(request.request_id, requests_pb2.REQUEST_STATE_RECEIVED)
    case_id = rig.case(JIANGSU, request.request_id).case_id
    message = desk_pb2.AcceptCaseRequest(request_id=IDS.new(), case_id=case_id)
    return call(rig.desk(JIANGSU).AcceptCase, message, metadata=rig.clerk(JIANGSU)).case


def delivered(rig: Rig, content: bytes) -> desk_pb2.Case:
    case = accepted(rig)
    attach(rig, case.case_id, content)
    message = desk_pb2.DeliverCaseRequest(request_id=IDS.new(), case_id=case.case_id)
    return call(rig.desk(JIANGSU).DeliverCase, message, timeout_s=60, metadata=rig.clerk(JIANGSU)).case


def opened(rig: Rig, request_id: str) -> delivery_pb2.OpenDeliveryResponse:
    asked = delivery_pb2.OpenDeliveryRequest(request_id=request_id)
    return call(rig.delivery(JIANGSU).OpenDelivery, asked, metadata=rig.citizen())


def test_the_whole_story_ends_in_a_copy_that_says_sample_on_every_page_and_can_be_verified(rig: Rig) -> None:
    case = delivered(rig, scan())
    rig.reaches(case.request_id, requests_pb2.REQUEST_STATE_COMPLETED)
    open_ = opened(rig, case.request_id)
    content = b""
    while len(content) < open_.size:
        asked = delivery_pb2.ReadChunkRequest(ticket=open_.ticket, offset=len(content), length=10_000)
        content += call(rig.delivery(JIANGSU).ReadChunk, asked, metadata=rig.citizen()).content
    assert hashlib.sha256(content).hexdigest() == open_.sha256
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    assert len(pages) == 2
    assert all("样本，无法律效力" in page and case.request_number in page for page in pages)
    assert "䶮㛃·买提" in pages[0]
    code = pages[0].split("验证码 ")[1].split()[0].strip()
    found = call(
        rig.delivery(JIANGSU).VerifyCertificate, delivery_pb2.VerifyCertificateRequest(code=code.upper()), metadata=[]
    )
    assert (found.known, found.sample, found.archive_id, found.sha256) == (True, True, CHANGSHU, open_.sha256)
    unknown = delivery_pb2.VerifyCertificateRequest(code=f"{JIANGSU}-{'a' * 26}")
    assert not call(rig.delivery(JIANGSU).VerifyCertificate, unknown, metadata=[]).known
    (check,) = rig.leaves(f"catalog-{JIANGSU}", activity_name="certificate.verify", correlation_uid=case.request_id)
    assert code not in str(check)


def test_the_trail_of_a_request_is_complete_and_one_opening_is_one_event(rig: Rig) -> None:
    case = delivered(rig, scan())
    rig.reaches(case.request_id, requests_pb2.REQUEST_STATE_COMPLETED)
    open_ = opened(rig, case.request_id)
    for offset in (0, 1000, 2000):
        asked = delivery_pb2.ReadChunkRequest(ticket=open_.ticket, offset=offset, length=1000)
        call(rig.delivery(JIANGSU).ReadChunk, asked, metadata=rig.citizen())
    catalog = [
        (leaf["activity_name"], leaf["actor"]["uid"])
        for leaf in rig.leaves(f"catalog-{JIANGSU}", correlation_uid=case.request_id)
    ]
    assert catalog == [
        ("case.receive", "requests"),
        ("case.accept", CLERK),
        ("case.attach", CLERK),
        ("case.deliver", CLERK),
        ("delivery.open", CITIZEN),
    ]
    answers = rig.leaves("requests", correlation_uid=case.request_id, activity_name="request.answer")
    statuses = [leaf["unmapped"]["status"] for leaf in answers]
    assert statuses == ["RequestReceived", "ExpectToSupply", "CopyCompleted"]
    causes = {leaf["metadata"]["uid"] for leaf in rig.leaves(f"catalog-{JIANGSU}", correlation_uid=case.request_id)}
    assert all(leaf["causation_uid"] in causes for leaf in answers)


def test_only_the_requester_opens_and_reads(rig: Rig) -> None:
    case = delivered(rig, scan())
    asked = delivery_pb2.OpenDeliveryRequest(request_id=case.request_id)
    assert refusal(rig.delivery(JIANGSU).OpenDelivery, asked, rig.citizen(OTHER_CITIZEN)) == "NOT_FOUND"
    assert refusal(rig.delivery(JIANGSU).OpenDelivery, asked, rig.clerk(JIANGSU)) == "ROLE_NOT_ALLOWED"
    stolen = delivery_pb2.ReadChunkRequest(ticket=opened(rig, case.request_id).ticket, offset=0, length=100)
    assert refusal(rig.delivery(JIANGSU).ReadChunk, stolen, rig.citizen(OTHER_CITIZEN)) == "TICKET_INVALID"


def test_a_clerk_of_another_archive_sees_nothing(rig: Rig) -> None:
    case = accepted(rig)
    stranger = rig.clerk(GUIZHOU)
    message = desk_pb2.GetCaseRequest(case_id=case.case_id)
    assert refusal(rig.desk(JIANGSU).GetCase, message, stranger) == "OUT_OF_SCOPE"
    assert refusal(rig.desk(JIANGSU).ListCases, desk_pb2.ListCasesRequest(archive_id=CHANGSHU), stranger) == (
        "OUT_OF_SCOPE"
    )
    with pytest.raises(TongdangError) as caught:
        attach(rig, case.case_id, scan(), who=stranger)
    assert caught.value.code == "OUT_OF_SCOPE"


def test_opening_a_case_shows_the_applicant_and_is_recorded(rig: Rig) -> None:
    case = accepted(rig)
    found = call(rig.desk(JIANGSU).GetCase, desk_pb2.GetCaseRequest(case_id=case.case_id), metadata=rig.clerk(JIANGSU))
    assert (found.applicant.name, found.applicant.purpose) == ("䶮㛃·买提", "办理退休手续")
    assert found.record.reference_code == case.reference_code
    looks = [
        leaf
        for leaf in rig.leaves(f"catalog-{JIANGSU}", activity_name="case.read", correlation_uid=case.request_id)
        if leaf["entity"]["uid"] == case.case_id
    ]
    assert [leaf["actor"]["uid"] for leaf in looks] == [CLERK]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "SCAN_EMPTY"),
        (b"MZ\x90 a program", "SCAN_TYPE_NOT_ALLOWED"),
        (b"%PDF-1.7\nbroken", "SCAN_UNREADABLE"),
        (scan()[:2000], "SCAN_UNREADABLE"),
    ],
)
def test_what_is_no_readable_scan_is_refused_by_name_and_changes_nothing(rig: Rig, content: bytes, code: str) -> None:
    case = accepted(rig)
    with pytest.raises(TongdangError) as caught:
        attach(rig, case.case_id, content)
    assert caught.value.code == code
    assert rig.case(JIANGSU, case.request_id).state == desk_pb2.CASE_STATE_ACCEPTED


def test_an_encrypted_pdf_is_refused_by_name(rig: Rig) -> None:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(TongdangError) as caught:
        attach(rig, accepted(rig).case_id, out.getvalue())
    assert caught.value.code == "SCAN_ENCRYPTED"


def test_two_clerks_at_one_case_the_second_learns_who_has_it(rig: Rig) -> None:
    case = accepted(rig)
    message = desk_pb2.AcceptCaseRequest(request_id=IDS.new(), case_id=case.case_id)
    with pytest.raises(TongdangError) as caught:
        call(rig.desk(JIANGSU).AcceptCase, message, metadata=rig.clerk(JIANGSU))
    assert caught.value.code == "CASE_MOVED"
    assert dict(caught.value.metadata) == {"state": "accepted", "handler": CLERK}


def test_delivering_twice_gives_one_certificate(rig: Rig) -> None:
    case = accepted(rig)
    attach(rig, case.case_id, scan())
    message = desk_pb2.DeliverCaseRequest(request_id=IDS.new(), case_id=case.case_id)
    first, second = (
        call(rig.desk(JIANGSU).DeliverCase, message, timeout_s=60, metadata=rig.clerk(JIANGSU)) for _ in range(2)
    )
    assert first == second
    certificates = rig.databases[f"catalog-{JIANGSU}"].db["certificates"]
    assert certificates.count_documents({"case_id": case.case_id}) == 1


def test_a_declined_case_ends_the_request_with_its_reason(rig: Rig) -> None:
    case = accepted(rig)
    message = desk_pb2.DeclineCaseRequest(request_id=IDS.new(), case_id=case.case_id, reason="Destroyed")
    call(rig.desk(JIANGSU).DeclineCase, message, metadata=rig.clerk(JIANGSU))
    seen = rig.reaches(case.request_id, requests_pb2.REQUEST_STATE_UNFILLED)
    assert (seen.iso_status, seen.reason) == ("Unfilled", "Destroyed")


def test_a_record_retracted_meanwhile_cannot_be_delivered(rig: Rig) -> None:
    case = accepted(rig)
    attach(rig, case.case_id, scan())
    records = rig.databases[f"catalog-{JIANGSU}"].db["records"]
    records.update_one({"_id": case.record_id}, {"$set": {"access_status": "controlled"}})
    try:
        message = desk_pb2.DeliverCaseRequest(request_id=IDS.new(), case_id=case.case_id)
        assert refusal(rig.desk(JIANGSU).DeliverCase, message, rig.clerk(JIANGSU)) == "RECORD_NOT_OPEN"
    finally:
        records.update_one({"_id": case.record_id}, {"$set": {"access_status": "open"}})


def test_a_scan_whose_bytes_rotted_in_the_vault_is_not_certified(rig: Rig) -> None:
    case = accepted(rig)
    attach(rig, case.case_id, scan((301, 401)))
    db = rig.databases[f"catalog-{JIANGSU}"].db
    file = db["vault.files"].find_one({"filename": rig.case(JIANGSU, case.request_id).scans[0].sha256})
    assert file is not None
    chunk = db["vault.chunks"].find_one({"files_id": file["_id"]})
    assert chunk is not None
    rotten = bytes(chunk["data"])[:-1] + b"\x00"
    db["vault.chunks"].update_one({"_id": chunk["_id"]}, {"$set": {"data": rotten}})
    message = desk_pb2.DeliverCaseRequest(request_id=IDS.new(), case_id=case.case_id)
    assert refusal(rig.desk(JIANGSU).DeliverCase, message, rig.clerk(JIANGSU)) == "FIXITY_BROKEN"


@pytest.mark.fault
def test_a_delivery_reaches_the_citizen_once_though_both_sides_are_killed_around_it(rig: Rig) -> None:
    case = accepted(rig)
    rig.reaches(case.request_id, requests_pb2.REQUEST_STATE_ACCEPTED)
    attach(rig, case.case_id, scan())
    rig.kill("requests")
    message = desk_pb2.DeliverCaseRequest(request_id=IDS.new(), case_id=case.case_id)
    first = call(rig.desk(JIANGSU).DeliverCase, message, timeout_s=60, metadata=rig.clerk(JIANGSU)).case
    rig.kill(f"catalog-{JIANGSU}")
    rig.start("requests")
    rig.start(f"catalog-{JIANGSU}")
    rig.reaches(case.request_id, requests_pb2.REQUEST_STATE_COMPLETED)
    again = call(rig.desk(JIANGSU).DeliverCase, message, timeout_s=60, metadata=rig.clerk(JIANGSU)).case
    assert again == first
    answers = rig.leaves("requests", correlation_uid=case.request_id, activity_name="request.answer")
    told = [leaf["unmapped"]["status"] for leaf in answers if leaf["unmapped"]]
    assert told == ["RequestReceived", "ExpectToSupply", "CopyCompleted"]


@pytest.mark.fault
def test_ten_stalled_downloads_do_not_delay_another_call(rig: Rig) -> None:
    case = delivered(rig, scan((1600, 1600), noise=True))
    open_ = opened(rig, case.request_id)
    assert open_.size > 1 << 20
    tls = rig.tls("portal")
    bearer = rig.citizen()[0][1]
    files = [str(tls.certificate_file), str(tls.key_file), str(tls.ca_file)]
    command = [sys.executable, "-m", READER, rig.address(f"catalog-{JIANGSU}"), *files, open_.ticket, bearer]
    path = os.pathsep.join([str(ROOT), str(ROOT / "gen")])
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment) as reader:
        try:
            assert reader.stdout is not None
            for _ in range(10):
                assert reader.stdout.readline() == b"reading\n"
            reader.send_signal(signal.SIGSTOP)
            assert slowest_call(rig, case.request_id) < 2
        finally:
            reader.kill()


def slowest_call(rig: Rig, request_id: str) -> float:
    """Seconds of the slowest of twenty other calls."""
    slowest = 0.0
    for _ in range(20):
        started = time.monotonic()
        rig.case(JIANGSU, request_id)
        slowest = max(slowest, time.monotonic() - started)
    return slowest
