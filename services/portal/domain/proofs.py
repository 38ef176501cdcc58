"""What proves a published entry: as a page shows it, and as a file that anybody can check."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from services.common.domain.publication import (
    BUNDLE_TYPE,
    NotProven,
    Provenance,
    Step,
    check_commitment,
    check_entry,
    check_province,
    check_signers,
    manifest_content,
)
from services.common.domain.registry import PublicKey, Registry


def failing_step(shown: Provenance, keys: Sequence[PublicKey]) -> Step | None:
    """The first step that fails; None where all pass that need no log. `keys`: of the entry's region."""
    try:
        content = manifest_content(shown.manifest)
        check_commitment(shown, content)
        check_entry(shown.entry, content)
        check_province(shown.manifest, shown.signature, content, keys)
        check_signers(content)
    except NotProven as failure:
        return failure.step
    return None


def bundle_of(shown: Provenance, record_id: str, leaf_index: int | None) -> dict[str, Any]:
    """`provenance.json`: bytes as hexadecimal digits, the manifest as the text whose bytes were signed."""
    placed = {} if leaf_index is None else {"leaf_index": leaf_index}
    return {
        "type": BUNDLE_TYPE,
        "record_id": record_id,
        "entry": dict(shown.entry),
        "salt": shown.salt.hex(),
        "index": shown.index,
        "count": shown.count,
        "path": [one.hex() for one in shown.path],
        "manifest": shown.manifest.decode(),
        "signature": shown.signature.hex(),
        **placed,
    }


def retracted_bundle(record_id: str, retraction: Mapping[str, Any]) -> dict[str, Any]:
    """In its place, once an entry was taken back: no salt, no manifest."""
    return {"type": BUNDLE_TYPE, "record_id": record_id, "retraction": dict(retraction)}


def public_registry(registry: Registry, note: str) -> dict[str, Any]:
    """Names, archives and public keys with their days of validity; addresses and principals stay inside."""
    return {
        "note": note,
        "version": registry.version,
        "regions": [
            {
                "region_id": region.region_id,
                "name": region.name,
                "name_en": region.name_en,
                "keys": [_key(key) for key in region.keys],
                "archives": [
                    {"archive_id": one.archive_id, "name": one.name, "name_en": one.name_en, "code": one.code}
                    for one in region.archives
                ],
            }
            for region in registry.regions
        ],
    }


def _key(key: PublicKey) -> dict[str, str]:
    return {
        "use": key.use,
        "key": base64.b64encode(key.key).decode(),
        "valid_from": key.valid_from.isoformat(),
        "valid_until": key.valid_until.isoformat(),
    }
