"""Personal series past their term, deferred as fonds, category and years (rule D6)."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import DEFER_RULES, At, Form, refused, text, unit_name, whole
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import review_pb2, series_pb2

router = APIRouter(prefix="/series")
CATEGORIES = (
    *("marriage", "only-child", "educated-youth", "adoption"),
    *("household", "student", "demobilisation", "retirement"),
)
_SIGNABLE = (series_pb2.SERIES_STATE_PROPOSED, series_pb2.SERIES_STATE_PARTLY_SIGNED)


@router.get("")
def every(at: At, page: str = "") -> Response:
    """Series, and the years of personal records that none holds."""
    return _series(at, page, {}, {})


@router.post("")
def propose(at: At, fields: Form) -> Response:
    """Describes a series, which both sides then sign."""
    person, province = staff(at)
    asked = series_pb2.ProposeSeriesRequest(
        request_id=text(fields, "key"),
        archive_id=person.archive_id,
        fonds=text(fields, "fonds"),
        category=text(fields, "category"),
        year_from=whole(text(fields, "year_from")),
        year_to=whole(text(fields, "year_to")),
        ground=text(fields, "ground"),
        reason=text(fields, "reason"),
    )
    return _act(at, province.series.ProposeSeries, asked, fields)


@router.post("/{series_id}/sign")
def sign(at: At, series_id: str, fields: Form) -> Response:
    """Signs the description that was shown."""
    _, province = staff(at)
    asked = series_pb2.SignSeriesRequest(
        request_id=text(fields, "key"),
        series_id=series_id,
        side=whole(text(fields, "side")),  # type: ignore[arg-type]  # the service judges it
        root=text(fields, "root"),
    )
    return _act(at, province.series.SignSeries, asked, fields)


@router.post("/{series_id}/end")
def end(at: At, series_id: str, fields: Form) -> Response:
    """Ends a proposal or a deferral; its years are free again."""
    _, province = staff(at)
    asked = series_pb2.EndSeriesRequest(
        request_id=text(fields, "key"), series_id=series_id, reason=text(fields, "end_reason")
    )
    return _act(at, province.series.EndSeries, asked, fields)


def side_of(series: Any, roles: tuple[str, ...], pseudonym: str) -> int:
    """The side this person may sign for now; 0 for none."""
    if series.state not in _SIGNABLE or any(one.pseudonym == pseudonym for one in series.signatures):
        return 0
    signed = {one.side for one in series.signatures}
    second = review_pb2.SIDE_CREATING_UNIT if series.unit_id else review_pb2.SIDE_ARCHIVE_SECOND
    wanted = {review_pb2.SIDE_ARCHIVE: "reviewer", second: "unit_officer" if series.unit_id else "reviewer"}
    return next((side for side, role in wanted.items() if side not in signed and role in roles), 0)


def _act(at: Visit, method: Any, asked: Any, fields: dict[str, Any]) -> Response:
    at.check_form(fields)
    try:
        at.call(method, asked)
    except TongdangError as problem:
        return _series(at, "", refused(at, problem), fields)
    return at.to("/archive/series")


def _series(at: Visit, page: str, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    person, province = staff(at)
    asked = series_pb2.ListSeriesRequest(archive_id=person.archive_id, page_size=20, page_token=page)
    found = at.call(province.series.ListSeries, asked)
    years: Any = ()
    if "unit_officer" not in person.roles:
        listing = series_pb2.ListPersonalYearsRequest(archive_id=person.archive_id)
        years = at.call(province.series.ListPersonalYears, listing).years
    people = {name for one in found.series for name in (one.proposed_by, one.ended_by)}
    people |= {signature.pseudonym for one in found.series for signature in one.signatures}
    return at.page(
        "registers/series.html",
        (at.t("error.prefix") if errors else "") + at.t("series.title"),
        status=422 if errors else 200,
        found=found,
        years=years,
        categories=CATEGORIES,
        grounds=DEFER_RULES,
        side_of=lambda series: side_of(series, person.roles, person.pseudonym),
        unit_name=lambda unit_id: unit_name(at, person.archive_id, unit_id),
        names=at.names(people),
        new_key=at.site.ids.new,
        errors=errors,
        typed=typed,
    )
