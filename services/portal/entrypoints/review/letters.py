"""The unit's opinion by letter: printed here, its stamped reply entered by one person and checked by another.

Nothing here ever takes silence for consent.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from services.common.domain.errors import Kind, TongdangError
from services.portal.domain.correction import public_changes
from services.portal.domain.line_query import LineQuery
from services.portal.domain.suggestion import advice
from services.portal.entrypoints.archive import cell, csv_rows, staff
from services.portal.entrypoints.review.shared import (
    LONG_S,
    At,
    Form,
    batch_page,
    list_lines,
    load,
    refused,
    text,
)
from services.portal.entrypoints.visit import Visit
from tongdang.catalog.v1 import review_pb2, unit_opinions_pb2

router = APIRouter(prefix="/batches/{batch_id}")
_REPLY_DAYS = 30
"""Days until the day by which a reply is asked for, unless another is chosen; no law sets one."""
_ON_PAPER = 300
"""Lines that the letter itself lists; longer lists go along as a file that the letter names."""
_STEP = 100
MAX_CODES = 200
_COLUMNS = ("code", "title", "date", "opinion", "rule", "reason")
"""Of that file."""


class UnknownCode(TongdangError):
    """The archive has no record of a reference code that the reply names."""

    code = "UNKNOWN_CODE"
    kind = Kind.INVALID


class TooManyCodes(TongdangError):
    """More codes than a letter is entered with here; the lines are better objected to by the unit's officer."""

    code = "TOO_MANY_CODES"
    kind = Kind.INVALID


@router.get("/letters")
def letters(at: At, batch_id: str) -> Response:
    """What went out, what came back, and what is to be checked."""
    return _letters(at, batch_id, {}, {})


@router.get("/letter")
def letter(at: At, batch_id: str, reply_by: str = "") -> Response:
    """The letter to the unit, to be printed, sealed and sent."""
    _, province = staff(at)
    day = reply_by or (at.today() + timedelta(days=_REPLY_DAYS)).isoformat()
    asked = unit_opinions_pb2.GetLetterDraftRequest(batch_id=batch_id, reply_by=day)
    try:
        draft = at.call(province.opinions.GetLetterDraft, asked)
    except TongdangError as problem:
        return _letters(at, batch_id, refused(at, problem, "reply_by"), {"reply_by": day})
    on_list = draft.batch.records_total - draft.batch.records_held
    listed = list(_decided(at, batch_id)) if on_list <= _ON_PAPER else []
    archive = at.archive(draft.batch.archive_id)
    return at.page(
        "review/letter.html",
        at.t("letter.title", number=batch_id[-6:]),
        draft=draft,
        batch=draft.batch,
        archive=archive,
        listed=listed,
        on_list=on_list,
        corrected=lambda line: _corrected(at, line),
        base=f"/archive/batches/{batch_id}",
    )


