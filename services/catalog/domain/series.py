"""Personal series deferred as a whole: fonds, category and years, with two signatures and one consent (rule D6).

Membership is by description: what is imported into the same fonds, category and years later falls under it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.catalog.domain.batch_errors import ListChanged
from services.catalog.domain.deferrals import passed
from services.catalog.domain.gathering import TERM_YEARS, Matter
from services.catalog.domain.intake_rules import PERSONAL_SERIES
from services.catalog.domain.rules import DEFERRALS
from services.catalog.domain.rules.terms import re_evaluate_on
from services.catalog.domain.signatures import Side, Signature, require_signer
from services.catalog.domain.verdicts import MAX_REASON
from services.common.domain.actor import Actor, Role
from services.common.domain.canonical import canonical_bytes, sha256_hex
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument, Kind, OutOfScope, TongdangError

TYPE = "tongdang-series-deferral-1"
CATEGORIES = tuple(category for category, _ in PERSONAL_SERIES)
MAX_YEARS = 200


class SeriesOverlaps(TongdangError):
    """Another series holds one of these years."""

    code = "SERIES_OVERLAPS"
    kind = Kind.CONFLICT


class SeriesSettled(TongdangError):
    """The series stands, has ended, or changed since it was shown; the step does not fit it."""

    code = "SERIES_SETTLED"
    kind = Kind.PRECONDITION


class SeriesState(StrEnum):
    """Proposed → partly signed → standing; each of them can end."""

    PROPOSED = "proposed"
    PARTLY_SIGNED = "partly-signed"
    STANDING = "standing"
    ENDED = "ended"


@dataclass(frozen=True)
class Series:
    """Each method answers the next one. `unit_id`: of the unit that is asked, empty where none exists (rule O5)."""

    series_id: str
    region_id: str
    archive_id: str
    unit_id: str
    fonds: str
    category: str
    year_from: int
    year_to: int
    ground: str
    reason: str
    rule_version: str
    proposed_by: str
    proposed_at: datetime
    state: SeriesState = SeriesState.PROPOSED
    signatures: tuple[Signature, ...] = ()
    decided_on: str = ""
    reevaluate_on: str = ""
    consent_id: str = ""
    ended_by: str = ""
    ended_at: datetime | None = None
    end_reason: str = ""
    version: int = 1

    matter = Matter.SERIES

    @property
    def batch_id(self) -> str:
        """Under which its signatures speak of it."""
        return self.series_id

    @property
    def root(self) -> str:
        """SHA-256 of what is signed: description, ground and reason."""
        names = ("archive_id", "unit_id", "fonds", "category", "year_from", "year_to", "ground", "reason")
        described = {name: getattr(self, name) for name in names}
        return sha256_hex(canonical_bytes({"type": TYPE, "series_id": self.series_id, **described}))

    @property
    def sides(self) -> tuple[Side, Side]:
        """As of a batch."""
        return (Side.ARCHIVE, Side.CREATING_UNIT if self.unit_id else Side.ARCHIVE_SECOND)

    @property
    def years(self) -> range:
        """Those it holds."""
        return range(self.year_from, self.year_to + 1)

    @property
    def subject(self) -> Mapping[str, str]:
        """What its signatures must speak of."""
        return {
            "archive_id": self.archive_id,
            "batch_id": self.series_id,
            "batch_root": self.root,
            "matter": self.matter.value,
            "rule_version": self.rule_version,
        }

    def due(self, on: date) -> bool:
        """Whether it is to be looked at again (rule D5)."""
        return self.state is SeriesState.STANDING and passed(self.reevaluate_on, on)

    @property
    def overdue(self) -> bool:
        """Whether it stands without consent; its years are past their term by `require_sound` (rule D4)."""
        return self.state is SeriesState.STANDING and not self.consent_id

    def require_visible_to(self, actor: Actor) -> None:
        """Raises: OutOfScope."""
        actor.require_archive(self.archive_id)
        if actor.roles <= {Role.UNIT_OFFICER} and actor.unit_id != self.unit_id:
            raise OutOfScope("another unit's")

    def require_sound(self, today: date) -> None:
        """Raises: InvalidArgument."""
        if self.category not in CATEGORIES:
            raise InvalidArgument("category", " | ".join(CATEGORIES))
        if not 1000 <= self.year_from <= self.year_to <= 2999 or len(self.years) > MAX_YEARS:
            raise InvalidArgument("year_to", f"years in order, at most {MAX_YEARS}")
        if not term_passed(self.year_to, today):
            raise InvalidArgument("year_to", "past its 25 years")
        if self.ground not in DEFERRALS:
            raise InvalidArgument("ground", " | ".join(sorted(DEFERRALS)))
        if not 0 < len(self.reason) <= MAX_REASON:
            raise InvalidArgument("reason", f"1 to {MAX_REASON} characters")

    def require_signable(self, side: Side, shown_root: str, by: Actor) -> None:
        """Checked before the key is used, and again when the signature is stored.

        Raises: SeriesSettled, WrongSide, OutOfScope, SameSigner, ListChanged.
        """
        if self.state not in (SeriesState.PROPOSED, SeriesState.PARTLY_SIGNED):
            raise SeriesSettled(self.state.value)
        require_signer(
            side,
            by,
            open_sides={*self.sides} - {one.side for one in self.signatures},
            archive_id=self.archive_id,
            unit_id=self.unit_id,
            signed=self.signatures,
        )
        if shown_root != self.root:
            raise ListChanged("the series is not the one that was shown")

    def signed(self, signature: Signature, by: Actor, *, at: datetime, years: int) -> "Series":
        """With the second signature the deferral stands. `years`: until it is looked at again (rule D5).

        Raises: as `require_signable`; SignatureBroken.
        """
        self.require_signable(signature.side, self.root, by)
        signature.require_about(self.subject, self.unit_id)
        after = replace(self, signatures=(*self.signatures, signature), version=self.version + 1)
        if len(after.signatures) < len(self.sides):
            return replace(after, state=SeriesState.PARTLY_SIGNED)
        day = legal_day(at)
        again = re_evaluate_on(day, years).isoformat()
        return replace(after, state=SeriesState.STANDING, decided_on=day.isoformat(), reevaluate_on=again)

    def ended(self, *, reason: str, by: str, at: datetime) -> "Series":
        """Its years are free for another.

        Raises: SeriesSettled, InvalidArgument.
        """
        if self.state is SeriesState.ENDED:
            raise SeriesSettled(self.state.value)
        if not 0 < len(reason) <= MAX_REASON:
            raise InvalidArgument("reason", f"1 to {MAX_REASON} characters")
        return replace(
            self, state=SeriesState.ENDED, ended_by=by, ended_at=at, end_reason=reason, version=self.version + 1
        )


def term_passed(year: int, on: date) -> bool:
    """Whether a record of a year could open by its term: one of its first day could on 2 January, 25 years later.

    A record without a year (0) counts as old enough.
    """
    return not year or date(year + TERM_YEARS, 1, 2) <= on
