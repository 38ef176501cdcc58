"""What publication makes of a batch: public entries, a signed manifest, and what a retraction leaves behind."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.catalog.domain.batches import Batch
from services.common.domain.canonical import canonical_bytes
from services.common.domain.clock import legal_day, to_iso
from services.common.domain.merkle import merkle_root

MANIFEST_TYPE = "tongdang-publication-manifest-1"


@dataclass(frozen=True)
class Commitment:
    """Hides a record's content until its salt is shown; the salt dies with a retraction."""

    record_id: str
    salt: bytes
    content_hash: str

    def digest(self) -> bytes:
        """SHA-256 over salt and canonical content; bare hashes of titles could be guessed."""
        content = canonical_bytes({"record_id": self.record_id, "content_hash": self.content_hash})
        return hashlib.sha256(self.salt + content).digest()


def manifest(batch: Batch, commitments: Sequence[Commitment]) -> bytes:
    """RFC 8785 bytes of the manifest; the province signs exactly these."""
    assert batch.published_at is not None
    content: Mapping[str, Any] = {
        "type": MANIFEST_TYPE,
        "batch_id": batch.batch_id,
        "region_id": batch.region_id,
        "archive_id": batch.archive_id,
        "unit_id": batch.unit_id,
        "archive_alone": batch.archive_alone,
        "rule_version": batch.rule_version,
        "list_root": batch.root,
        "commitments_root": merkle_root([one.digest() for one in commitments]).hex(),
        "count": len(commitments),
        "skipped": list(batch.skipped),
        "decided_at": to_iso(batch.published_at),
        "opened_on": legal_day(batch.published_at).isoformat(),
        "published_by": batch.published_by,
        "signers": [
            {
                "side": one.side.value,
                "pseudonym": one.pseudonym,
                "public_key": one.public_key.hex(),
                "statement": one.statement.decode(),
                "signature": one.signature.hex(),
            }
            for one in batch.signatures
        ],
    }
    return canonical_bytes(content)
