"""SeriesService over gRPC: personal series deferred as a whole."""

# ruff: noqa: N802 - methods are named by the contract

import grpc

from services.catalog.application import series as use_cases
from services.catalog.application.review import ReviewDesk
from services.catalog.application.series import Described, SeriesRegister
from services.catalog.domain.series import Series, term_passed
from services.catalog.entrypoints.register_messages import series_message
from services.catalog.entrypoints.review_messages import SIDES, named
from services.catalog.entrypoints.review_servicer import archive_here, unit_scope
from services.common.domain.clock import legal_day
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import series_pb2, series_pb2_grpc


class SeriesServicer(series_pb2_grpc.SeriesServiceServicer):
    """Thin. `years`: until a deferral is looked at again (rule D5)."""

    def __init__(
        self, register: SeriesRegister, desk: ReviewDesk, region_id: str, years: int, repeats: Repeats
    ) -> None:
        self._register = register
        self._desk = desk
        self._region_id = region_id
        self._years = years
        self._repeats = repeats

    def ListPersonalYears(
        self, request: series_pb2.ListPersonalYearsRequest, context: grpc.ServicerContext
    ) -> series_pb2.ListPersonalYearsResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        today = legal_day(by.clock.now())
        years = [
            series_pb2.PersonalYear(**vars(one), term_passed=term_passed(one.year, today))
            for one in self._register.years(request.archive_id)
        ]
        return series_pb2.ListPersonalYearsResponse(years=years)

    def ProposeSeries(
        self, request: series_pb2.ProposeSeriesRequest, context: grpc.ServicerContext
    ) -> series_pb2.ProposeSeriesResponse:
        by = current_call()
        archive = archive_here(self._desk, request.archive_id, self._region_id)

        def work() -> Series:
            described = Described(
                request.fonds,
                request.category,
                request.year_from,
                request.year_to,
                request.ground,
                request.reason.strip(),
            )
            return use_cases.propose_series(
                series_id=request.request_id,
                archive=archive,
                described=described,
                by=by,
                register=self._register,
                desk=self._desk,
            )

        series = self._repeats.run(idempotency_key(by, request), work, lambda: self._register.get(request.request_id))
        return series_pb2.ProposeSeriesResponse(series=self._message(series))

    def SignSeries(
        self, request: series_pb2.SignSeriesRequest, context: grpc.ServicerContext
    ) -> series_pb2.SignSeriesResponse:
        by = current_call()

        def work() -> Series:
            return use_cases.sign_series(
                request_id=request.request_id,
                series_id=request.series_id,
                side=named(SIDES, request.side, "side"),
                root=request.root,
                years=self._years,
                by=by,
                register=self._register,
                desk=self._desk,
            )

        series = self._repeats.run(idempotency_key(by, request), work, lambda: self._register.get(request.series_id))
        return series_pb2.SignSeriesResponse(series=self._message(series))

    def EndSeries(
        self, request: series_pb2.EndSeriesRequest, context: grpc.ServicerContext
    ) -> series_pb2.EndSeriesResponse:
        by = current_call()

        def work() -> Series:
            return use_cases.end_series(
                series_id=request.series_id, reason=request.reason, by=by, register=self._register
            )

        series = self._repeats.run(idempotency_key(by, request), work, lambda: self._register.get(request.series_id))
        return series_pb2.EndSeriesResponse(series=self._message(series))

    def ListSeries(
        self, request: series_pb2.ListSeriesRequest, context: grpc.ServicerContext
    ) -> series_pb2.ListSeriesResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        page = self._register.page(request.archive_id, unit_scope(by), size=request.page_size, token=request.page_token)
        return series_pb2.ListSeriesResponse(series=map(self._message, page.items), next_page_token=page.next_token)

    def _message(self, series: Series) -> series_pb2.Series:
        today = legal_day(current_call().clock.now())
        return series_message(series, self._register.records(series), today)
