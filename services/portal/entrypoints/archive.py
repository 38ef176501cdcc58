"""The archive's door: what waits, imports, records."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.common.domain.errors import InvalidArgument, TongdangError
from services.portal.adapters.backends import Province
from services.portal.domain.person import Person
from services.portal.entrypoints.visit import MAX_UPLOAD, Visit, form, visit
from tongdang.catalog.v1 import desk_pb2, import_pb2, issues_pb2, record_pb2, review_pb2

router = APIRouter(prefix="/archive")
At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]
_PART = 512 * 1024


def staff(at: Visit) -> tuple[Person, Province]:
    """The person and the province they work in.

    Raises: Unauthenticated, RoleNotAllowed.
    """
    person = at.require(lambda one: one.is_staff)
    return person, at.site.backends.province(person.region_id)


@router.get("")
def home(at: At) -> Response:
    """What waits for this person."""
    person, province = staff(at)
    cases = batches = imports = None
    if "clerk" in person.roles:
        cases = at.call(province.desk.ListCases, desk_pb2.ListCasesRequest(archive_id=person.archive_id, page_size=100))
        imports = at.call(
            province.imports.ListImports, import_pb2.ListImportsRequest(archive_id=person.archive_id, page_size=3)
        )
    else:
        batches = at.call(
            province.review.ListBatches, review_pb2.ListBatchesRequest(archive_id=person.archive_id, page_size=5)
        )
    waiting: Sequence[issues_pb2.Waiting] = ()
    if person.roles != ("unit_officer",):
        waiting = at.call(
            province.issues.CountWaiting, issues_pb2.CountWaitingRequest(archive_id=person.archive_id)
        ).waiting
    return at.page(
        "archive_home.html",
        at.t("archive.title"),
        archive=at.archive(person.archive_id),
        cases=cases,
        batches=batches,
        imports=imports,
        due_again=sum(one.due_again for one in waiting),
        oldest_due=min((one.oldest_due for one in waiting if one.oldest_due), default=""),
    )


@router.get("/imports")
def imports(at: At, page: str = "") -> Response:
    """All imports of the archive, and the form for another."""
    person, province = staff(at)
    asked = import_pb2.ListImportsRequest(archive_id=person.archive_id, page_token=page)
    found = at.call(province.imports.ListImports, asked)
    return at.page("imports.html", at.t("imports.title"), found=found, key=at.site.ids.new())


@router.post("/imports")
def upload(at: At, fields: Form) -> Response:
    """Hands the file on without letting it touch a disk here."""
    person, province = staff(at)
    at.check_form(fields)
    file = fields.get("file")
    name = getattr(file, "filename", "") or ""
    content = file.file.read() if file is not None and hasattr(file, "file") else b""
    if not content:
        return _imports_with_error(at, at.t("imports.file.error"))
    if len(content) > MAX_UPLOAD:
        return _imports_with_error(at, at.t("error.UPLOAD_TOO_LARGE"))

    def parts() -> Iterator[import_pb2.UploadCatalogueRequest]:
        header = import_pb2.UploadHeader(
            request_id=str(fields.get("key", "")), archive_id=person.archive_id, file_name=name[:200]
        )
        yield import_pb2.UploadCatalogueRequest(header=header)
        for at_byte in range(0, len(content), _PART):
            yield import_pb2.UploadCatalogueRequest(content=content[at_byte : at_byte + _PART])

    try:
        answer = at.call(province.imports.UploadCatalogue, parts(), timeout_s=120)
    except TongdangError as problem:
        if problem.code == "STATE_SECRET_SUSPECTED":
            return at.page("secret_suspected.html", at.t("secret.title"), status=422, problem=problem)
        if not at.t.has(f"error.{problem.code}"):
            raise
        values = {key: str(value) for key, value in problem.metadata.items()}
        return _imports_with_error(at, at.t(f"error.{problem.code}") + " " + " ".join(values.values()))
    recognised = "?recognised=1" if answer.recognised else ""
    return at.to(f"/archive/imports/{answer.job.import_id}{recognised}")


@router.get("/imports/{import_id}")
def import_job(at: At, import_id: str, page: str = "", recognised: str = "") -> Response:
    """Progress, result and rejected rows."""
    _, province = staff(at)
    job = at.call(province.imports.GetImport, import_pb2.GetImportRequest(import_id=import_id)).job
    asked = import_pb2.ListRejectedRowsRequest(import_id=import_id, page_token=page)
    rejected = at.call(province.imports.ListRejectedRows, asked)
    running = job.state in (import_pb2.IMPORT_STATE_QUEUED, import_pb2.IMPORT_STATE_RUNNING)
    return at.page(
        "import.html",
        at.t("import.title", name=job.file_name),
        job=job,
        rejected=rejected,
        running=running,
        recognised=bool(recognised),
    )


@router.get("/imports/{import_id}/rejected.csv")
def rejected_rows(at: At, import_id: str) -> Response:
    """The whole report, for a spreadsheet."""
    _, province = staff(at)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([at.t(f"rejected.{name}") for name in ("line", "column", "value", "reason", "expected")])
    token = ""
    while True:
        asked = import_pb2.ListRejectedRowsRequest(import_id=import_id, page_size=100, page_token=token)
        page = at.call(province.imports.ListRejectedRows, asked)
        for row in page.rows:
            reason = at.t(f"reject.{row.reason}") if at.t.has(f"reject.{row.reason}") else row.reason
            writer.writerow([row.line, cell(row.column), cell(row.value), reason, cell(row.expected)])
        token = page.next_page_token
        if not token:
            break
    headers = {"Content-Disposition": f'attachment; filename="{import_id}.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/records")
def records(at: At, status: int = 0, code: str = "", page: str = "") -> Response:
    """The archive's records by reference code."""
    person, province = staff(at)
    if status not in record_pb2.AccessStatus.values():
        raise InvalidArgument("status", "one of the named values")
    asked = review_pb2.ListRecordsRequest(
        archive_id=person.archive_id,
        access_status=status,  # type: ignore[arg-type]  # checked above
        reference_code_prefix=code.strip(),
        page_token=page,
    )
    found = at.call(province.review.ListRecords, asked)
    return at.page("records.html", at.t("records.title"), found=found, wanted=status, code=code)


