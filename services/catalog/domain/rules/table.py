"""The rule table of the opening review (DOMAIN §2): every row, in the order people read it.

L Archives Law (2020), R its Regulations (2024), M Measures on opening (Order 19, 2022). Rules that only people can
judge (D1-D3) stand here with their effect; the machine never applies them.
"""

from services.catalog.domain.rules.deferral_rules import DEFERRAL_RULES
from services.catalog.domain.rules.opening_rules import OPENING_RULES
from services.catalog.domain.rules.rule import Effect, Rule
from services.catalog.domain.rules.secrecy_rules import SECRECY_RULES
from services.catalog.domain.rules.use_rules import USE_RULES

RULES: dict[str, Rule] = {rule.id: rule for rule in (*SECRECY_RULES, *OPENING_RULES, *DEFERRAL_RULES, *USE_RULES)}

DEFERRALS = frozenset(rule.id for rule in RULES.values() if rule.effect is Effect.DEFER)
"""The grounds a person may defer a record on (D1-D3)."""
