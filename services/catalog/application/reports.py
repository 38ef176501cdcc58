"""Reports of the deferral register: frozen by the archive, opened by the authority with a reason (Measures 15)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from services.catalog.application.consents import Consents
from services.catalog.application.deferrals import Entry, Register
from services.catalog.application.series import SeriesRegister
from services.catalog.domain.deferrals import (
    LookOver,
    RegisterCounts,
    Report,
    SecretsOutside,
    SecretsUncounted,
)
from services.catalog.domain.series import Series
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.canonical import sha256_hex
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument
from services.common.domain.paging import Page
from services.common.domain.registry import Archive

PART = 1024 * 1024
_LOOK = timedelta(hours=1)


@dataclass(frozen=True)
class Look:
    """Why somebody opened a report. The log holds a salted commitment to the words."""

    look_id: str
    report_id: str
    by: str
    salt: str
    purpose: str
    at: datetime


class Reports(Protocol):
    """Reports of one province, their files, and who opened them."""

    def keep_file(self, content: bytes) -> tuple[str, int]:
        """Stores a file and answers its SHA-256 and size."""
        ...

    def part(self, report: Report, offset: int, length: int) -> bytes:
        """Fewer bytes at the end."""
        ...

    def add(self, report: Report, event: AuditEvent) -> None:
        """Keeps a report whose file is stored."""
        ...

    def get(self, report_id: str) -> Report:
        """Raises: NotFound."""
        ...

    def list(self, archive_id: str, *, size: int, token: str) -> Page[Report]:
        """Newest first; an empty archive for all of the province."""
        ...

    def keep_look(self, look: Look, event: AuditEvent) -> None:
        """Durable with its event when this returns."""
        ...

    def look(self, look_id: str) -> Look:
        """Raises: NotFound."""
        ...

    def count_secrets(self, counted: SecretsOutside, event: AuditEvent) -> None:
        """Keeps a count."""
        ...

    def counted(self, entry_id: str) -> SecretsOutside:
        """One count. Raises: NotFound."""
        ...

    def secrets(self, archive_id: str) -> SecretsOutside | None:
        """The newest count of an archive."""
        ...


class Tally:
    """Counts the very deferrals that a file lists, as they are read; a register may be longer than memory."""

    def __init__(self, on: date, series: Sequence[tuple[Series, int]]) -> None:
        self._on = on
        self._series = series
        self._deferred = self._due = self._overdue = 0

    def over(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The same entries, counted."""
        for entry in entries:
            self._deferred += 1
            self._due += entry.deferral.due(self._on)
            self._overdue += entry.deferral.overdue(self._on)
            yield entry

    def counts(self) -> RegisterCounts:
        """Of what was read so far."""
        return RegisterCounts(
            deferred=self._deferred,
            due=self._due,
            overdue=self._overdue,
            series=len(self._series),
            series_due=sum(one.due(self._on) for one, _ in self._series),
            series_overdue=sum(one.overdue for one, _ in self._series),
        )


@dataclass(frozen=True)
class Content:
    """What a report holds. `entries` are read once, and `counts` are of those that were.

    `series`: with their records; `consents`: authority, number and day by id.
    """

    archive: Archive
    at: datetime
    secrets: SecretsOutside
    entries: Iterator[Entry]
    counts: Callable[[], RegisterCounts]
    series: Sequence[tuple[Series, int]]
    consents: Callable[[str], str]


@dataclass(frozen=True)
class RegisterDesk:
    """What the use cases on the register need. `render`: the file of a report; `rules`: version of the table."""

    register: Register
    series: SeriesRegister
    consents: Consents
    reports: Reports
    render: Callable[[Content], bytes]
    rules: str


def record_secrets(*, counted: SecretsOutside, archive: Archive, by: Caller, reports: Reports) -> SecretsOutside:
    """Somebody counted, outside this system, what is kept outside it (rule S2).

    Raises: OutOfScope, InvalidArgument.
    """
    by.actor.require_archive(archive.archive_id)
    counted.require_sound(legal_day(by.clock.now()))
    reports.count_secrets(counted, by.granted(_archive_ref(archive), facts={"day": counted.counted_on.isoformat()}))
    return counted


