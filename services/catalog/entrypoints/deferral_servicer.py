"""DeferralService over gRPC: the register of an archive, and its reports."""

# ruff: noqa: N802 - methods are named by the contract

import grpc

from services.catalog.application import reports as use_cases
from services.catalog.application.reports import RegisterDesk
from services.catalog.application.review import ReviewDesk
from services.catalog.domain.deferrals import RegisterFilter, Report, SecretsOutside
from services.catalog.entrypoints.register_messages import (
    STANDINGS,
    counts_message,
    deferral_message,
    report_message,
    secrets_message,
)
from services.catalog.entrypoints.review_messages import day_of, named
from services.catalog.entrypoints.review_servicer import archive_here
from services.common.domain.clock import legal_day
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import deferrals_pb2, deferrals_pb2_grpc


class DeferralServicer(deferrals_pb2_grpc.DeferralServiceServicer):
    """Thin."""

    def __init__(self, register: RegisterDesk, desk: ReviewDesk, region_id: str, repeats: Repeats) -> None:
        self._register = register
        self._desk = desk
        self._region_id = region_id
        self._repeats = repeats

    def ListDeferrals(
        self, request: deferrals_pb2.ListDeferralsRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.ListDeferralsResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        wanted = RegisterFilter(request.fonds, request.ground, named(STANDINGS, request.standing, "standing"))
        wanted.require_sound()
        today = legal_day(by.clock.now())
        page = self._register.register.page(
            request.archive_id, wanted, today, size=request.page_size, token=request.page_token
        )
        found = [deferral_message(entry, today) for entry in page.items]
        return deferrals_pb2.ListDeferralsResponse(deferrals=found, next_page_token=page.next_token)

    def GetRegister(
        self, request: deferrals_pb2.GetRegisterRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.GetRegisterResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        counts = self._register.register.counts(request.archive_id, legal_day(by.clock.now()))
        secrets = self._register.reports.secrets(request.archive_id)
        return deferrals_pb2.GetRegisterResponse(
            counts=counts_message(counts), secrets=secrets_message(secrets) if secrets else None
        )

    def RecordSecretsOutside(
        self, request: deferrals_pb2.RecordSecretsOutsideRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.RecordSecretsOutsideResponse:
        by, reports = current_call(), self._register.reports
        archive = archive_here(self._desk, request.archive_id, self._region_id)

        def work() -> SecretsOutside:
            counted = SecretsOutside(
                request.request_id,
                request.archive_id,
                request.count,
                day_of(request.counted_on, "counted_on"),
                by.actor.pseudonym,
                by.clock.now(),
            )
            return use_cases.record_secrets(counted=counted, archive=archive, by=by, reports=reports)

        counted = self._repeats.run(idempotency_key(by, request), work, lambda: reports.counted(request.request_id))
        return deferrals_pb2.RecordSecretsOutsideResponse(secrets=secrets_message(counted))

    def ReportDeferrals(
        self, request: deferrals_pb2.ReportDeferralsRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.ReportDeferralsResponse:
        by, desk = current_call(), self._register
        archive = archive_here(self._desk, request.archive_id, self._region_id)

        def work() -> Report:
            return use_cases.report_deferrals(report_id=request.request_id, archive=archive, by=by, desk=desk)

        report = self._repeats.run(idempotency_key(by, request), work, lambda: desk.reports.get(request.request_id))
        return deferrals_pb2.ReportDeferralsResponse(report=report_message(report))

    def ListReports(
        self, request: deferrals_pb2.ListReportsRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.ListReportsResponse:
        current_call().actor.require_archive(request.archive_id)
        page = self._register.reports.list(request.archive_id, size=request.page_size, token=request.page_token)
        return deferrals_pb2.ListReportsResponse(
            reports=map(report_message, page.items), next_page_token=page.next_token
        )

    def ReadReport(
        self, request: deferrals_pb2.ReadReportRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.ReadReportResponse:
        reports = self._register.reports
        report = reports.get(request.report_id)
        current_call().actor.require_archive(report.archive_id)
        return deferrals_pb2.ReadReportResponse(content=use_cases.part(report, request.offset, reports))
