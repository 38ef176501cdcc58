"""IssueService and OpenedService over gRPC."""

# ruff: noqa: N802 - methods are named by the contract

from collections.abc import Callable
from dataclasses import dataclass

import grpc

from services.catalog.adapters.opened_lists import Asked as AskedEntries
from services.catalog.adapters.opened_lists import MongoOpened
from services.catalog.application import issues as use_cases
from services.catalog.application.issues import Rhythms, Waitings
from services.catalog.application.review import ReviewDesk
from services.catalog.domain.batches import Batch
from services.catalog.domain.fonds_history import Asked, Standing
from services.catalog.domain.issues import Rhythm, Waiting
from services.catalog.entrypoints.review_messages import batch_message, day_of
from services.catalog.entrypoints.review_servicer import archive_here
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import MutatingRequest, idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import issues_pb2, issues_pb2_grpc, review_pb2


@dataclass(frozen=True)
class IssueStores:
    """What regular publication reads and writes besides batches."""

    rhythms: Rhythms
    waitings: Waitings
    opened: MongoOpened


class IssueServicer(issues_pb2_grpc.IssueServiceServicer):
    """Thin. A repeated request_id is answered from what the batch is by then."""

    def __init__(self, desk: ReviewDesk, stores: IssueStores, region_id: str, repeats: Repeats) -> None:
        self._desk = desk
        self._stores = stores
        self._region_id = region_id
        self._repeats = repeats

    def GetIssuePlan(
        self, request: issues_pb2.GetIssuePlanRequest, context: grpc.ServicerContext
    ) -> issues_pb2.GetIssuePlanResponse:
        by, terms = current_call(), self._desk.terms
        today = legal_day(by.clock.now())
        if self._desk.loans.standing(by.actor, request.archive_id, today) is None:
            by.actor.require_archive(request.archive_id)
        rhythm = self._stores.rhythms.get(request.archive_id)
        scheduled, returned = self._desk.batches.in_issues(request.archive_id)
        return issues_pb2.GetIssuePlanResponse(
            rhythm=_rhythm_message(rhythm),
            next_days=[day.isoformat() for day in rhythm.after(today)],
            scheduled=[batch_message(batch, terms) for batch in scheduled],
            returned=[batch_message(batch, terms) for batch in returned],
        )

    def SetRhythm(
        self, request: issues_pb2.SetRhythmRequest, context: grpc.ServicerContext
    ) -> issues_pb2.SetRhythmResponse:
        by, rhythms, asked = current_call(), self._stores.rhythms, request.rhythm
        archive = archive_here(self._desk, request.archive_id, self._region_id)

        def work() -> Rhythm:
            rhythm = Rhythm(asked.every_months, asked.first_month, asked.day, asked.version + 1)
            return use_cases.set_rhythm(archive=archive, rhythm=rhythm, by=by, rhythms=rhythms)

        rhythm = self._repeats.run(idempotency_key(by, request), work, lambda: rhythms.get(request.archive_id))
        return issues_pb2.SetRhythmResponse(rhythm=_rhythm_message(rhythm))

    def ScheduleBatch(
        self, request: issues_pb2.ScheduleBatchRequest, context: grpc.ServicerContext
    ) -> issues_pb2.ScheduleBatchResponse:
        def work(by: Caller) -> Batch:
            day = day_of(request.publish_on, "publish_on")
            return use_cases.schedule_batch(
                batch_id=request.batch_id, day=day, by=by, desk=self._desk, rhythms=self._stores.rhythms
            )

        return issues_pb2.ScheduleBatchResponse(batch=self._once(request, work, request.batch_id))

    def UnscheduleBatch(
        self, request: issues_pb2.UnscheduleBatchRequest, context: grpc.ServicerContext
    ) -> issues_pb2.UnscheduleBatchResponse:
        def work(by: Caller) -> Batch:
            return use_cases.unschedule_batch(batch_id=request.batch_id, by=by, desk=self._desk)

        return issues_pb2.UnscheduleBatchResponse(batch=self._once(request, work, request.batch_id))

    def CountWaiting(
        self, request: issues_pb2.CountWaitingRequest, context: grpc.ServicerContext
    ) -> issues_pb2.CountWaitingResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        archive = archive_here(self._desk, request.archive_id, self._region_id)
        found = use_cases.waiting_by_body(archive, legal_day(by.clock.now()), self._desk, self._stores.waitings)
        return issues_pb2.CountWaitingResponse(waiting=[_waiting_message(*one) for one in found])

    def ListEarlyOpenings(
        self, request: issues_pb2.ListEarlyOpeningsRequest, context: grpc.ServicerContext
    ) -> issues_pb2.ListEarlyOpeningsResponse:
        current_call().actor.require_archive(request.archive_id)
        asked = AskedEntries(request.archive_id, None, early=True)
        page = self._stores.opened.entries(asked, size=request.page_size, token=request.page_token)
        return issues_pb2.ListEarlyOpeningsResponse(openings=page.items, next_page_token=page.next_token)

    def _once(self, request: MutatingRequest, work: Callable[[Caller], Batch], batch_id: str) -> review_pb2.Batch:
        by, batches = current_call(), self._desk.batches
        batch = self._repeats.run(idempotency_key(by, request), lambda: work(by), lambda: batches.get(batch_id))
        return batch_message(batch, self._desk.terms)


class OpenedServicer(issues_pb2_grpc.OpenedServiceServicer):
    """What anybody may read; reasons stay in the archive."""

    def __init__(self, opened: MongoOpened) -> None:
        self._opened = opened

    def ListIssues(
        self, request: issues_pb2.ListIssuesRequest, context: grpc.ServicerContext
    ) -> issues_pb2.ListIssuesResponse:
        page = self._opened.issues(request.archive_id, size=request.page_size, token=request.page_token)
        return issues_pb2.ListIssuesResponse(issues=page.items, next_page_token=page.next_token)

    def ListOpened(
        self, request: issues_pb2.ListOpenedRequest, context: grpc.ServicerContext
    ) -> issues_pb2.ListOpenedResponse:
        if not request.opened_on and not request.early_only:
            raise InvalidArgument("opened_on", "a day, or early_only")
        day = day_of(request.opened_on, "opened_on") if request.opened_on else None
        asked = AskedEntries(request.archive_id, day, request.early_only)
        page = self._opened.entries(asked, size=request.page_size, token=request.page_token)
        entries = [issues_pb2.OpenedEntry(entry=one.entry, early_class=one.early_class) for one in page.items]
        return issues_pb2.ListOpenedResponse(entries=entries, next_page_token=page.next_token)


def _rhythm_message(rhythm: Rhythm) -> issues_pb2.Rhythm:
    return issues_pb2.Rhythm(**vars(rhythm))


def _waiting_message(standing: Standing, waiting: Waiting) -> issues_pb2.Waiting:
    whom, unit_id = standing
    return issues_pb2.Waiting(unit_id=unit_id, unknown=whom is Asked.UNKNOWN, **vars(waiting))
