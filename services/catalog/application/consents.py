"""The authority's consent: entered from the paper by one person, checked by another (rule D4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.catalog.application.desk_ports import ScanKind
from services.catalog.application.opinions import MAX_LETTER_BYTES
from services.catalog.application.review_ports import Batches
from services.catalog.domain.batch_errors import BatchNotReady
from services.catalog.domain.consents import Consent, Coverage
from services.catalog.domain.work_list import State
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument
from services.common.domain.paging import Page
from services.common.domain.registry import Archive


class Consents(Protocol):
    """Consents of one province, and scans of them."""

    def keep_scan(self, scan: bytes) -> str:
        """Stores a scan and answers its SHA-256."""
        ...

    def scan(self, sha256: str) -> bytes:
        """Raises: NotFound, FixityBroken."""
        ...

    def get(self, consent_id: str) -> Consent:
        """Raises: NotFound."""
        ...

    def list(self, archive_id: str, *, size: int, token: str) -> Page[Consent]:
        """Newest first."""
        ...

    def add(self, consent: Consent, event: AuditEvent) -> None:
        """A consent that another person is to check. Raises: CountDiffers."""
        ...

    def settle(self, checked: Consent, event: AuditEvent) -> Consent:
        """Keeps what the second person found; confirmed, what it covers comes to carry it.

        Raises: LetterSettled, CountDiffers, AlreadySettled: the batch has its consent.
        """
        ...


@dataclass(frozen=True)
class Paper:
    """What somebody reads off the authority's document. `covers`: how many deferrals it is about."""

    number: str
    given_on: date
    authority: str
    scan: bytes
    coverage: Coverage
    covers: int


def enter_consent(
    *,
    consent_id: str,
    archive: Archive,
    paper: Paper,
    inspect: Callable[[bytes], ScanKind],
    by: Caller,
    consents: Consents,
    batches: Batches,
) -> Consent:
    """One person enters the document with its scan; it counts once another has checked it.

    Raises: OutOfScope, InvalidArgument, NotFound, CountDiffers, Scan… errors; BatchNotReady: the batch is not published
    yet, so that nobody knows what it defers.
    """
    by.actor.require_archive(archive.archive_id)
    if len(paper.scan) > MAX_LETTER_BYTES:
        raise InvalidArgument("scan", f"at most {MAX_LETTER_BYTES} bytes")
    paper.coverage.require_sound()
    if paper.coverage.batch_id:
        batch = batches.get(paper.coverage.batch_id)
        batch.require_visible_to(by.actor)
        if batch.state is not State.PUBLISHED:
            raise BatchNotReady(batch.state.value)
    kind = inspect(paper.scan)
    now = by.clock.now()
    consent = Consent(
        consent_id=consent_id,
        region_id=archive.region_id,
        archive_id=archive.archive_id,
        number=paper.number,
        given_on=paper.given_on,
        authority=paper.authority,
        sha256=consents.keep_scan(paper.scan),
        media_type=kind.media_type,
        coverage=paper.coverage,
        covers=paper.covers,
        entered_by=by.actor.pseudonym,
        entered_at=now,
    )
    consent.require_sound(legal_day(now))
    consents.add(consent, _event(consent, by, sha256=consent.sha256, covers=consent.covers))
    return consent


def check_consent(*, consent_id: str, confirmed: bool, note: str, by: Caller, consents: Consents) -> Consent:
    """Another person compares an entered consent with the paper. Confirmed, what it covers is overdue no longer.

    Raises: NotFound, OutOfScope, LetterSettled, SameSigner, InvalidArgument, CountDiffers, AlreadySettled.
    """
    entered = consents.get(consent_id)
    by.actor.require_archive(entered.archive_id)
    checked = entered.checked(confirmed=confirmed, note=note.strip(), by=by.actor.pseudonym, at=by.clock.now())
    return consents.settle(checked, _event(checked, by, state=checked.state.value, covers=checked.covers))


def _event(consent: Consent, by: Caller, **facts: str | int | bool) -> AuditEvent:
    object_ = ObjectRef("consent", consent.consent_id, consent.region_id, consent.archive_id)
    correlation = consent.coverage.batch_id or consent.coverage.series_id or consent.consent_id
    return by.granted(object_, correlation_id=correlation, facts=facts)
