"""Signing for the person whose live token came with the call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.auth.domain.statements import BatchStatement
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller


@dataclass(frozen=True)
class Signature:
    """Canonical statement, Ed25519 signature over it, the signer's public key (32 bytes), and when."""

    statement: bytes
    signature: bytes
    public_key: bytes
    signed_at: datetime


class SigningKeys(Protocol):
    """People's keys; the private part never leaves."""

    def sign(self, pseudonym: str, message: bytes, event: AuditEvent) -> tuple[bytes, bytes]:
        """(signature, public key); makes the key on first use and records the event in the same transaction."""
        ...


def sign_batch_statement(
    *, batch_id: str, batch_root: str, matter: str, rule_version: str, side: str, by: Caller, keys: SigningKeys
) -> Signature:
    """Seals {pseudonym, role, unit, batch root, matter, rule version, acr, time} with the caller's own key.

    Raises: InvalidArgument, RoleNotAllowed: the role does not fit the side.
    """
    now = by.clock.now()
    statement = BatchStatement(by.actor, side, batch_id, batch_root, matter, rule_version, now).canonical()
    event = by.granted(
        ObjectRef("batch", batch_id, by.actor.region_id, by.actor.archive_id),
        correlation_id=batch_id,
        facts={"side": side, "root": batch_root},
    )
    signature, public_key = keys.sign(by.actor.pseudonym, statement, event)
    return Signature(statement, signature, public_key, now)
