"""The rules of the opening review: table, settings, versions, and what is computed from them (DOMAIN §2)."""

from services.catalog.domain.rules.openable import NotReviewable, UnderTerm, require_due, require_reviewable
from services.catalog.domain.rules.rule import Effect, Rule
from services.catalog.domain.rules.settings import RuleSettings
from services.catalog.domain.rules.table import DEFERRALS, RULES
from services.catalog.domain.rules.versions import RULE_VERSION, rule_version

__all__ = [
    "DEFERRALS",
    "RULES",
    "RULE_VERSION",
    "Effect",
    "NotReviewable",
    "Rule",
    "RuleSettings",
    "UnderTerm",
    "require_due",
    "require_reviewable",
    "rule_version",
]
