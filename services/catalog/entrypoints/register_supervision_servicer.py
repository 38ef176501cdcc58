"""RegisterSupervisionService over gRPC: what the authority sees of the registers in its scope."""

# ruff: noqa: N802 - methods are named by the contract

import grpc

from services.catalog.application import reports as use_cases
from services.catalog.application.reports import RegisterDesk
from services.catalog.application.review import ReviewDesk
from services.catalog.entrypoints.register_messages import counts_message, report_message
from services.catalog.entrypoints.review_messages import timestamp
from services.common.domain.clock import legal_day
from services.common.domain.errors import OutOfScope
from services.common.grpc.call import current_call
from tongdang.catalog.v1 import deferrals_pb2, deferrals_pb2_grpc


class RegisterSupervisionServicer(deferrals_pb2_grpc.RegisterSupervisionServiceServicer):
    """Thin."""

    def __init__(self, register: RegisterDesk, desk: ReviewDesk, region_id: str) -> None:
        self._register = register
        self._desk = desk
        self._region_id = region_id

    def SummariseRegisters(
        self, request: deferrals_pb2.SummariseRegistersRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.SummariseRegistersResponse:
        self._require_in_scope(request.region_id)
        archives = self._desk.registry.region(self._region_id).archives
        found = [self._summary(archive.archive_id) for archive in archives]
        found.sort(key=lambda one: (-one.counts.overdue - one.counts.series_overdue, one.archive_id))
        return deferrals_pb2.SummariseRegistersResponse(archives=found)

    def ListSubmittedReports(
        self, request: deferrals_pb2.ListSubmittedReportsRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.ListSubmittedReportsResponse:
        self._require_in_scope(request.region_id)
        page = self._register.reports.list(request.archive_id, size=request.page_size, token=request.page_token)
        return deferrals_pb2.ListSubmittedReportsResponse(
            reports=map(report_message, page.items), next_page_token=page.next_token
        )

    def OpenReport(
        self, request: deferrals_pb2.OpenReportRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.OpenReportResponse:
        look, report = use_cases.open_report(
            report_id=request.report_id, purpose=request.purpose, by=current_call(), reports=self._register.reports
        )
        return deferrals_pb2.OpenReportResponse(look_id=look.look_id, report=report_message(report))

    def ReadOpenedReport(
        self, request: deferrals_pb2.ReadOpenedReportRequest, context: grpc.ServicerContext
    ) -> deferrals_pb2.ReadOpenedReportResponse:
        content = use_cases.read_opened(
            look_id=request.look_id, offset=request.offset, by=current_call(), reports=self._register.reports
        )
        return deferrals_pb2.ReadOpenedReportResponse(content=content)

    def _require_in_scope(self, region_id: str) -> None:
        current_call().actor.require_region(region_id)
        if region_id != self._region_id:
            raise OutOfScope("another region's")

    def _summary(self, archive_id: str) -> deferrals_pb2.ArchiveRegister:
        today = legal_day(current_call().clock.now())
        last = self._register.reports.list(archive_id, size=1, token="").items
        return deferrals_pb2.ArchiveRegister(
            archive_id=archive_id,
            counts=counts_message(self._register.register.counts(archive_id, today)),
            reported_at=timestamp(last[0].made_at) if last else None,
        )
