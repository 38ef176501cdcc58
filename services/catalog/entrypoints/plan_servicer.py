"""PlanService over gRPC."""

# ruff: noqa: N802 - methods are named by the contract

from collections.abc import Sequence

import grpc

from services.catalog.application import plans as use_cases
from services.catalog.application.review import ReviewDesk
from services.catalog.domain.plans import Plan, PlanRow, RowProgress
from services.catalog.entrypoints.review_messages import day_of, filter_message, filter_of, timestamp
from services.catalog.entrypoints.review_servicer import archive_here
from services.common.domain.clock import legal_day
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import plans_pb2, plans_pb2_grpc


class PlanServicer(plans_pb2_grpc.PlanServiceServicer):
    """Thin."""

    def __init__(self, desk: ReviewDesk, region_id: str, repeats: Repeats) -> None:
        self._desk = desk
        self._region_id = region_id
        self._repeats = repeats

    def CreatePlan(
        self, request: plans_pb2.CreatePlanRequest, context: grpc.ServicerContext
    ) -> plans_pb2.CreatePlanResponse:
        by = current_call()

        def work() -> Plan:
            plan = Plan(
                request.request_id,
                request.archive_id,
                request.year,
                request.title.strip(),
                _rows_of(request.rows),
                by.actor.pseudonym,
                by.clock.now(),
            )
            archive = archive_here(self._desk, request.archive_id, self._region_id)
            return use_cases.create_plan(plan=plan, archive=archive, by=by, plans=self._desk.plans)

        plan = self._repeats.run(idempotency_key(by, request), work, lambda: self._desk.plans.get(request.request_id))
        return plans_pb2.CreatePlanResponse(plan=self._with_progress(plan))

    def ChangePlan(
        self, request: plans_pb2.ChangePlanRequest, context: grpc.ServicerContext
    ) -> plans_pb2.ChangePlanResponse:
        by = current_call()

        def work() -> Plan:
            return use_cases.change_plan(
                plan_id=request.plan_id,
                version=request.version,
                title=request.title.strip(),
                rows=_rows_of(request.rows),
                registry=self._desk.registry,
                by=by,
                plans=self._desk.plans,
            )

        plan = self._repeats.run(idempotency_key(by, request), work, lambda: self._desk.plans.get(request.plan_id))
        return plans_pb2.ChangePlanResponse(plan=self._with_progress(plan))

    def GetPlan(self, request: plans_pb2.GetPlanRequest, context: grpc.ServicerContext) -> plans_pb2.GetPlanResponse:
        plan = self._desk.plans.get(request.plan_id)
        current_call().actor.require_archive(plan.archive_id)
        return plans_pb2.GetPlanResponse(plan=self._with_progress(plan))

    def ListPlans(
        self, request: plans_pb2.ListPlansRequest, context: grpc.ServicerContext
    ) -> plans_pb2.ListPlansResponse:
        current_call().actor.require_archive(request.archive_id)
        page = self._desk.plans.list(request.archive_id, size=request.page_size, token=request.page_token)
        plans = [_plan_message(plan, ()) for plan in page.items]
        return plans_pb2.ListPlansResponse(plans=plans, next_page_token=page.next_token)

    def _with_progress(self, plan: Plan) -> plans_pb2.Plan:
        fonds = frozenset(one.code for one in self._desk.registry.archive(plan.archive_id).fonds)
        today = legal_day(current_call().clock.now())
        return _plan_message(plan, self._desk.plans.progress(plan, fonds, today))


def _rows_of(rows: Sequence[plans_pb2.PlanRow]) -> tuple[PlanRow, ...]:
    return tuple(
        PlanRow(filter_of(row.filter), day_of(row.target_day, f"rows[{number}].target_day"), row.reviewer)
        for number, row in enumerate(rows)
    )


def _plan_message(plan: Plan, progress: Sequence[RowProgress]) -> plans_pb2.Plan:
    rows = [
        plans_pb2.PlanRow(
            filter=filter_message(row.filter),
            target_day=row.target_day.isoformat(),
            reviewer=row.reviewer,
            progress=plans_pb2.RowProgress(**vars(progress[number])) if progress else None,
        )
        for number, row in enumerate(plan.rows)
    ]
    return plans_pb2.Plan(
        plan_id=plan.plan_id,
        archive_id=plan.archive_id,
        year=plan.year,
        title=plan.title,
        rows=rows,
        created_by=plan.created_by,
        created_at=timestamp(plan.created_at),
        version=plan.version,
    )
