"""The audit event and its leaf: OCSF-shaped, canonical, without any personal field (DESIGN §7)."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.common.domain.actor import Actor
from services.common.domain.canonical import canonical_bytes
from services.common.domain.clock import to_iso
from services.common.domain.errors import InvalidArgument

MAX_LEAF_BYTES = 65_535
"""C2SP tlog-tiles: an entry's length is a 16-bit number."""


class Outcome(StrEnum):
    """How the decision went."""

    GRANTED = "granted"
    REFUSED = "refused"


_LONGEST_ID = 200


def bounded(id_: str) -> str:
    """An id as a caller gave it, or the beginning and hash of one too long: no length keeps an event off the record."""
    if len(id_) <= _LONGEST_ID:
        return id_
    return f"{id_[:64]}…sha256:{hashlib.sha256(id_.encode('utf-8', 'replace')).hexdigest()}"


@dataclass(frozen=True)
class ObjectRef:
    """What was accessed: a kind such as `record`, and its id. Never a title or a name."""

    type: str
    id: str
    region_id: str = ""
    archive_id: str = ""

    def bounded(self) -> "ObjectRef":
        """With every id cut to what an event can hold."""
        return ObjectRef(self.type, bounded(self.id), bounded(self.region_id), bounded(self.archive_id))


@dataclass(frozen=True)
class AuditEvent:
    """One access, decision or refusal.

    `action`: dotted verb from the service's access table, e.g. `request.submit`.
    `correlation_id`: id of the request, batch or import that the event belongs to.
    `causation_id`: id of the event or call that led to this one.
    `facts`: a few plain values (counts, states, hashes); no personal data.
    """

    event_id: str
    time: datetime
    action: str
    outcome: Outcome
    actor: Actor
    role: str
    object: ObjectRef
    correlation_id: str = ""
    causation_id: str = ""
    reason: str = ""
    facts: dict[str, str | int | bool] = field(default_factory=dict)

    def leaf(self) -> bytes:
        """Leaf v1: RFC 8785 bytes, made once by the producer.

        Raises: InvalidArgument: a value cannot be canonicalised or the leaf exceeds 65,535 bytes.
        """
        content = canonical_bytes(self._ocsf())
        if len(content) > MAX_LEAF_BYTES:
            raise InvalidArgument("facts", f"a leaf of at most {MAX_LEAF_BYTES} bytes")
        return content

    def _ocsf(self) -> dict[str, Any]:
        actor = self.actor
        behalf = actor.on_behalf_of
        return {
            "metadata": {"version": "tongdang-leaf-1", "uid": self.event_id},
            "class_name": "Entity Management",
            "time": to_iso(self.time),
            "activity_name": self.action,
            "status": self.outcome.value,
            "status_detail": self.reason,
            "actor": {
                "uid": actor.pseudonym,
                "role": self.role,
                "archive_id": actor.archive_id,
                "unit_id": actor.unit_id,
                "acr": actor.acr,
                "via": actor.via,
                "on_behalf_of": {"uid": behalf.pseudonym, "acr": behalf.acr, "request_id": behalf.request_id}
                if behalf
                else None,
            },
            "entity": {
                "type": self.object.type,
                "uid": self.object.id,
                "region_id": self.object.region_id,
                "archive_id": self.object.archive_id,
            },
            "correlation_uid": self.correlation_id,
            "causation_uid": self.causation_id,
            "unmapped": dict(self.facts),
        }
