"""The rule table of the opening review: ids, sources, and what code checks of them (DOMAIN §2).

L Archives Law (2020), R its Regulations (2024), M Measures on opening (Order 19, 2022). Texts for people are the
portal's. Rules that only people can judge (D1-D3) stand here with their effect; the machine never applies them.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.catalog.domain.record import AccessStatus
from services.common.domain.errors import Kind, TongdangError

RULE_VERSION = "2026-11-thin-1"
"""Names this table in every signature; any change of the table changes it."""


class Effect(StrEnum):
    """What a rule leads to."""

    SCREEN = "screen"
    OPEN = "open"
    DEFER = "defer"
    SIGN = "sign"


@dataclass(frozen=True)
class Rule:
    """One row."""

    id: str
    basis: str
    effect: Effect


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule("S1", "Secrecy Law 31; its Regulations 61", Effect.SCREEN),
        Rule("O1", "L27 M7 R29", Effect.OPEN),
        Rule("O4", "L30 M15", Effect.SIGN),
        Rule("O5", "R30", Effect.SIGN),
        Rule("D1", "M8(2)", Effect.DEFER),
        Rule("D2", "M8(3)", Effect.DEFER),
        Rule("D3", "M8(4) L31", Effect.DEFER),
    )
}

DEFERRALS = frozenset(rule.id for rule in RULES.values() if rule.effect is Effect.DEFER)


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
