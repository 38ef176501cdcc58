"""Plans of the review by year: which fonds and years, by when, who answers for it, and how far it is (Measures 13)."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.batches import gather_filter
from services.portal.entrypoints.review.shared import At, Form, refused, text, whole
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import plans_pb2, review_pb2

router = APIRouter(prefix="/plans")
_MOST = 200
_SPARE = 3
"""Empty rows under those there are: a form without a script grows by being saved."""


@router.get("")
def plans(at: At, page: str = "") -> Response:
    """All plans, newest first; a director may make another."""
    return _plans(at, page, {}, {})


@router.post("")
def create(at: At, fields: Form) -> Response:
    """A new plan."""
    at.check_form(fields)
    person, province = staff(at)
    asked = plans_pb2.CreatePlanRequest(
        request_id=text(fields, "key"),
        archive_id=person.archive_id,
        year=_year(fields),
        title=text(fields, "title"),
        rows=_rows(fields),
    )
    try:
        made = at.call(province.plans.CreatePlan, asked).plan
    except TongdangError as problem:
        return _plans(at, "", refused(at, problem), fields)
    return at.to(f"/archive/plans/{made.plan_id}")


@router.get("/{plan_id}")
def plan(at: At, plan_id: str) -> Response:
    """One plan with its progress."""
    return _plan(at, plan_id, {}, {})


@router.post("/{plan_id}")
def change(at: At, plan_id: str, fields: Form) -> Response:
    """Changes title and rows of the plan that was shown."""
    at.check_form(fields)
    _, province = staff(at)
    asked = plans_pb2.ChangePlanRequest(
        request_id=text(fields, "key"),
        plan_id=plan_id,
        version=whole(text(fields, "version")),
        title=text(fields, "title"),
        rows=_rows(fields),
    )
    try:
        at.call(province.plans.ChangePlan, asked)
    except TongdangError as problem:
        return _plan(at, plan_id, refused(at, problem), fields)
    return at.to(f"/archive/plans/{plan_id}")


def _rows(fields: dict[str, Any]) -> list[plans_pb2.PlanRow]:
    """Rows of the form `fonds-0`, `year_from-0` …; a row without a day is not one."""
    return [
        plans_pb2.PlanRow(
            filter=gather_filter(fields, f"-{place}"),
            target_day=text(fields, f"target_day-{place}"),
            reviewer=text(fields, f"reviewer-{place}"),
        )
        for place in range(min(_MOST, whole(text(fields, "rows"))))
        if text(fields, f"target_day-{place}")
    ]


def _candidates(at: Visit, rows: Any) -> dict[str, str]:
    """Reviewers a row can be given to, by pseudonym: who is named already, who gathered lately, and oneself."""
    person, province = staff(at)
    lately = at.call(province.review.ListBatches, review_pb2.ListBatchesRequest(archive_id=person.archive_id)).batches
    known = {row.reviewer for row in rows} | {batch.created_by for batch in lately}
    names = at.names(known - {""})
    return {**names, **({person.pseudonym: person.name} if "reviewer" in person.roles else {})}


def _year(fields: dict[str, Any]) -> int:
    year = text(fields, "year")
    return int(year) if len(year) == 4 and year.isdecimal() else 0


def _plans(at: Visit, page: str, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    person, province = staff(at)
    found = at.call(province.plans.ListPlans, plans_pb2.ListPlansRequest(archive_id=person.archive_id, page_token=page))
    return at.page(
        "review/plans.html",
        (at.t("error.prefix") if errors else "") + at.t("plans.title"),
        status=422 if errors else 200,
        found=found,
        rows=_rows(typed),
        spare=_SPARE,
        year=text(typed, "year") or str(at.today().year),
        key=at.site.ids.new(),
        errors=errors,
        typed=typed,
        candidates=_candidates(at, _rows(typed)),
    )


def _plan(at: Visit, plan_id: str, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    _, province = staff(at)
    found = at.call(province.plans.GetPlan, plans_pb2.GetPlanRequest(plan_id=plan_id)).plan
    return at.page(
        "review/plan.html",
        (at.t("error.prefix") if errors else "") + found.title,
        status=422 if errors else 200,
        plan=found,
        rows=_rows(typed) if typed else found.rows,
        spare=_SPARE,
        key=at.site.ids.new(),
        errors=errors,
        typed=typed,
        candidates=_candidates(at, found.rows),
        today=at.today().isoformat(),
    )
