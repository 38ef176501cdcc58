"""A publication as a province makes it, whose every part a test may change."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.verifier.registry import KnownRegion
from services.common.domain.canonical import canonical_bytes
from services.common.domain.merkle import MerkleTree, leaf_hash
from services.common.domain.publication import MANIFEST_TYPE, STATEMENT_TYPE, Provenance, entry_commitment
from services.common.domain.registry import PublicKey
from services.portal.domain.proofs import bundle_of

REGION, ARCHIVE, UNIT, BATCH = "320000", "a320581", "u320581-mz", "0192f0c4-0000-7000-8000-000000000001"


def public_key(private: Ed25519PrivateKey, **fields: Any) -> PublicKey:
    """As the registry names it."""
    made = PublicKey("signing", private.public_key().public_bytes_raw(), date(2026, 1, 1), date(2026, 12, 31))
    return replace(made, **fields)


def entry(number: int = 0, **fields: Any) -> dict[str, Any]:
    """A public entry."""
    return {
        "record_id": f"{number:08x}-0000-5000-8000-000000000000",
        "region_id": REGION,
        "archive_id": ARCHIVE,
        "reference_code": f"A001-WS·1990-Y-{number:04d}",
        "title": f"关于第{number}号文件的批复",
        "date": {"raw": "19900718", "precision": "DATE_PRECISION_DAY"},
        "rule": "O1",
        "batch_id": BATCH,
        "opened_on": "2026-03-02",
        **fields,
    }


@dataclass
class Published:
    """A batch of entries with keys of everybody; `proof` answers what a reader gets of one of them."""

    count: int = 5
    province: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    people: tuple[Ed25519PrivateKey, Ed25519PrivateKey] = field(
        default_factory=lambda: (Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())
    )
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Of every entry."""
    kind: str = MANIFEST_TYPE
    matter: str = "opening"
    """What the people sign about."""

    def __post_init__(self) -> None:
        self.entries = [entry(number, **self.fields) for number in range(self.count)]
        self.salts = [os.urandom(32) for _ in self.entries]
        pairs = zip(self.salts, self.entries, strict=True)
        self.tree = MerkleTree([leaf_hash(entry_commitment(salt, one)) for salt, one in pairs])

    def signer(self, number: int, **changes: Any) -> dict[str, Any]:
        """Number 0 signs for the archive, 1 for the unit; `changes` of what is signed."""
        side, role = (("archive", "reviewer"), ("creating-unit", "unit_officer"))[number]
        says = {
            "type": STATEMENT_TYPE,
            "pseudonym": str(number + 1) * 32,
            "role": role,
            "side": side,
            "archive_id": ARCHIVE,
            "unit_id": "" if number == 0 else UNIT,
            "acr": "2",
            "batch_id": BATCH,
            "batch_root": "ab" * 32,
            "matter": self.matter,
            "rule_version": "rules-1",
            "time": "2026-03-02T03:00:00.000Z",
            **changes,
        }
        statement = canonical_bytes(says)
        key = self.people[number]
        return {
            "side": says["side"],
            "pseudonym": says["pseudonym"],
            "public_key": key.public_key().public_bytes_raw().hex(),
            "statement": statement.decode(),
            "signature": key.sign(statement).hex(),
        }

    def manifest(self, **changes: Any) -> bytes:
        return canonical_bytes(
            {
                "type": self.kind,
                "batch_id": BATCH,
                "region_id": REGION,
                "archive_id": ARCHIVE,
                "unit_id": UNIT,
                "archive_alone": False,
                "matter": self.matter,
                "separate_confirmer": True,
                "rule_version": "rules-1",
                "list_root": "ab" * 32,
                "commitments_root": self.tree.root.hex(),
                "count": self.count,
                "skipped": [],
                "decided_at": "2026-03-02T03:04:05.000Z",
                "opened_on": "2026-03-02",
                "published_by": "3" * 32,
                "signers": [self.signer(0), self.signer(1)],
                **changes,
            }
        )

    def proof(self, index: int = 2, manifest: bytes | None = None) -> Provenance:
        """Signed by the province as it stands."""
        content = self.manifest() if manifest is None else manifest
        return Provenance(
            entry=self.entries[index],
            salt=self.salts[index],
            index=index,
            count=self.count,
            path=self.tree.path(index),
            manifest=content,
            signature=self.province.sign(content),
        )

    def registry(self, **fields: Any) -> dict[str, KnownRegion]:
        """Where this province stands."""
        return {REGION: KnownRegion("江苏省", (public_key(self.province, **fields),), {ARCHIVE: "常熟市档案馆"})}


def bundle(proof: Provenance, change: Callable[[dict[str, Any]], Any] = lambda _: None, at: int | None = None) -> str:
    """The file a reader downloads, after a change."""
    content: dict[str, Any] = json.loads(json.dumps(bundle_of(proof, str(proof.entry["record_id"]), at)))
    change(content)
    return json.dumps(content, ensure_ascii=False)


def event_leaf(batch_id: str, facts: Mapping[str, Any], action: str = "batch.published") -> bytes:
    """A leaf of the log, as far as a verifier reads it."""
    return canonical_bytes(
        {"activity_name": action, "status": "granted", "entity": {"uid": batch_id}, "unmapped": dict(facts)}
    )
