"""The history of a fonds' unit, and which body the review asks now (Regulations 30; rules O5, A1).

Events are only added. Each counts once a second person of the archive has attested it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.catalog.domain.batch_errors import AlreadySettled, SameSigner
from services.catalog.domain.opinions import require_number
from services.catalog.domain.verdicts import MAX_REASON
from services.common.domain.errors import InvalidArgument
from services.common.domain.registry import Archive, Fonds

REGISTRY = "registry"
"""Stands for both people where a fonds without a unit was in use before events were kept."""


class EventKind(StrEnum):
    """What happened to the unit."""

    RENAMED = "renamed"
    MERGED = "merged"
    SPLIT = "split"
    ABOLISHED = "abolished"
    FUNCTION_MOVED = "function-moved"
    NONE_EXISTS = "none-exists"


class Asked(StrEnum):
    """Whom the review asks. `unknown`: nobody has attested it, and records stay off every list."""

    UNIT = "unit"
    NONE_EXISTS = "none-exists"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class FondsEvent:
    """`successor_unit_id`: the unit asked from then on. `valid_until`: last day of an attestation by the registry."""

    event_id: str
    archive_id: str
    fonds: str
    kind: EventKind
    document_number: str
    document_date: date
    successor_unit_id: str
    note: str
    entered_by: str
    entered_at: datetime
    attested_by: str = ""
    attested_at: datetime | None = None
    valid_until: date | None = None

    def require_sound(self, archive: Archive, today: date) -> None:
        """Raises: InvalidArgument."""
        if self.fonds not in {fonds.code for fonds in archive.fonds}:
            raise InvalidArgument("fonds", "a fonds of the archive")
        require_number(self.document_number, "document_number")
        if self.document_date > today:
            raise InvalidArgument("document_date", "not after today")
        if len(self.note) > MAX_REASON:
            raise InvalidArgument("note", f"at most {MAX_REASON} characters")
        units = {unit.unit_id for unit in archive.units}
        if _SUCCESSOR[self.kind] and self.successor_unit_id not in units:
            raise InvalidArgument("successor_unit_id", "the unit that is asked now")
        if not _SUCCESSOR[self.kind] and self.successor_unit_id:
            raise InvalidArgument("successor_unit_id", "none for this kind")

    def attested(self, *, by: str, at: datetime) -> "FondsEvent":
        """Raises: AlreadySettled, SameSigner."""
        if self.attested_by:
            raise AlreadySettled("attested")
        if by == self.entered_by:
            raise SameSigner("whoever entered it does not attest it")
        return replace(self, attested_by=by, attested_at=at)


_SUCCESSOR: Mapping[EventKind, bool] = {
    EventKind.RENAMED: False,
    EventKind.MERGED: True,
    EventKind.SPLIT: True,
    EventKind.ABOLISHED: False,
    EventKind.FUNCTION_MOVED: True,
    EventKind.NONE_EXISTS: False,
}
"""Whether an event names the unit that is asked from then on."""

Standing = tuple[Asked, str]
"""Whom the review asks, and the unit's id where it is one."""
_EFFECT: Mapping[EventKind, Callable[[Standing, FondsEvent], Standing]] = {
    EventKind.RENAMED: lambda before, _: before,
    EventKind.MERGED: lambda _, event: (Asked.UNIT, event.successor_unit_id),
    EventKind.SPLIT: lambda _, event: (Asked.UNIT, event.successor_unit_id),
    EventKind.ABOLISHED: lambda *_: (Asked.UNKNOWN, ""),
    EventKind.FUNCTION_MOVED: lambda _, event: (Asked.UNIT, event.successor_unit_id),
    EventKind.NONE_EXISTS: lambda *_: (Asked.NONE_EXISTS, ""),
}


def asked_unit(fonds: Fonds, events: Iterable[FondsEvent], on: date) -> Standing:
    """Whom to ask for a fonds on a legal day, from the registry's unit and the attested events since."""
    standing = (Asked.UNIT, fonds.unit_id) if fonds.unit_id else (Asked.UNKNOWN, "")
    counted = [
        event
        for event in events
        if event.fonds == fonds.code and event.attested_by and (event.valid_until is None or on <= event.valid_until)
    ]
    for event in sorted(counted, key=lambda one: (one.document_date, one.entered_at)):
        standing = _EFFECT[event.kind](standing, event)
    return standing


@dataclass(frozen=True)
class ScopeDecision:
    """A fonds of defence, diplomacy, state or public security may be reviewed (rule A1, Regulations 25)."""

    archive_id: str
    fonds: str
    document_number: str
    decided_on: date
    recorded_by: str
    recorded_at: datetime

    def require_sound(self, archive: Archive, today: date) -> None:
        """Raises: InvalidArgument."""
        if self.fonds not in {fonds.code for fonds in archive.fonds}:
            raise InvalidArgument("fonds", "a fonds of the archive")
        require_number(self.document_number, "document_number")
        if self.decided_on > today:
            raise InvalidArgument("decided_on", "not after today")
