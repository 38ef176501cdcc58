"""The authority's consent to deferrals beyond the term: entered by one person, checked by another (rule D4)."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.common.domain.errors import TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.review.letters import records_of
from services.portal.entrypoints.review.shared import LONG_S, At, Form, refused, text, whole
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import consents_pb2

router = APIRouter(prefix="/consents")
_COVERED = ("batch", "series", "codes", "covers")


@router.get("")
def consents(at: At, page: str = "") -> Response:
    """What came, what is to be checked; `batch`, `series` or `codes` of the address fill the form."""
    typed = {name: at.request.query_params.get(name, "")[:200] for name in _COVERED}
    return _consents(at, page, {}, typed)


@router.post("")
def enter(at: At, fields: Form) -> Response:
    """One person enters the document with its scan."""
    at.check_form(fields)
    person, province = staff(at)
    file = fields.get("scan")
    try:
        asked = consents_pb2.EnterConsentRequest(
            request_id=text(fields, "key"),
            archive_id=person.archive_id,
            document_number=text(fields, "document_number"),
            given_on=text(fields, "given_on"),
            authority=text(fields, "authority"),
            scan=file.file.read() if file is not None and hasattr(file, "file") else b"",
            batch_id=text(fields, "batch"),
            series_id=text(fields, "series"),
            record_ids=records_of(at, list(dict.fromkeys(text(fields, "codes").split()))),
            covers=whole(text(fields, "covers")),
        )
        at.call(province.consents.EnterConsent, asked, timeout_s=LONG_S)
    except TongdangError as problem:
        return _consents(at, "", refused(at, problem), fields)
    return at.to("/archive/consents")


@router.get("/{consent_id}/scan")
def read_scan(at: At, consent_id: str) -> Response:
    """The scan, to be compared with the paper."""
    _, province = staff(at)
    found = at.call(province.consents.ReadConsent, consents_pb2.ReadConsentRequest(consent_id=consent_id))
    headers = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
    return Response(found.scan, media_type=found.media_type, headers=headers)


@router.post("/{consent_id}/check")
def check(at: At, consent_id: str, fields: Form) -> Response:
    """Another person says whether all is as entered."""
    at.check_form(fields)
    _, province = staff(at)
    asked = consents_pb2.CheckConsentRequest(
        request_id=text(fields, "key"),
        consent_id=consent_id,
        confirmed=text(fields, "outcome") == "confirm",
        note=text(fields, "note"),
    )
    try:
        at.call(province.consents.CheckConsent, asked, timeout_s=LONG_S)
    except TongdangError as problem:
        return _consents(at, "", refused(at, problem), fields)
    return at.to("/archive/consents")


def _consents(at: Visit, page: str, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    person, province = staff(at)
    asked = consents_pb2.ListConsentsRequest(archive_id=person.archive_id, page_size=20, page_token=page)
    found = at.call(province.consents.ListConsents, asked)
    people = {name for one in found.consents for name in (one.entered_by, one.checked_by)}
    return at.page(
        "registers/consents.html",
        (at.t("error.prefix") if errors else "") + at.t("consents.title"),
        status=422 if errors else 200,
        found=found,
        names=at.names(people),
        new_key=at.site.ids.new,
        errors=errors,
        typed=typed,
    )
