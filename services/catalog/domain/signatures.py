"""Who signs a list, and what a signature must be about (Archives Law 30; Regulations 30; rules O4, O5)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.catalog.domain.batch_errors import SameSigner, SignatureBroken, WrongSide
from services.common.domain.actor import Actor, Role
from services.common.domain.errors import OutOfScope
from services.common.domain.publication import STATEMENT_TYPE


class Side(StrEnum):
    """Who signs: the archive, the creating unit or its successor, or a second person of the archive (rule O5)."""

    ARCHIVE = "archive"
    CREATING_UNIT = "creating-unit"
    ARCHIVE_SECOND = "archive-second"


SIGNING_ROLE = {Side.ARCHIVE: Role.REVIEWER, Side.ARCHIVE_SECOND: Role.REVIEWER, Side.CREATING_UNIT: Role.UNIT_OFFICER}


@dataclass(frozen=True)
class Signature:
    """One side's signature: canonical statement, Ed25519 signature over it, the signer's public key."""

    side: Side
    pseudonym: str
    role: str
    unit_id: str
    signed_at: datetime
    statement: bytes
    signature: bytes
    public_key: bytes

    def require_about(self, subject: Mapping[str, str], unit_id: str) -> None:
        """`subject`: what batch and root it must be about; `unit_id`: the unit that is asked.

        Raises: SignatureBroken: not this person's, or about something else.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.signature, self.statement)
            says = json.loads(self.statement)
        except (InvalidSignature, ValueError) as problem:
            raise SignatureBroken(self.side.value) from problem
        expected: Mapping[str, str] = {
            "type": STATEMENT_TYPE,
            "pseudonym": self.pseudonym,
            "side": self.side.value,
            "role": SIGNING_ROLE[self.side].value,
            **subject,
            **({"unit_id": unit_id} if self.side is Side.CREATING_UNIT else {}),
        }
        if any(says.get(key) != value for key, value in expected.items()):
            raise SignatureBroken(f"{self.side.value} speaks of something else")


def require_signer(
    side: Side, by: Actor, *, open_sides: Collection[Side], archive_id: str, unit_id: str, signed: Sequence[Signature]
) -> None:
    """Whether this person may sign for this side: asked for still, of the role, of the archive, of the unit, and alone.

    `unit_id`: the unit that is asked. `signed`: by whom the other sides are.
    Raises: WrongSide, OutOfScope, SameSigner.
    """
    if side not in open_sides:
        raise WrongSide(side.value)
    if SIGNING_ROLE[side] not in by.roles:
        raise WrongSide(f"{side.value} is not this role's")
    by.require_archive(archive_id)
    if side is Side.CREATING_UNIT and by.unit_id != unit_id:
        raise OutOfScope("another unit's")
    if any(one.pseudonym == by.pseudonym for one in signed):
        raise SameSigner(side.value)
