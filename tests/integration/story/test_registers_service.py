"""The registers on the running stack: who may do what, once, on the record; nothing of them on a public topic."""

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from deploy.local.client import LocalClient
from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from services.common.domain.errors import TongdangError
from tests.builders.deferring import deferred
from tests.integration.dataplane.ground import until
from tests.integration.publication.disk import places
from tongdang.catalog.v1 import (
    consents_pb2,
    consents_pb2_grpc,
    deferrals_pb2,
    deferrals_pb2_grpc,
    record_pb2,
    review_pb2,
    series_pb2,
    series_pb2_grpc,
)

pytestmark = pytest.mark.integration
REGION, ARCHIVE = "320000", "a320581"
FRESH = str(uuid.uuid4())
NUMBER = "苏档函〔2026〕77号"
SCAN = io.BytesIO()
Image.new("RGB", (8, 8), "white").save(SCAN, "PNG")


class Services:
    """Stubs of one province."""

    def __init__(self, client: LocalClient) -> None:
        channel = client.channel(f"catalog-{REGION}")
        self.client = client
        self.deferrals: Any = deferrals_pb2_grpc.DeferralServiceStub(channel)  # type: ignore[no-untyped-call]
        self.supervised: Any = deferrals_pb2_grpc.RegisterSupervisionServiceStub(channel)  # type: ignore[no-untyped-call]
        self.consents: Any = consents_pb2_grpc.ConsentServiceStub(channel)  # type: ignore[no-untyped-call]
        self.series: Any = series_pb2_grpc.SeriesServiceStub(channel)  # type: ignore[no-untyped-call]

    def listed(self, **wanted: Any) -> Any:
        asked = deferrals_pb2.ListDeferralsRequest(archive_id=ARCHIVE, page_size=100, **wanted)
        return self.client.call(self.deferrals.ListDeferrals, asked, "js-clerk").deferrals

    def enter(self, **changes: Any) -> Any:
        asked = {
            "request_id": str(uuid.uuid4()),
            "archive_id": ARCHIVE,
            "document_number": NUMBER,
            "given_on": "2026-01-05",
            "authority": "江苏省档案局",
            "scan": SCAN.getvalue(),
        }
        return self.client.call(
            self.consents.EnterConsent, consents_pb2.EnterConsentRequest(**(asked | changes)), "js-reviewer"
        ).consent

    def check(self, consent_id: str, person: str = "js-reviewer2") -> Any:
        asked = consents_pb2.CheckConsentRequest(request_id=str(uuid.uuid4()), consent_id=consent_id, confirmed=True)
        return self.client.call(self.consents.CheckConsent, asked, person).consent

    def report(self) -> Any:
        counted = deferrals_pb2.RecordSecretsOutsideRequest(
            request_id=str(uuid.uuid4()), archive_id=ARCHIVE, count=7, counted_on="2026-01-05"
        )
        self.client.call(self.deferrals.RecordSecretsOutside, counted, "js-director")
        asked = deferrals_pb2.ReportDeferralsRequest(request_id=str(uuid.uuid4()), archive_id=ARCHIVE)
        first = self.client.call(self.deferrals.ReportDeferrals, asked, "js-director")
        assert self.client.call(self.deferrals.ReportDeferrals, asked, "js-director") == first
        return first.report


@pytest.fixture
def services(client: LocalClient) -> Services:
    return Services(client)


