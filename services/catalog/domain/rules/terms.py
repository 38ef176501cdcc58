"""Days that rules count (D4, D5, T1), as pure functions of legal days (Asia/Shanghai).

Years end on the corresponding day, where there is none on the month's last (Civil Code 200-204).
"""

from calendar import monthrange
from datetime import date, timedelta


def years_after(day: date, years: int) -> date:
    """The corresponding day so many years on: 2000-02-29 + 25 → 2025-02-28."""
    year = day.year + years
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))


def re_evaluate_on(decided_on: date, years: int) -> date:
    """The day by which a deferral is looked at again (rule D5): 2024-02-29 + 3 → 2027-02-28.

    Raises: ValueError: years is not positive.
    """
    if years < 1:
        raise ValueError("years: 1 or more")
    return years_after(decided_on, years)


def consent_required(eligible_on: date | None, until: date | None) -> bool:
    """Whether a deferral needs the authority's consent (rule D4): it lasts beyond the day the record could open.

    `until`: first day on which it may open all the same, None for no end. A record whose day is unknown counts as
    old enough, so that nobody defers it for ever without being asked.
    """
    return eligible_on is None or until is None or until > eligible_on


def transfer_due_on(formed_on: date, years: int) -> date:
    """The day a record is due at the archive (Regulations 20: after 20 years, at a county after 10)."""
    return years_after(formed_on, years) + timedelta(days=1)


def disclosure_is_producers(transfer_due: date, on: date) -> bool:
    """Whether a request for disclosure still goes to the producer, although the record was handed in (rule T1)."""
    return on < transfer_due
