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


def require_openable(*, access_status: str, security_classification: str, eligible_on: str | None, on: date) -> str:
    """The rule a record opens by on a legal day; it is O1, since early opening (O2) is not built yet.

    Raises: NotReviewable (S1, S7 and controlled holdings), UnderTerm (O1; L27: 25 full years).
    """
    if security_classification or access_status != AccessStatus.UNREVIEWED:
        raise NotReviewable(access_status)
    if eligible_on is None or date.fromisoformat(eligible_on) > on:
        raise UnderTerm(eligible_on or "no day")
    return "O1"
