"""What publication makes of a batch: a manifest that commits to each public entry or text, signed by the province."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from services.catalog.domain.batches import Batch
from services.catalog.domain.gathering import Matter
from services.catalog.domain.issues import Schedule
from services.catalog.domain.opinions import Evidence
from services.common.domain.canonical import canonical_bytes
from services.common.domain.clock import legal_day, to_iso
from services.common.domain.errors import Kind, TongdangError
from services.common.domain.merkle import merkle_root
from services.common.domain.publication import CORRECTION_MANIFEST_TYPE, MANIFEST_TYPE, TEXT_MANIFEST_TYPE


class ProvenanceUnavailable(TongdangError):
    """The record is open, but its publication is not finished, or its salt or manifest went with a lost database."""

    code = "PROVENANCE_UNAVAILABLE"
    kind = Kind.PRECONDITION


class PublicationUnfinished(TongdangError):
    """A publication was begun by a program that kept no commitments; let that program finish it first."""

    code = "PUBLICATION_UNFINISHED"
    kind = Kind.PRECONDITION


MANIFEST_TYPES: Mapping[Matter, str] = {
    Matter.OPENING: MANIFEST_TYPE,
    Matter.REREVIEW: MANIFEST_TYPE,
    Matter.TEXT: TEXT_MANIFEST_TYPE,
    Matter.CORRECTION: CORRECTION_MANIFEST_TYPE,
}


def manifest(batch: Batch, commitments: Sequence[bytes]) -> bytes:
    """RFC 8785 bytes of the manifest; the province signs exactly these. `commitments`: 32 bytes each, in list order."""
    assert batch.published_at is not None
    content: Mapping[str, Any] = {
        "type": MANIFEST_TYPES[batch.matter],
        "batch_id": batch.batch_id,
        "region_id": batch.region_id,
        "archive_id": batch.archive_id,
        "unit_id": batch.unit_id,
        "archive_alone": batch.archive_alone,
        "matter": batch.matter.value,
        "rule_version": batch.rule_version,
        "list_root": batch.root,
        "commitments_root": merkle_root(commitments).hex(),
        "count": len(commitments),
        "skipped": list(batch.skipped),
        "decided_at": to_iso(batch.published_at),
        "opened_on": legal_day(batch.published_at).isoformat(),
        "published_by": batch.published_by,
        "confirmer_archive_id": batch.confirmer_archive_id or batch.archive_id,
        "separate_confirmer": batch.separately_confirmed,
        **({"scheduled": _scheduled(batch.schedule)} if batch.schedule else {}),
        **({"opinion": _opinion(batch.evidence)} if batch.evidence else {}),
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


def _scheduled(schedule: Schedule) -> Mapping[str, Any]:
    """When the confirmer decided, and for which day; `decided_at` is when that took effect."""
    return {"confirmed_at": to_iso(schedule.confirmed_at), "publish_on": schedule.publish_on}


def _opinion(evidence: Evidence) -> Mapping[str, Any]:
    """What stands in the unit's place: the document as it was hashed, and who answers for a letter."""
    return {
        "way": evidence.way.value,
        "document": evidence.document.decode(),
        "sha256": evidence.sha256,
        "entered_by": evidence.entered_by,
        "checked_by": evidence.checked_by,
    }


def first_kind_commitment(salt: bytes, record_id: str, content_hash: str) -> bytes:
    """As manifests of the first kind hold them: over a hash of the record as stored."""
    content = canonical_bytes({"record_id": record_id, "content_hash": content_hash})
    return hashlib.sha256(salt + content).digest()