@router.get("/records/{record_id}")
def record(at: At, record_id: str) -> Response:
    """One record as staff see it; a director may retract it."""
    _, province = staff(at)
    found = at.call(province.review.GetRecord, review_pb2.GetRecordRequest(record_id=record_id)).record
    return at.page("staff_record.html", found.title, record=found, key=at.site.ids.new())


@router.post("/records/{record_id}/retract")
def retract(at: At, record_id: str, fields: Form) -> Response:
    """Takes it back; the form names rule and reason, the box confirms."""
    _, province = staff(at)
    at.check_form(fields)
    if not fields.get("confirm") or not str(fields.get("reason", "")).strip():
        found = at.call(province.review.GetRecord, review_pb2.GetRecordRequest(record_id=record_id)).record
        errors = {"reason": at.t("retract.error")}
        title = at.t("error.prefix") + found.title
        return at.page("staff_record.html", title, status=422, record=found, key=fields.get("key", ""), errors=errors)
    at.call(
        province.review.RetractRecord,
        review_pb2.RetractRecordRequest(
            request_id=str(fields.get("key", "")),
            record_id=record_id,
            rule=str(fields.get("rule", "")),
            reason=str(fields.get("reason", "")),
        ),
    )
    return at.to(f"/archive/records/{record_id}")


def _imports_with_error(at: Visit, message: str) -> Response:
    person, province = staff(at)
    found = at.call(province.imports.ListImports, import_pb2.ListImportsRequest(archive_id=person.archive_id))
    title = at.t("error.prefix") + at.t("imports.title")
    return at.page("imports.html", title, status=422, found=found, key=at.site.ids.new(), errors={"file": message})


def cell(text: str) -> str:
    """A spreadsheet must not take a value for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def csv_rows(rows: Iterable[Iterable[str]]) -> str:
    """RFC 4180."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
