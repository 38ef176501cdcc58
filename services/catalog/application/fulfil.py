"""Scans into the vault, and the certified copy out of it."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from services.catalog.application.desk import answer_with, own_case
from services.catalog.application.desk_messages import case_message, case_object
from services.catalog.application.desk_ports import (
    Applicant,
    Blobs,
    Cases,
    Certificate,
    CertificateText,
    Holdings,
    Record,
    Renderer,
    ScanKind,
    Sealing,
    Seals,
    Unit,
)
from services.catalog.domain.cases import Case, Delivery, Scan, Step
from services.catalog.domain.desk_errors import ApplicantUnreadable, RecordNotOpen
from services.catalog.domain.record import AccessStatus
from services.common.domain.caller import Caller
from services.common.domain.canonical import sha256_hex
from services.common.domain.deadlines import WorkingCalendar
from services.common.domain.errors import VersionConflict
from services.common.domain.registry import Registry
from tongdang.catalog.v1 import desk_pb2 as pb

MAX_SCAN_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True)
class Workshop:
    """What it takes to make a certified copy. `random_bytes`: gives unguessable ones."""

    cases: Cases
    holdings: Holdings
    vault: Blobs
    copies: Blobs
    seals: Seals
    renderer: Renderer
    sealing: Sealing
    registry: Registry
    calendar: WorkingCalendar
    verify_url: str
    inspect: Callable[[bytes], ScanKind]
    random_bytes: Callable[[int], bytes]
    record: Record


def attach_scan(header: pb.ScanHeader, content: bytes, *, by: Caller, shop: Workshop) -> pb.Case:
    """Judges a scan by its content, puts it into the vault and binds it to the case.

    Raises: NotFound, OutOfScope, CaseMoved, Scan… errors, RequestIdReused; nothing is bound then.
    """
    digest = sha256_hex(content)
    before = shop.cases.answered(by, header, digest)
    if before is not None:
        return pb.Case.FromString(before)
    case = shop.cases.case(header.case_id)
    by.actor.require_archive(case.archive_id)
    case.require(Step.ATTACH)
    kind = shop.inspect(content)
    stored = shop.vault.put(content)
    name = _plain_name(header.file_name)
    scan = Scan(stored.sha256, stored.sm3, kind.media_type, stored.size, kind.pages, name)

    def work(unit: Unit) -> bytes:
        moved = own_case(unit, header.case_id, by).attach(scan)
        unit.save(moved)
        facts: dict[str, str | int | bool] = {"sha256": scan.sha256, "pages": scan.pages, "size": scan.size}
        unit.record(by.granted(case_object(moved), correlation_id=moved.request_id, facts=facts))
        return case_message(moved, by, shop.calendar).SerializeToString()

    return pb.Case.FromString(shop.cases.run_once(by, header, work, digest))


def deliver(message: pb.DeliverCaseRequest, *, by: Caller, shop: Workshop) -> pb.Case:
    """Makes the certified copy from the vault, fixity checked again, and answers CopyCompleted.

    The copy is made and stored before the transaction, which then refers to it, if the case has not moved meanwhile.
    Raises: NotFound, OutOfScope, CaseMoved, RecordNotOpen, ApplicantUnreadable, FixityBroken, VersionConflict,
        RequestIdReused.
    """
    before = shop.cases.answered(by, message)
    if before is not None:
        return pb.Case.FromString(before)
    case = shop.cases.case(message.case_id)
    by.actor.require_archive(case.archive_id)
    case.require(Step.DELIVER)
    certificate, delivery = _make_copy(case, by, shop)

    def work(unit: Unit) -> bytes:
        now = own_case(unit, message.case_id, by)
        if now.version != case.version:
            raise VersionConflict(case.case_id)
        delivered = now.deliver(delivery)
        unit.issue(certificate)
        answer_with(unit, delivered, by)
        return case_message(delivered, by, shop.calendar).SerializeToString()

    return pb.Case.FromString(shop.cases.run_once(by, message, work))


def _make_copy(case: Case, by: Caller, shop: Workshop) -> tuple[Certificate, Delivery]:
    applicant = shop.seals.open(case.sealed_applicant)
    if applicant is None:
        raise ApplicantUnreadable
    record = shop.holdings.record(case.record_id)
    if record["access_status"] != AccessStatus.OPEN.value:
        raise RecordNotOpen(case.record_id)
    code = certificate_code(case.region_id, shop.random_bytes)
    text = _text(case, applicant, record, code, by, shop)
    scans = [(scan.media_type, shop.vault.read(scan.sha256)) for scan in case.scans]
    pdf, pages = shop.renderer.render(text, scans, shop.sealing.mark)
    stored = shop.copies.put(shop.sealing.seal(pdf))
    certificate = Certificate(
        code=code,
        case_id=case.case_id,
        request_id=case.request_id,
        region_id=case.region_id,
        request_number=case.number,
        archive_id=case.archive_id,
        reference_code=text.reference_code,
        pages=pages,
        issued_at=text.issued_at,
        sha256=stored.sha256,
        sample=shop.sealing.sample,
    )
    return certificate, Delivery(stored.sha256, stored.sm3, stored.size, pages, code, text.issued_at)


def _text(
    case: Case, applicant: Applicant, record: dict[str, object], code: str, by: Caller, shop: Workshop
) -> CertificateText:
    archive = shop.registry.archive(case.archive_id)
    date = record["date"]
    return CertificateText(
        archive_name=archive.name,
        archive_address=archive.address,
        archive_phone=archive.phone,
        request_number=case.number,
        applicant_name=applicant.name,
        purpose=applicant.purpose,
        reference_code=str(record["reference_code"]),
        title=str(record["title"]),
        creator=str(record["creator"]),
        record_date=str(date["raw"]) if isinstance(date, dict) else "",
        pages=sum(scan.pages for scan in case.scans),
        handler=by.actor.pseudonym[:8].upper(),
        issued_at=by.clock.now(),
        code=code,
        verify_url=shop.verify_url,
    )


def certificate_code(region_id: str, random_bytes: Callable[[int], bytes]) -> str:
    """`<region>-<26 letters and digits>`: 128 unguessable bits in RFC 4648 base32; the region tells whom to ask."""
    return f"{region_id}-{base64.b32encode(random_bytes(16)).decode().rstrip('=').lower()}"


def _plain_name(file_name: str) -> str:
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(one for one in last if one.isprintable())[:120]