REFUSALS = [
    ("deferrals", "ListDeferrals", deferrals_pb2.ListDeferralsRequest(archive_id=ARCHIVE), "regulator"),
    ("deferrals", "ListDeferrals", deferrals_pb2.ListDeferralsRequest(archive_id=ARCHIVE), "js-unit"),
    ("deferrals", "ListDeferrals", deferrals_pb2.ListDeferralsRequest(archive_id=ARCHIVE), "ks-clerk"),
    ("deferrals", "ListDeferrals", deferrals_pb2.ListDeferralsRequest(archive_id=ARCHIVE), "citizen"),
    ("deferrals", "GetRegister", deferrals_pb2.GetRegisterRequest(archive_id=ARCHIVE), "gz-director"),
    ("deferrals", "ReportDeferrals", deferrals_pb2.ReportDeferralsRequest(archive_id=ARCHIVE), "js-reviewer"),
    (
        "deferrals",
        "ReportDeferrals",
        deferrals_pb2.ReportDeferralsRequest(request_id=FRESH, archive_id=ARCHIVE),
        "ks-director",
    ),
    ("deferrals", "ListReports", deferrals_pb2.ListReportsRequest(archive_id=ARCHIVE), "ks-director"),
    ("supervised", "SummariseRegisters", deferrals_pb2.SummariseRegistersRequest(region_id=REGION), "js-director"),
    ("supervised", "SummariseRegisters", deferrals_pb2.SummariseRegistersRequest(region_id=REGION), "gz-regulator"),
    ("supervised", "SummariseRegisters", deferrals_pb2.SummariseRegistersRequest(region_id="520000"), "gz-regulator"),
    ("supervised", "ListSubmittedReports", deferrals_pb2.ListSubmittedReportsRequest(region_id=REGION), "gz-regulator"),
    ("supervised", "OpenReport", deferrals_pb2.OpenReportRequest(purpose="好奇"), "js-director"),
    ("consents", "ListConsents", consents_pb2.ListConsentsRequest(archive_id=ARCHIVE), "ks-clerk"),
    ("consents", "EnterConsent", consents_pb2.EnterConsentRequest(archive_id=ARCHIVE), "js-clerk"),
    ("consents", "CheckConsent", consents_pb2.CheckConsentRequest(consent_id="x"), "js-clerk"),
    ("series", "ProposeSeries", series_pb2.ProposeSeriesRequest(archive_id=ARCHIVE), "js-director"),
    ("series", "EndSeries", series_pb2.EndSeriesRequest(series_id="x"), "js-unit"),
    ("series", "ListSeries", series_pb2.ListSeriesRequest(archive_id=ARCHIVE), "ks-unit"),
    ("series", "ListPersonalYears", series_pb2.ListPersonalYearsRequest(archive_id=ARCHIVE), "js-unit"),
]


@pytest.mark.parametrize(("service", "method", "asked", "person"), REFUSALS)
def test_who_is_not_of_the_archive_or_not_in_the_role_is_refused(
    services: Services, service: str, method: str, asked: Any, person: str
) -> None:
    with pytest.raises(TongdangError) as refusal:
        services.client.call(getattr(getattr(services, service), method), asked, person)
    assert refusal.value.code in ("ROLE_NOT_ALLOWED", "OUT_OF_SCOPE")


def test_a_consent_to_a_whole_batch_takes_its_deferrals_off_the_overdue_list(services: Services) -> None:
    deferred(services.client, 2)
    overdue = services.listed(standing=deferrals_pb2.DEFERRAL_STANDING_OVERDUE)
    batch_id = next(one.batch_id for one in overdue if one.batch_id)
    mine = [one for one in services.listed() if one.batch_id == batch_id]
    assert all(one.article and len(one.signers) == 3 for one in mine)
    with pytest.raises(TongdangError) as refusal:
        services.enter(batch_id=batch_id, covers=len(mine) + 1)
    assert (refusal.value.code, refusal.value.metadata["count"]) == ("COUNT_DIFFERS", str(len(mine)))
    consent = services.enter(batch_id=batch_id, covers=len(mine))
    with pytest.raises(TongdangError) as refusal:
        services.check(consent.consent_id, "js-reviewer")
    assert refusal.value.code == "SAME_SIGNER"
    services.check(consent.consent_id)

    def carried() -> bool:
        left = services.listed(standing=deferrals_pb2.DEFERRAL_STANDING_OVERDUE)
        return not any(one.batch_id == batch_id for one in left)

    until(carried)
    assert {one.consent_id for one in services.listed() if one.batch_id == batch_id} == {consent.consent_id}
    read = consents_pb2.ReadConsentRequest(consent_id=consent.consent_id)
    assert services.client.call(services.consents.ReadConsent, read, "js-clerk").scan == SCAN.getvalue()


