"""A batch of the opening review: a frozen list, two sides that sign its root, a third person who publishes.

Draft → (one side signs) partly signed → (the other) signed → (director) publishing → published. A changed decision
goes back to draft and voids the signatures. Nothing leaves this order, whatever client asks.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.catalog.domain.batch_errors import (
    BatchNotReady,
    ListChanged,
    NotReviewed,
    SameSigner,
    SignatureBroken,
    WrongSide,
)
from services.common.domain.actor import Actor, Role
from services.common.domain.canonical import canonical_bytes
from services.common.domain.errors import OutOfScope
from services.common.domain.merkle import merkle_root

STATEMENT_TYPE = "tongdang-batch-signature-1"


class State(StrEnum):
    """Where a batch stands. `gathering` is seen by nobody but the worker."""

    GATHERING = "gathering"
    DRAFT = "draft"
    PARTLY_SIGNED = "partly-signed"
    SIGNED = "signed"
    PUBLISHING = "publishing"
    PUBLISHED = "published"


class Side(StrEnum):
    """Who signs: the archive, the creating unit or its successor, or a second person of the archive (rule O5)."""

    ARCHIVE = "archive"
    CREATING_UNIT = "creating-unit"
    ARCHIVE_SECOND = "archive-second"


class Decision(StrEnum):
    """What the review proposes for a record."""

    OPEN = "open"
    DEFER = "defer"


EDITABLE = frozenset({State.DRAFT, State.PARTLY_SIGNED, State.SIGNED})
SIGNABLE = frozenset({State.DRAFT, State.PARTLY_SIGNED})
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


@dataclass(frozen=True)
class Entry:
    """One line of the frozen list; `record_version` and `content_hash` as when it was gathered."""

    record_id: str
    record_version: int
    content_hash: str
    decision: Decision
    rule: str

    def leaf(self) -> bytes:
        """Canonical bytes the root commits to."""
        return canonical_bytes(
            {
                "record_id": self.record_id,
                "version": self.record_version,
                "content_hash": self.content_hash,
                "decision": self.decision.value,
                "rule": self.rule,
            }
        )


def list_root(entries: Iterable[Entry]) -> str:
    """RFC 6962 root over the list in its order, hex."""
    return merkle_root([entry.leaf() for entry in entries]).hex()


@dataclass(frozen=True)
class Batch:
    """The batch as a whole; each method answers the next one and changes nothing."""

    batch_id: str
    region_id: str
    archive_id: str
    unit_id: str
    state: State
    created_at: datetime
    created_by: str
    rule_version: str
    limit: int
    version: int = 1
    total: int = 0
    opening: int = 0
    deferred: int = 0
    applied: int = 0
    cursor: int = 0
    root: str = ""
    signatures: tuple[Signature, ...] = ()
    published_at: datetime | None = None
    published_by: str = ""
    skipped: tuple[str, ...] = field(default=())

    @property
    def archive_alone(self) -> bool:
        """由档案馆单独审核: neither creating unit nor successor exists (rule O5)."""
        return not self.unit_id

    @property
    def sides(self) -> tuple[Side, Side]:
        """The two sides that must sign."""
        return (Side.ARCHIVE, Side.ARCHIVE_SECOND if self.archive_alone else Side.CREATING_UNIT)

    def require_visible_to(self, actor: Actor) -> None:
        """Staff see their archive's batches, a unit's officer those of the unit.

        Raises: OutOfScope.
        """
        actor.require_archive(self.archive_id)
        if actor.roles <= {Role.UNIT_OFFICER} and actor.unit_id != self.unit_id:
            raise OutOfScope("another unit's")

    def gathered(self, entries: Iterable[Entry]) -> "Batch":
        """The list is frozen; signing may begin."""
        return self._listing(list(entries))

    def decided(self, entries: Iterable[Entry]) -> "Batch":
        """Some decisions changed; signatures given before are void.

        Raises: BatchNotReady.
        """
        if self.state not in EDITABLE:
            raise BatchNotReady(self.state.value)
        return self._listing(list(entries))

    def require_signable(self, side: Side, shown_root: str, by: Actor) -> None:
        """Checked before the key is used, and again when the signature is stored.

        Raises: BatchNotReady, WrongSide, OutOfScope, SameSigner, ListChanged.
        """
        if self.state not in SIGNABLE:
            raise BatchNotReady(self.state.value)
        if side not in self.sides or any(signature.side is side for signature in self.signatures):
            raise WrongSide(side.value)
        if SIGNING_ROLE[side] not in by.roles:
            raise WrongSide(f"{side.value} is not this role's")
        by.require_archive(self.archive_id)
        if side is Side.CREATING_UNIT and by.unit_id != self.unit_id:
            raise OutOfScope("another unit's")
        if any(signature.pseudonym == by.pseudonym for signature in self.signatures):
            raise SameSigner(side.value)
        if shown_root != self.root:
            raise ListChanged("the list changed since it was shown")

    def signed(self, signature: Signature, by: Actor) -> "Batch":
        """One side has signed.

        Raises: as `require_signable`; SignatureBroken.
        """
        self.require_signable(signature.side, self.root, by)
        self._verify(signature)
        signatures = (*self.signatures, signature)
        state = State.SIGNED if {one.side for one in signatures} == set(self.sides) else State.PARTLY_SIGNED
        return replace(self._next(state), signatures=signatures)

    def publish(self, entries: Iterable[Entry], *, by: Actor, at: datetime) -> "Batch":
        """The director decides: every signed record opens or defers, or none.

        Raises: BatchNotReady, NotReviewed, SameSigner, ListChanged, SignatureBroken, OutOfScope.
        """
        by.require_archive(self.archive_id)
        if self.state in (State.GATHERING, State.PUBLISHING, State.PUBLISHED):
            raise BatchNotReady(self.state.value)
        missing = set(self.sides) - {signature.side for signature in self.signatures}
        if missing or self.state is not State.SIGNED:
            raise NotReviewed(", ".join(sorted(missing)))
        people = [signature.pseudonym for signature in self.signatures] + [by.pseudonym]
        if len(set(people)) != len(people):
            raise SameSigner("signers and publisher are three different people")
        if list_root(entries) != self.root:
            raise ListChanged("the stored list is not the one that was signed")
        for signature in self.signatures:
            self._verify(signature)
        return replace(self._next(State.PUBLISHING), published_by=by.pseudonym, published_at=at, cursor=0)

    def _verify(self, signature: Signature) -> None:
        """Raises: SignatureBroken: not this person's, or not about this list."""
        try:
            Ed25519PublicKey.from_public_bytes(signature.public_key).verify(signature.signature, signature.statement)
            says = json.loads(signature.statement)
        except (InvalidSignature, ValueError) as problem:
            raise SignatureBroken(signature.side.value) from problem
        expected: Mapping[str, str] = {
            "type": STATEMENT_TYPE,
            "pseudonym": signature.pseudonym,
            "side": signature.side.value,
            "role": SIGNING_ROLE[signature.side].value,
            "archive_id": self.archive_id,
            "batch_id": self.batch_id,
            "batch_root": self.root,
            "rule_version": self.rule_version,
        }
        if any(says.get(key) != value for key, value in expected.items()):
            raise SignatureBroken(f"{signature.side.value} speaks of something else")
        if signature.side is Side.CREATING_UNIT and says.get("unit_id") != self.unit_id:
            raise SignatureBroken("another unit's")

    def _listing(self, entries: list[Entry]) -> "Batch":
        opening = sum(entry.decision is Decision.OPEN for entry in entries)
        return replace(
            self._next(State.DRAFT),
            root=list_root(entries),
            total=len(entries),
            opening=opening,
            deferred=len(entries) - opening,
            signatures=(),
        )

    def _next(self, state: State) -> "Batch":
        return replace(self, state=state, version=self.version + 1)
