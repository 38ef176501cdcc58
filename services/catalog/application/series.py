"""Personal series: proposed, signed on both sides, ended (rule D6)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.catalog.application.fonds import asked_units
from services.catalog.application.review import ReviewDesk
from services.catalog.domain.batch_errors import UnitUnknown
from services.catalog.domain.fonds_history import Asked
from services.catalog.domain.series import Series
from services.catalog.domain.signatures import SIGNING_ROLE, Side
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument
from services.common.domain.paging import Page
from services.common.domain.registry import Archive


@dataclass(frozen=True)
class PersonalYear:
    """Personal records of one fonds, category and year. `series_id`: of the series that holds it, or empty."""

    fonds: str
    category: str
    year: int
    records: int
    series_id: str


class SeriesRegister(Protocol):
    """Series of one province, and the personal records they are made of."""

    def get(self, series_id: str) -> Series:
        """Raises: NotFound."""
        ...

    def page(self, archive_id: str, unit_id: str | None, *, size: int, token: str) -> Page[Series]:
        """Newest first; `unit_id` None for all."""
        ...

    def standing(self, archive_id: str) -> list[Series]:
        """Those whose deferral stands."""
        ...

    def records(self, series: Series) -> int:
        """How many records fall under it as of now."""
        ...

    def years(self, archive_id: str) -> list[PersonalYear]:
        """Personal records by fonds, category and year."""
        ...

    def add(self, series: Series, event: AuditEvent) -> None:
        """Raises: SeriesOverlaps."""
        ...

    def change(self, series_id: str, work: Callable[[Series], tuple[Series, AuditEvent]]) -> Series:
        """One transaction. Raises: NotFound, and what `work` raises."""
        ...


@dataclass(frozen=True)
class Described:
    """What a series is: fonds, category and years, both inclusive; why it is deferred."""

    fonds: str
    category: str
    year_from: int
    year_to: int
    ground: str
    reason: str


def propose_series(
    *, series_id: str, archive: Archive, described: Described, by: Caller, register: SeriesRegister, desk: ReviewDesk
) -> Series:
    """A reviewer describes a series, which both sides then sign.

    Raises: OutOfScope, InvalidArgument, SeriesOverlaps; UnitUnknown: nobody has attested whom to ask for the fonds.
    """
    by.actor.require_archive(archive.archive_id)
    now = by.clock.now()
    asked = asked_units(archive, desk.fonds, legal_day(now)).get(described.fonds)
    if asked is None:
        raise InvalidArgument("fonds", "a fonds of the archive")
    whom, unit_id = asked
    if whom is Asked.UNKNOWN:
        raise UnitUnknown(described.fonds)
    series = Series(
        series_id=series_id,
        region_id=archive.region_id,
        archive_id=archive.archive_id,
        unit_id=unit_id,
        **vars(described),
        rule_version=desk.terms.rules,
        proposed_by=by.actor.pseudonym,
        proposed_at=now,
    )
    series.require_sound(legal_day(now))
    register.add(series, series_event(series, by, root=series.root))
    return series


def sign_series(
    *,
    request_id: str,
    series_id: str,
    side: Side,
    root: str,
    years: int,
    by: Caller,
    register: SeriesRegister,
    desk: ReviewDesk,
) -> Series:
    """Signs for one side; with the second signature the deferral stands. `years`: until it is looked at again.

    Raises: NotFound, OutOfScope, SeriesSettled, WrongSide, SameSigner, ListChanged, Unavailable; UnitUnknown: another
    body is asked since it was proposed.
    """
    series = register.get(series_id)
    series.require_visible_to(by.actor)
    series.require_signable(side, root, by.actor)
    today = legal_day(by.clock.now())
    asked = asked_units(desk.registry.archive(series.archive_id), desk.fonds, today).get(series.fonds)
    if asked != ((Asked.UNIT, series.unit_id) if series.unit_id else (Asked.NONE_EXISTS, "")):
        raise UnitUnknown("another body is asked since it was proposed")
    signature = desk.signer.sign(
        request_id=request_id,
        batch=series,
        side=side,
        pseudonym=by.actor.pseudonym,
        role=SIGNING_ROLE[side].value,
        unit_id=by.actor.unit_id,
    )

    def work(present: Series) -> tuple[Series, AuditEvent]:
        present.require_signable(side, root, by.actor)
        after = present.signed(signature, by.actor, at=by.clock.now(), years=years)
        return after, series_event(after, by, side=side.value, root=root)

    return register.change(series_id, work)


def end_series(*, series_id: str, reason: str, by: Caller, register: SeriesRegister) -> Series:
    """A proposal or a deferral ends, with a reason; its years are free again.

    Raises: NotFound, OutOfScope, SeriesSettled, InvalidArgument.
    """

    def work(present: Series) -> tuple[Series, AuditEvent]:
        by.actor.require_archive(present.archive_id)
        after = present.ended(reason=reason.strip(), by=by.actor.pseudonym, at=by.clock.now())
        return after, series_event(after, by, stood=present.state.value)

    return register.change(series_id, work)


def series_event(series: Series, by: Caller, **facts: str | int | bool) -> AuditEvent:
    """What is recorded of a step with a series."""
    object_ = ObjectRef("series", series.series_id, series.region_id, series.archive_id)
    stated = {"state": series.state.value, "version": series.version, **facts}
    return by.granted(object_, correlation_id=series.series_id, facts=stated)
