"""The rules of the opening review: table, settings, versions, and what is computed from them (DOMAIN §2)."""

from services.catalog.domain.rules.settings import RuleSettings
from services.catalog.domain.rules.table import DEFERRALS, RULE_VERSION, RULES, require_openable

__all__ = ["DEFERRALS", "RULES", "RULE_VERSION", "RuleSettings", "require_openable"]
