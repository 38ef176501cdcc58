"""Regular publication at the archive's door: when it publishes, what is confirmed for which day, what was sent back."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import At, Form, refused, text, whole
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import issues_pb2

router = APIRouter(prefix="/issues")
EVERY_MONTHS = (1, 2, 3, 6, 12)


@router.get("")
def plan(at: At) -> Response:
    """The next days, and what waits for them."""
    return _plan(at, {}, {})


@router.post("")
def set_rhythm(at: At, fields: Form) -> Response:
    """The director says when the archive publishes."""
    at.check_form(fields)
    person, province = staff(at)
    rhythm = issues_pb2.Rhythm(
        every_months=whole(text(fields, "every_months")),
        first_month=whole(text(fields, "first_month")),
        day=whole(text(fields, "day")),
        version=whole(text(fields, "version")),
    )
    asked = issues_pb2.SetRhythmRequest(request_id=text(fields, "key"), archive_id=person.archive_id, rhythm=rhythm)
    try:
        at.call(province.issues.SetRhythm, asked)
    except TongdangError as problem:
        return _plan(at, refused(at, problem), fields)
    return at.to("/archive/issues")


def _plan(at: Visit, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    person, province = staff(at)
    found = at.call(province.issues.GetIssuePlan, issues_pb2.GetIssuePlanRequest(archive_id=person.archive_id))
    return at.page(
        "review/issues.html",
        (at.t("error.prefix") if errors else "") + at.t("issues.plan"),
        status=422 if errors else 200,
        found=found,
        archive=at.archive(person.archive_id),
        every_months=EVERY_MONTHS,
        key=at.site.ids.new(),
        errors=errors,
        typed=typed,
    )
