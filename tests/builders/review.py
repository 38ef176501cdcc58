"""Batches, lines and people of an opening review, without a database."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.auth.domain.statements import BatchStatement
from services.catalog.application.review_ports import Signable
from services.catalog.domain.batches import Batch
from services.catalog.domain.gathering import GatherFilter
from services.catalog.domain.lines import Line, Tick
from services.catalog.domain.signatures import SIGNING_ROLE, Side, Signature
from services.catalog.domain.verdicts import Decision, Verdict
from services.catalog.domain.work_list import State
from services.common.domain.actor import Actor, Role

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
REGION, ARCHIVE, UNIT, RULES = "320000", "a320581", "u320581-mz", "rules-1"
OPEN = Verdict(Decision.OPEN, "O1")
OPEN_TEXT = Verdict(Decision.OPEN, "P1")
DEFER = Verdict(Decision.DEFER, "D2", "含个人信息")


class Person:
    """Somebody with a key of their own."""

    def __init__(self, number: int, *roles: Role, archive_id: str = ARCHIVE, unit_id: str = "") -> None:
        self.actor = Actor(f"{number:032x}", frozenset(roles), "portal", REGION, archive_id, unit_id, acr="2")
        self._key = Ed25519PrivateKey.generate()

    def sign(self, batch: Signable, side: Side) -> Signature:
        """As auth seals it."""
        said = BatchStatement(
            self.actor, side.value, batch.batch_id, batch.root, batch.matter.value, batch.rule_version, NOW
        ).canonical()
        public = self._key.public_key().public_bytes_raw()
        role = SIGNING_ROLE[side].value
        return Signature(side, self.actor.pseudonym, role, self.actor.unit_id, NOW, said, self._key.sign(said), public)


def batch(**fields: Any) -> Batch:
    """In review, without lines."""
    made = Batch(
        batch_id="0192f0c4-0000-7000-8000-000000000001",
        region_id=REGION,
        archive_id=ARCHIVE,
        unit_id=UNIT,
        state=State.REVIEW,
        created_at=NOW,
        created_by="1" * 32,
        rule_version=RULES,
        limit=100,
        filter=GatherFilter(),
    )
    return replace(made, **fields)


def line(number: int = 0, **fields: Any) -> Line:
    """Undecided, its record past its term."""
    made = Line(
        record_id=f"{number:08x}-0000-5000-8000-000000000000",
        ordinal=number,
        record_version=1,
        content_hash=f"{number:064x}",
        fonds="A001",
        year=1990,
        eligible_on="2015-07-19",
        suggestion={"proposal": "open", "rule": "O1", "reasons": [], "vocabulary": ""},
        group_id="g",
    )
    return replace(made, **fields)


def tick(one: Line, by: str = "1" * 32) -> Line:
    """With its secrecy review."""
    return replace(one, tick=Tick(by, NOW, one.content_hash))