def report_deferrals(*, report_id: str, archive: Archive, by: Caller, desk: RegisterDesk) -> Report:
    """Freezes the register as it is read now, for the authority.

    Raises: OutOfScope; SecretsUncounted.
    """
    by.actor.require_archive(archive.archive_id)
    now = by.clock.now()
    secrets = desk.reports.secrets(archive.archive_id)
    if secrets is None:
        raise SecretsUncounted(archive.archive_id)
    content = _content(archive, now, secrets, desk)
    sha256, size = desk.reports.keep_file(desk.render(content))
    report = Report(
        report_id=report_id,
        region_id=archive.region_id,
        archive_id=archive.archive_id,
        counts=content.counts(),
        secrets=secrets,
        rule_version=desk.rules,
        sha256=sha256,
        size=size,
        made_by=by.actor.pseudonym,
        made_at=now,
    )
    facts: dict[str, str | int | bool] = {
        "sha256": sha256,
        "deferred": report.counts.deferred,
        "overdue": report.counts.overdue,
    }
    desk.reports.add(report, by.granted(_ref(report), correlation_id=report_id, facts=facts))
    return report


def open_report(*, report_id: str, purpose: str, by: Caller, reports: Reports) -> tuple[Look, Report]:
    """The authority looks, and says why; both are durable before anything of the report is told.

    Raises: NotFound, OutOfScope, InvalidArgument.
    """
    report = reports.get(report_id)
    by.actor.require_region(report.region_id)
    purpose = purpose.strip()
    if not 2 <= len(purpose) <= 200:
        raise InvalidArgument("purpose", "why you look, 2 to 200 characters")
    look = Look(by.ids.new(), report_id, by.actor.pseudonym, by.ids.new(), purpose, by.clock.now())
    facts = {"purpose_commitment": sha256_hex(f"{look.salt}\n{purpose}".encode()), "sha256": report.sha256}
    reports.keep_look(look, by.granted(_ref(report), correlation_id=report_id, facts=facts))
    return look, report


def read_opened(*, look_id: str, offset: int, by: Caller, reports: Reports) -> bytes:
    """A part of the file, for the one who opened it within the hour.

    Raises: NotFound, LookOver, OutOfScope, InvalidArgument.
    """
    look = reports.look(look_id)
    if look.by != by.actor.pseudonym or by.clock.now() - look.at > _LOOK:
        raise LookOver(look_id)
    report = reports.get(look.report_id)
    by.actor.require_region(report.region_id)
    return part(report, offset, reports)


def part(report: Report, offset: int, reports: Reports) -> bytes:
    """Raises: InvalidArgument."""
    if not 0 <= offset <= report.size:
        raise InvalidArgument("offset", f"0 to {report.size}")
    return reports.part(report, offset, PART)


def _content(archive: Archive, now: datetime, secrets: SecretsOutside, desk: RegisterDesk) -> Content:
    series = [(one, desk.series.records(one)) for one in desk.series.standing(archive.archive_id)]
    tally = Tally(legal_day(now), series)
    entries = tally.over(desk.register.every(archive.archive_id))
    told: dict[str, str] = {}

    def consent(consent_id: str) -> str:
        if consent_id and consent_id not in told:
            found = desk.consents.get(consent_id)
            told[consent_id] = f"{found.authority} {found.number} {found.given_on.isoformat()}"
        return told.get(consent_id, "")

    return Content(archive, now, secrets, entries, tally.counts, series, consent)


def _archive_ref(archive: Archive) -> ObjectRef:
    return ObjectRef("archive", archive.archive_id, archive.region_id, archive.archive_id)


def _ref(report: Report) -> ObjectRef:
    return ObjectRef("deferral-report", report.report_id, report.region_id, report.archive_id)
