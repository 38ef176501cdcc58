"""Versions of the rule table: a name, and the SHA-256 of everything a reader can see of it, settings included.

A signature names the version it was given under (`rule_version`). `history/` keeps the canonical bytes of every table
that was ever the program's own, so that an old decision's rules can be read; a province's other settings are kept in
its database from the day it used them.
"""

import json
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from services.catalog.domain.rules.rule import Rule
from services.catalog.domain.rules.settings import RuleSettings
from services.catalog.domain.rules.table import RULES
from services.common.domain.canonical import canonical_bytes, sha256_hex

NAME = "2026-11-27"
"""Of the table as it stands. Any change of the table takes a new one, and `make rules` then keeps it."""

TYPE = "tongdang-rule-table-1"
HISTORY = Path(__file__).with_name("history")


@dataclass(frozen=True)
class RuleTable:
    """A table in use: its name and canonical bytes (RFC 8785)."""

    name: str
    canonical: bytes

    @property
    def sha256(self) -> str:
        """64 hexadecimal digits."""
        return sha256_hex(self.canonical)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Its rows, as they were; what code enforced them is not kept."""
        return tuple(map(Rule.of, json.loads(self.canonical)["rules"]))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """By name, as they were."""
        return dict(json.loads(self.canonical)["settings"])

    @property
    def version(self) -> str:
        """`2026-11-27/sha256:<64 hexadecimal digits>`."""
        return f"{self.name}/sha256:{self.sha256}"


@lru_cache(maxsize=8)
def rule_table(settings: RuleSettings) -> RuleTable:
    """The program's rules with these settings."""
    rules = [rule.document() for rule in RULES.values()]
    return RuleTable(NAME, canonical_bytes({"type": TYPE, "rules": rules, "settings": asdict(settings)}))


def rule_version(settings: RuleSettings) -> str:
    """What a batch and its signatures say they were decided under."""
    return rule_table(settings).version


RULE_VERSION = rule_version(RuleSettings())
"""The version with every setting at its default."""


def program_tables() -> tuple[RuleTable, ...]:
    """Every table that the program itself has had, with the settings' defaults, the newest first."""
    files = sorted(HISTORY.glob("*.json"), reverse=True)
    return tuple(RuleTable(file.name.partition(".")[0], file.read_bytes()) for file in files)


def history_file(table: RuleTable) -> Path:
    """Where a table is kept; its hash in the name shows an edit."""
    return HISTORY / f"{table.name}.{table.sha256}.json"
