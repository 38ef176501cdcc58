"""One row of the rule table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from services.catalog.domain.rules.articles import Article, Law


class Effect(StrEnum):
    """What a rule leads to."""

    STOP_UPLOAD = "stop-upload"
    KEEP_OUTSIDE = "keep-outside"
    CHECK_SECRECY = "check-secrecy"
    CHECK_AGGREGATION = "check-aggregation"
    CONTROL = "control"
    OPEN = "open"
    OPEN_EARLY = "open-early"
    PROPOSE_EARLY = "propose-early"
    SIGN = "sign"
    SIGN_ALONE = "sign-alone"
    HOLD = "hold"
    DEFER = "defer"
    DEFER_SERIES = "defer-series"
    REQUIRE_CONSENT = "require-consent"
    RE_EVALUATE = "re-evaluate"
    SEND_TO_PRODUCER = "send-to-producer"
    DECIDE_TEXT = "decide-text"
    SERVE = "serve"
    ASK_CONSENT = "ask-consent"
    STOP_DELIVERY = "stop-delivery"
    PASS_TO_AUTHORITY = "pass-to-authority"  # noqa: S105 - a complaint is passed on, nothing is a password


@dataclass(frozen=True)
class Rule:
    """One row.

    `basis`: empty for practice without an article. `condition`, `effect`: stable codes. `zh`, `en`: the row in one
    sentence. `enforced_by`: dotted names of what code applies it; empty where people alone do. It belongs to the
    program and not to the rule, so no version depends on it.
    """

    id: str
    basis: tuple[Article, ...]
    condition: str
    effect: Effect
    zh: str
    en: str
    enforced_by: tuple[str, ...] = ()

    @property
    def citation(self) -> str:
        """`L27 M7 R29`; a dash for practice."""
        return "; ".join(article.short for article in self.basis) or "–"

    def document(self) -> dict[str, Any]:
        """As the canonical table holds it."""
        return {
            "id": self.id,
            "basis": [article.document() for article in self.basis],
            "condition": self.condition,
            "effect": self.effect.value,
            "zh": self.zh,
            "en": self.en,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """From what `document` gave."""
        basis = tuple(Article(Law(one["law"]), one["article"], one["item"]) for one in document["basis"])
        effect = Effect(document["effect"])
        return cls(document["id"], basis, document["condition"], effect, document["zh"], document["en"])