def test_a_personal_series_is_signed_by_archive_and_unit_with_their_own_keys(services: Services) -> None:
    listing = series_pb2.ListPersonalYearsRequest(archive_id=ARCHIVE)
    years = services.client.call(services.series.ListPersonalYears, listing, "js-clerk").years
    year = next(one for one in years if one.term_passed and one.year and not one.series_id and one.fonds == "A001")
    asked = series_pb2.ProposeSeriesRequest(
        request_id=str(uuid.uuid4()),
        archive_id=ARCHIVE,
        fonds=year.fonds,
        category=year.category,
        year_from=year.year,
        year_to=year.year,
        ground="D2",
        reason="含个人信息",
    )
    series = services.client.call(services.series.ProposeSeries, asked, "js-reviewer").series
    assert series.records == year.records
    for person, side in (("js-reviewer", review_pb2.SIDE_ARCHIVE), ("js-unit", review_pb2.SIDE_CREATING_UNIT)):
        sign = series_pb2.SignSeriesRequest(
            request_id=str(uuid.uuid4()), series_id=series.series_id, side=side, root=series.root
        )
        series = services.client.call(services.series.SignSeries, sign, person).series
        assert services.client.call(services.series.SignSeries, sign, person).series == series
    assert (series.state, series.overdue) == (series_pb2.SERIES_STATE_STANDING, True)
    statements = [json.loads(one.statement) for one in series.signatures]
    assert {one["matter"] for one in statements} == {"series"}
    consent = services.enter(series_id=series.series_id, covers=1)
    assert services.check(consent.consent_id, "js-director").applied == 1


def test_the_authority_reads_a_report_with_a_reason_which_is_on_the_record(services: Services, stack: Stack) -> None:
    report = services.report()
    summary = deferrals_pb2.SummariseRegistersRequest(region_id=REGION)
    archives = services.client.call(services.supervised.SummariseRegisters, summary, "regulator").archives
    assert {one.archive_id: one.HasField("reported_at") for one in archives}[ARCHIVE]
    assert any(not one.HasField("reported_at") for one in archives), "who has not reported is listed"
    asked = deferrals_pb2.OpenReportRequest(report_id=report.report_id, purpose="年度检查")
    opened = services.client.call(services.supervised.OpenReport, asked, "regulator")
    read = deferrals_pb2.ReadOpenedReportRequest(look_id=opened.look_id)
    content = services.client.call(services.supervised.ReadOpenedReport, read, "regulator").content
    assert len(content) == report.size and "7件，存于系统外" in content.decode()
    for person, request in (("js-director", read), ("gz-regulator", read), ("gz-regulator", asked)):
        method = services.supervised.OpenReport if request is asked else services.supervised.ReadOpenedReport
        with pytest.raises(TongdangError) as refusal:
            services.client.call(method, request, person)
        assert refusal.value.code in ("ROLE_NOT_ALLOWED", "LOOK_OVER", "OUT_OF_SCOPE")
    with admin_client(stack.layout) as admin:
        looks = list(admin[f"catalog_{REGION}"]["deferral_report_looks"].find({"report_id": report.report_id}))
    assert [one["purpose"] for one in looks] == ["年度检查"]


def test_nothing_of_what_is_deferred_lies_on_a_topic_of_the_catalogue(services: Services, stack: Stack) -> None:
    deferred(services.client, 1)
    services.report()
    with admin_client(stack.layout) as admin:
        records = admin[f"catalog_{REGION}"]["records"]
        never_open = list(records.find({"access_status": "deferred", "decision": {"$ne": "open"}}))
        personal = list(records.find({"control_rule": "D6"}).limit(50))
    assert never_open and personal
    assert {record_pb2.ACCESS_STATUS_DEFERRED} == {one.record.access_status for one in services.listed()}
    words = [record["_id"] for record in (*never_open, *personal)] + [NUMBER, "延期开放目录"]
    for topic in _topics(stack):
        assert places(topic, words) == []


def _topics(stack: Stack) -> list[Path]:
    found = [path for path in (stack.layout.folder).rglob("catalog.*") if path.is_dir()]
    assert any("records" in path.name for path in found)
    return found
