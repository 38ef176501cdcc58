"""Register of disagreements with units, until the mechanism decides (Measures 14; rule O6)."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import TongdangError
from services.portal.domain.line_query import DECISIONS
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import At, Form, refused, text
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import unit_opinions_pb2

router = APIRouter(prefix="/disagreements")


@router.get("")
def disagreements(at: At, page: str = "", all: str = "") -> Response:
    """The open ones, or all."""
    return _register(at, page, bool(all), {}, {})


@router.post("/{disagreement_id}/outcome")
def outcome(at: At, disagreement_id: str, fields: Form) -> Response:
    """What the mechanism decided, by its document."""
    at.check_form(fields)
    _, province = staff(at)
    asked = unit_opinions_pb2.RecordOutcomeRequest(
        request_id=text(fields, "key"),
        disagreement_id=disagreement_id,
        document_number=text(fields, "document_number"),
        decided_on=text(fields, "decided_on"),
        decision=DECISIONS.get(text(fields, "decision"), 0),  # type: ignore[arg-type]  # a value of the table
    )
    try:
        at.call(province.opinions.RecordOutcome, asked)
    except TongdangError as problem:
        return _register(at, "", False, refused(at, problem), {**fields, "id": disagreement_id})
    return at.to("/archive/disagreements?all=1")


def _register(at: Visit, page: str, every: bool, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    person, province = staff(at)
    asked = unit_opinions_pb2.ListDisagreementsRequest(
        archive_id=person.archive_id, open_only=not every, page_size=20, page_token=page
    )
    found = at.call(province.opinions.ListDisagreements, asked)
    people = {one.raised_by for one in found.disagreements} | {one.outcome.recorded_by for one in found.disagreements}
    return at.page(
        "review/disagreements.html",
        (at.t("error.prefix") if errors else "") + at.t("disagreements.title"),
        status=422 if errors else 200,
        found=found,
        every=every,
        names=at.names(people),
        new_key=at.site.ids.new,
        errors=errors,
        typed=typed,
    )
