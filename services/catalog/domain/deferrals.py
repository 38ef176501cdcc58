"""The deferral register 延期开放目录: what was deferred, on which ground, and when it is looked at again (D1-D5).

A day that is not known counts as passed, so that nothing is deferred for ever because nobody wrote a day down.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.catalog.domain.rules import DEFERRALS
from services.common.domain.errors import InvalidArgument, Kind, TongdangError

UNSTATED = "unstated"
"""Imported as 延期开放: no ground and no decision is recorded here."""
GROUNDS = (*sorted(DEFERRALS), UNSTATED)
MAX_OUTSIDE = 10_000_000


@dataclass(frozen=True)
class Deferral:
    """One deferred record. Days are ISO 8601, empty where not known.

    `batch_id`: empty where no batch decided, i.e. for a retraction and for an import. `eligible_on`: first day on
    which it could have opened. `consent_id`: the authority's, once two have checked it.
    """

    record_id: str
    archive_id: str
    fonds: str
    reference_code: str
    ground: str
    reason: str
    decided_on: str
    batch_id: str
    eligible_on: str
    reevaluate_on: str
    consent_id: str = ""

    def term_passed(self, on: date) -> bool:
        """Whether it could open by its term (rule O1) on a legal day."""
        return passed(self.eligible_on, on)

    def due(self, on: date) -> bool:
        """Whether it is to be looked at again (rule D5)."""
        return passed(self.reevaluate_on, on)

    def overdue(self, on: date) -> bool:
        """Whether it is deferred past its eligible day without the authority's consent (rule D4)."""
        return not self.consent_id and self.term_passed(on)


def passed(day: str, on: date) -> bool:
    """Whether a stored day has come."""
    return day <= on.isoformat()


class Standing(StrEnum):
    """Which deferrals a listing is about."""

    ALL = "all"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class RegisterFilter:
    """`fonds`, `ground`: empty for all."""

    fonds: str = ""
    ground: str = ""
    standing: Standing = Standing.ALL

    def require_sound(self) -> None:
        """Raises: InvalidArgument."""
        if self.ground and self.ground not in GROUNDS:
            raise InvalidArgument("ground", " | ".join(GROUNDS))


@dataclass(frozen=True)
class RegisterCounts:
    """Of one archive on one day; series are those whose deferral stands."""

    deferred: int
    due: int
    overdue: int
    series: int
    series_due: int
    series_overdue: int


@dataclass(frozen=True)
class SecretsOutside:
    """国家秘密若干件，存于系统外, counted by hand (rule S2); nothing else of them may be here."""

    entry_id: str
    archive_id: str
    count: int
    counted_on: date
    entered_by: str
    entered_at: datetime

    def require_sound(self, today: date) -> None:
        """Raises: InvalidArgument."""
        if not 0 <= self.count <= MAX_OUTSIDE:
            raise InvalidArgument("count", f"0 to {MAX_OUTSIDE}")
        if self.counted_on > today:
            raise InvalidArgument("counted_on", "not after today")


@dataclass(frozen=True)
class Report:
    """The register as it was at one moment, for the authority. `sha256`: of the file that was frozen."""

    report_id: str
    region_id: str
    archive_id: str
    counts: RegisterCounts
    secrets: SecretsOutside
    rule_version: str
    sha256: str
    size: int
    made_by: str
    made_at: datetime


class SecretsUncounted(TongdangError):
    """Nobody has counted the state secrets kept outside, which a report states (rule S2)."""

    code = "SECRETS_UNCOUNTED"
    kind = Kind.PRECONDITION


class LookOver(TongdangError):
    """The report was opened by somebody else, or more than an hour ago; open it again, with a reason."""

    code = "LOOK_OVER"
    kind = Kind.PRECONDITION
