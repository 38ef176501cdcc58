"""The authority's consent to defer beyond the day on which records could open (Regulations 31, Measures 15; rule D4).

Entered from the paper by one person and checked by another, as a unit's stamped letter is.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.catalog.domain.batch_errors import CountDiffers, LetterSettled, SameSigner
from services.catalog.domain.opinions import require_number
from services.catalog.domain.verdicts import MAX_REASON
from services.common.domain.errors import InvalidArgument

MAX_NAMED = 500
MAX_AUTHORITY = 100


class ConsentState(StrEnum):
    """Where an entered consent stands."""

    ENTERED = "entered"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Coverage:
    """What a consent is about: one of a published batch's deferrals, a series, or records by name."""

    batch_id: str = ""
    series_id: str = ""
    record_ids: tuple[str, ...] = ()

    def require_sound(self) -> None:
        """Raises: InvalidArgument."""
        if sum(map(bool, (self.batch_id, self.series_id, self.record_ids))) != 1:
            raise InvalidArgument("coverage", "a batch, a series, or records")
        if len(self.record_ids) > MAX_NAMED or len(set(self.record_ids)) != len(self.record_ids):
            raise InvalidArgument("record_ids", f"at most {MAX_NAMED}, each once")


@dataclass(frozen=True)
class Consent:
    """`covers`: deferrals without consent that the paper is about; `applied`: those that carry it by now."""

    consent_id: str
    region_id: str
    archive_id: str
    number: str
    given_on: date
    authority: str
    sha256: str
    media_type: str
    coverage: Coverage
    covers: int
    entered_by: str
    entered_at: datetime
    state: ConsentState = ConsentState.ENTERED
    checked_by: str = ""
    checked_at: datetime | None = None
    note: str = ""
    applied: int = 0

    def require_sound(self, today: date) -> None:
        """Raises: InvalidArgument."""
        require_number(self.number, "document_number")
        if self.given_on > today:
            raise InvalidArgument("given_on", "not after today")
        if not 0 < len(self.authority) <= MAX_AUTHORITY:
            raise InvalidArgument("authority", f"1 to {MAX_AUTHORITY} characters")
        self.coverage.require_sound()

    def require_covering(self, waiting: int) -> None:
        """`waiting`: deferrals without consent that it is about.

        Raises: CountDiffers: the paper speaks of another number, or nothing waits for it.
        """
        if waiting != self.covers or not waiting:
            raise CountDiffers(
                "deferrals without consent", metadata={"count": str(waiting), "expected": str(self.covers)}
            )

    def checked(self, *, confirmed: bool, note: str, by: str, at: datetime) -> "Consent":
        """After the second person's comparison with the paper.

        Raises: LetterSettled, SameSigner, InvalidArgument.
        """
        if self.state is not ConsentState.ENTERED:
            raise LetterSettled(self.state.value)
        if by == self.entered_by:
            raise SameSigner("whoever entered the consent does not check it")
        if (not confirmed and not note) or len(note) > MAX_REASON:
            raise InvalidArgument("note", f"what is otherwise, at most {MAX_REASON} characters")
        state = ConsentState.CONFIRMED if confirmed else ConsentState.REJECTED
        return replace(self, state=state, checked_by=by, checked_at=at, note=note)
