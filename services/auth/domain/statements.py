"""What a person signs: a statement about one batch, sealed with that person's server-held key (DESIGN §11)."""

from dataclasses import dataclass
from datetime import datetime

from services.common.domain.actor import Actor, Role
from services.common.domain.canonical import canonical_bytes
from services.common.domain.clock import to_iso
from services.common.domain.errors import InvalidArgument, RoleNotAllowed
from services.common.domain.publication import STATEMENT_TYPE

SIDES: dict[str, Role] = {
    "archive": Role.REVIEWER,
    "archive-second": Role.REVIEWER,
    "creating-unit": Role.UNIT_OFFICER,
}
"""Side of the joint review (Archives Law 30; Regulations 30) → the role that may sign for it."""


@dataclass(frozen=True)
class BatchStatement:
    """One side's signature on the Merkle root of a batch. `matter`: what is decided about its records."""

    signer: Actor
    side: str
    batch_id: str
    batch_root: str
    matter: str
    rule_version: str
    signed_at: datetime

    def __post_init__(self) -> None:
        role = SIDES.get(self.side)
        if role is None:
            raise InvalidArgument("side", " | ".join(SIDES))
        if role not in self.signer.roles:
            raise RoleNotAllowed(f"{self.side} is signed by a {role.value}")
        if not self.matter:
            raise InvalidArgument("matter", "what is decided")
        if len(self.batch_root) != 64:
            raise InvalidArgument("batch_root", "64 hexadecimal digits")

    def canonical(self) -> bytes:
        """RFC 8785 bytes, made once; these are signed and kept."""
        return canonical_bytes(
            {
                "type": STATEMENT_TYPE,
                "pseudonym": self.signer.pseudonym,
                "role": SIDES[self.side].value,
                "side": self.side,
                "archive_id": self.signer.archive_id,
                "unit_id": self.signer.unit_id,
                "acr": self.signer.acr,
                "batch_id": self.batch_id,
                "batch_root": self.batch_root,
                "matter": self.matter,
                "rule_version": self.rule_version,
                "time": to_iso(self.signed_at),
            }
        )