@router.get("/list.csv")
def whole_list(at: At, batch_id: str) -> Response:
    """The list that goes with the letter, for a spreadsheet; lines that are held are not on it."""
    load(at, batch_id)  # a refusal is a page, not a broken download
    headers = {"Content-Disposition": f'attachment; filename="{batch_id}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(_rows(at, batch_id), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/letters")
def enter(at: At, batch_id: str, fields: Form) -> Response:
    """One person enters the stamped reply with its scan."""
    at.check_form(fields)
    _, province = staff(at)
    file = fields.get("scan")
    scan = file.file.read() if file is not None and hasattr(file, "file") else b""
    try:
        opposed = records_of(at, list(dict.fromkeys(text(fields, "opposed").split())))
        asked = unit_opinions_pb2.EnterUnitLetterRequest(
            request_id=text(fields, "key"),
            batch_id=batch_id,
            root=text(fields, "root"),
            letter_number=text(fields, "letter_number"),
            letter_date=text(fields, "letter_date"),
            scan=scan,
            opposed_record_ids=opposed,
            opposed_reason=text(fields, "opposed_reason"),
        )
        at.call(province.opinions.EnterUnitLetter, asked, timeout_s=LONG_S)
    except TongdangError as problem:
        return _letters(at, batch_id, refused(at, problem), fields)
    return at.to(f"/archive/batches/{batch_id}/letters")


@router.get("/letters/{letter_id}/scan")
def read_scan(at: At, batch_id: str, letter_id: str) -> Response:
    """The scan, to be compared with the paper."""
    _, province = staff(at)
    found = at.call(province.opinions.ReadUnitLetter, unit_opinions_pb2.ReadUnitLetterRequest(letter_id=letter_id))
    headers = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
    return Response(found.scan, media_type=found.media_type, headers=headers)


@router.post("/letters/{letter_id}/check")
def check(at: At, batch_id: str, letter_id: str, fields: Form) -> Response:
    """Another person says whether all is as entered."""
    at.check_form(fields)
    _, province = staff(at)
    asked = unit_opinions_pb2.CheckUnitLetterRequest(
        request_id=text(fields, "key"),
        letter_id=letter_id,
        confirmed=text(fields, "outcome") == "confirm",
        note=text(fields, "note"),
    )
    try:
        at.call(province.opinions.CheckUnitLetter, asked, timeout_s=LONG_S)
    except TongdangError as problem:
        return _letters(at, batch_id, refused(at, problem), fields)
    return at.to(f"/archive/batches/{batch_id}/letters")


def _letters(at: Visit, batch_id: str, errors: dict[str, str], typed: dict[str, Any]) -> Response:
    _, province = staff(at)
    asked = unit_opinions_pb2.ListUnitLettersRequest(batch_id=batch_id)
    found = at.call(province.opinions.ListUnitLetters, asked).letters
    return batch_page(
        at,
        load(at, batch_id),
        "review/letters.html",
        errors=errors,
        people={person for one in found for person in (one.entered_by, one.checked_by)},
        tab="letters",
        letters=found,
        typed=typed,
        reply_by=(at.today() + timedelta(days=_REPLY_DAYS)).isoformat(),
    )


def _decided(at: Visit, batch_id: str) -> Iterator[Any]:
    """Lines on the list, page by page."""
    for decision in ("open", "defer"):
        token = ""
        while True:
            page = list_lines(at, batch_id, LineQuery(decision=decision), token, _STEP)
            yield from page.lines
            token = page.next_page_token
            if not token:
                break


def _rows(at: Visit, batch_id: str) -> Iterator[str]:
    yield "\ufeff" + csv_rows([[at.t(f"field.{name}") for name in _COLUMNS]])
    for line in _decided(at, batch_id):
        verdict = line.verdict
        words = at.t("decision.open" if verdict.decision == 2 else "decision.defer")
        reason = verdict.reason or "；".join(advice(line.suggestion.document, at.t).reasons[:1])
        record = line.record
        title = _corrected(at, line) or record.title
        shown = (record.reference_code, title, record.date.raw, words, verdict.rule, reason)
        yield csv_rows([[cell(one) for one in shown]])


def _corrected(at: Visit, line: Any) -> str:
    """The public title of an open entry, and what is to be read otherwise; empty on a list of another matter."""
    if not line.HasField("correction"):
        return ""
    rows, unknown = public_changes(line), at.t("unknown")
    kept = [one.now for one in rows[:1] if not one.changed]
    told = [
        at.t("letter.correction", field=at.t(f"field.{one.field}"), now=one.now or unknown, then=one.then or unknown)
        for one in rows
        if one.changed
    ]
    return "；".join(kept + told)


def records_of(at: Visit, codes: list[str]) -> list[str]:
    """Records of reference codes as the letter names them; whether they are on the list, the service judges.

    Raises: UnknownCode, TooManyCodes.
    """
    if len(codes) > MAX_CODES:
        raise TooManyCodes(metadata={"most": str(MAX_CODES)})
    person, province = staff(at)
    found: dict[str, str] = {}
    for code in codes:
        asked = review_pb2.ListRecordsRequest(archive_id=person.archive_id, reference_code_prefix=code, page_size=1)
        listed = at.call(province.review.ListRecords, asked).records
        found.update({record.reference_code: record.record_id for record in listed if record.reference_code == code})
    missing = [code for code in codes if code not in found]
    if missing:
        raise UnknownCode(metadata={"codes": "、".join(missing)})
    return sorted(found.values())
