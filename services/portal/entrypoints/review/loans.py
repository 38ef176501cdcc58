"""Confirmers lent between archives of one region, dated: whom a small archive asks, whose batches one may confirm."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.shared import At, Form, refused, text
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import review_pb2

router = APIRouter(prefix="/loans")


@router.get("")
def loans(at: At) -> Response:
    """What this archive gave and took."""
    return _loans(at, {}, {})


@router.post("")
def lend(at: At, fields: Form) -> Response:
    """The director lends himself to another archive between two days."""
    at.check_form(fields)
    person, province = staff(at)
    asked = review_pb2.LendConfirmerRequest(
        request_id=text(fields, "key"),
        lender_archive_id=person.archive_id,
        borrower_archive_id=text(fields, "borrower"),
        document_number=text(fields, "document_number"),
        valid_from=text(fields, "valid_from"),
        valid_until=text(fields, "valid_until"),
    )
    try:
        at.call(province.review.LendConfirmer, asked)
    except TongdangError as problem:
        return _loans(at, refused(at, problem), fields)
    return at.to("/archive/loans")


def _loans(at: Visit, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    person, province = staff(at)
    found = at.call(province.review.ListLoans, review_pb2.ListLoansRequest(archive_id=person.archive_id)).loans
    region = at.site.backends.registry.region(person.region_id)
    return at.page(
        "review/loans.html",
        (at.t("error.prefix") if errors else "") + at.t("loans.title"),
        status=422 if errors else 200,
        loans=found,
        others=[archive for archive in region.archives if archive.archive_id != person.archive_id],
        name_of=lambda archive_id: at.archive(archive_id),
        own=person.archive_id,
        today=at.today().isoformat(),
        key=at.site.ids.new(),
        errors=errors,
        typed=typed,
    )
