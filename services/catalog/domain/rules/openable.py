"""Rule O1 at the gate: what may open on a day."""

from datetime import date

from services.catalog.domain.record import AccessStatus
from services.common.domain.errors import Kind, TongdangError


class UnderTerm(TongdangError):
    """Rule O1: 25 full years have not passed since the record was formed, or its day is unknown."""

    code = "UNDER_TERM"
    kind = Kind.PRECONDITION


class NotReviewable(TongdangError):
    """The record is graded, controlled or reviewed already."""

    code = "NOT_REVIEWABLE"
    kind = Kind.PRECONDITION


def require_reviewable(*, access_status: str, security_classification: str) -> None:
    """Raises: NotReviewable (S1, S7 and controlled holdings)."""
    if security_classification or access_status != AccessStatus.UNREVIEWED:
        raise NotReviewable(access_status)


def require_due(eligible_on: str | None, on: date) -> None:
    """Whether a record may open by its term (rule O1) on a legal day.

    Raises: UnderTerm (L27: 25 full years).
    """
    if eligible_on is None or date.fromisoformat(eligible_on) > on:
        raise UnderTerm(eligible_on or "no day")
