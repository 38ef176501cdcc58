"""What is decided about a record or its text, and all that a decision must say (rules O1-O3, P1, D1-D3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.catalog.domain.gathering import Matter
from services.catalog.domain.record import MAX_TITLE
from services.catalog.domain.rules import DEFERRALS
from services.common.domain.errors import InvalidArgument

MAX_REASON = 500
EARLY_CLASSES = frozenset({"economy", "education", "science", "culture"})
"""经济 教育 科技 文化: what may open before its term after review (rule O2; Archives Law 27, Measures 7)."""


class Decision(StrEnum):
    """What the review decided about a record. `hold`: set aside, or objected to by the unit (rule O6)."""

    UNDECIDED = "undecided"
    OPEN = "open"
    DEFER = "defer"
    HOLD = "hold"


LISTED = frozenset({Decision.OPEN, Decision.DEFER})
"""Decisions that both sides stand behind and that publication carries out."""


@dataclass(frozen=True)
class Verdict:
    """A decision with what it rests on. `masked_title` is published in place of the title, with a reason of its own.

    `early_class`: one of `EARLY_CLASSES` where the rule is O2.
    """

    decision: Decision = Decision.UNDECIDED
    rule: str = ""
    reason: str = ""
    masked_title: str = ""
    mask_reason: str = ""
    early_class: str = ""

    def require_sound(self, matter: Matter) -> None:
        """Whether it says all it must on a list of this matter, whatever the line.

        Raises: InvalidArgument, with the field.
        """
        if self.decision is Decision.DEFER and matter is Matter.CORRECTION:
            raise InvalidArgument("decision", "open | hold; an entry that should not be open is retracted")
        demand = DEMANDS[self.decision]
        rules = OPENING_RULES[matter] if self.decision is Decision.OPEN else demand.rules
        if self.rule not in rules:
            raise InvalidArgument("rule", " | ".join(sorted(rules)) or "none")
        if (demand.reason or self.rule in EARLY_RULES) and not self.reason:
            raise InvalidArgument("reason", "why")
        if len(self.reason) > MAX_REASON or len(self.mask_reason) > MAX_REASON:
            raise InvalidArgument("reason", f"at most {MAX_REASON} characters")
        if self.masked_title and (self.decision is not Decision.OPEN or matter is Matter.TEXT):
            raise InvalidArgument("masked_title", "only of what opens")
        if bool(self.masked_title) != bool(self.mask_reason):
            raise InvalidArgument("mask_reason", "why, with each masked title")
        if len(self.masked_title) > MAX_TITLE:
            raise InvalidArgument("masked_title", f"at most {MAX_TITLE} characters")
        if self.early_class not in (EARLY_CLASSES if self.rule == "O2" else _NONE):
            raise InvalidArgument("early_class", " | ".join(sorted(EARLY_CLASSES)) + ", with O2")


@dataclass(frozen=True)
class Demand:
    """What a decision must name. `rules`: rows of the table, one of which it rests on."""

    rules: frozenset[str]
    reason: bool


_NONE = frozenset({""})
EARLY_RULES = frozenset({"O2", "O3"})
TEXT_RULES = frozenset({"P1"})
OPENING_RULES: Mapping[Matter, frozenset[str]] = {
    Matter.OPENING: frozenset({"O1"}) | EARLY_RULES,
    Matter.REREVIEW: frozenset({"O1"}) | EARLY_RULES,
    Matter.CORRECTION: frozenset({"O1"}) | EARLY_RULES,
    Matter.TEXT: TEXT_RULES,
}
"""What opening rests on, by what the list decides."""
DEMANDS: Mapping[Decision, Demand] = {
    Decision.UNDECIDED: Demand(_NONE, reason=False),
    Decision.OPEN: Demand(frozenset().union(*OPENING_RULES.values()), reason=False),
    Decision.DEFER: Demand(DEFERRALS, reason=True),
    Decision.HOLD: Demand(_NONE, reason=True),
}

NO_VERDICT = Verdict()
"""How every line begins."""


def require_reason(reason: str) -> None:
    """Raises: InvalidArgument: none, or too long."""
    if not 0 < len(reason) <= MAX_REASON:
        raise InvalidArgument("reason", f"1 to {MAX_REASON} characters")
