"""Brings a publication back into a restored database whose backup is older, from its manifest on Kafka.

Without this the restored batch could be published a second time, under another manifest.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.catalog.adapters.batch_documents import BATCHES, ENTRIES
from services.catalog.adapters.publication_chunk import CHUNK
from services.catalog.adapters.publication_documents import COMMITMENTS, PUBLICATIONS, commitments_document
from services.catalog.adapters.published_messages import entry_content
from services.catalog.adapters.text_messages import text_content
from services.catalog.domain.signatures import SIGNING_ROLE, Side
from services.catalog.domain.verdicts import Decision
from services.catalog.domain.work_list import State
from services.common.domain.merkle import merkle_root
from services.common.domain.publication import FIRST_MANIFEST_TYPE, entry_commitment
from services.common.mongo.database import Document
from services.common.mongo.transactions import Tx
from tongdang.catalog.v1 import record_pb2, text_pb2

Published = Mapping[str, record_pb2.RecordPublished]
"""Record id → its newest public state."""
PublishedTexts = Mapping[str, text_pb2.TextPublished]
"""The same of its text."""


def bring_back_publication(
    tx: Tx, one: record_pb2.PublicationManifest, published: Published, texts: PublishedTexts
) -> bool:
    """Whether the batch was here to be brought back: of one that is not, list and salts are lost.

    One that this database was in the middle of has ended: gone on with, it would open again what was retracted since.
    Commitments come back where each can be made again; a record retracted since leaves its whole batch without proofs.
    """
    batch_id = one.event.subject
    batch = tx.db[BATCHES].find_one({"_id": batch_id}, session=tx.session)
    if batch is None or batch["state"] == State.PUBLISHED.value:
        return False
    content = json.loads(one.manifest)
    change = {"$set": _fields(one, content, batch), "$unset": {"bulk": ""}}
    tx.db[BATCHES].update_one({"_id": batch_id}, change, session=tx.session)
    of_entries = [state.open for state in published.values() if state.open.batch_id == batch_id]
    of_texts = [state.open for state in texts.values() if state.open.batch_id == batch_id]
    mine: list[record_pb2.OpenEntry | text_pb2.OpenText] = [*of_entries, *of_texts]
    kept = {"manifest": one.manifest, "signature": one.signature, "sample": any(public.sample for public in mine)}
    tx.db[PUBLICATIONS].replace_one({"_id": batch_id}, kept, upsert=True, session=tx.session)
    if content["type"] != FIRST_MANIFEST_TYPE:
        _bring_back_commitments(tx, batch_id, content, {public.record_id: _content(public) for public in mine})
    return True


def _content(public: record_pb2.OpenEntry | text_pb2.OpenText) -> Mapping[str, Any]:
    """What a commitment covers."""
    return text_content(public) if isinstance(public, text_pb2.OpenText) else entry_content(public)


def _fields(one: record_pb2.PublicationManifest, content: Mapping[str, Any], batch: Document) -> Document:
    return {
        "state": State.PUBLISHED.value,
        "version": int(one.event.version),
        "root": content["list_root"],
        "rule_version": content["rule_version"],
        "applied": content["count"],
        "cursor": batch["total"],
        "skipped": content["skipped"],
        "schedule": None,
        "published_at": datetime.fromisoformat(content["decided_at"]),
        "published_by": content["published_by"],
        "signatures": [_signature(signer) for signer in content["signers"]],
        "evidence": _evidence(content["opinion"]) if "opinion" in content else None,
    }


def _evidence(opinion: Mapping[str, str]) -> Document:
    return {
        "way": opinion["way"],
        "document": opinion["document"].encode(),
        "entered_by": opinion["entered_by"],
        "checked_by": opinion["checked_by"],
    }


def _signature(signer: Mapping[str, str]) -> Document:
    says = json.loads(signer["statement"])
    return {
        "side": signer["side"],
        "pseudonym": signer["pseudonym"],
        "role": SIGNING_ROLE[Side(signer["side"])].value,
        "unit_id": says["unit_id"],
        "signed_at": datetime.fromisoformat(says["time"]),
        "statement": signer["statement"].encode(),
        "signature": bytes.fromhex(signer["signature"]),
        "public_key": bytes.fromhex(signer["public_key"]),
    }


def _bring_back_commitments(
    tx: Tx, batch_id: str, content: Mapping[str, Any], public: Mapping[str, Mapping[str, Any]]
) -> None:
    tx.db[COMMITMENTS].delete_many({"batch_id": batch_id}, session=tx.session)
    lines = [
        line
        for line in tx.db[ENTRIES].find({"batch_id": batch_id}, session=tx.session).sort("ordinal", 1)
        if line["decision"] == Decision.OPEN.value and line["record_id"] in public and "salt" in line
    ]
    made = [entry_commitment(bytes(line["salt"]), public[line["record_id"]]) for line in lines]
    if merkle_root(made).hex() != content["commitments_root"]:
        return
    for start in range(0, len(lines), CHUNK):
        ordinals = [line["ordinal"] for line in lines[start : start + CHUNK]]
        document = commitments_document(batch_id, start, ordinals, made[start : start + CHUNK])
        tx.db[COMMITMENTS].replace_one({"_id": document["_id"]}, document, upsert=True, session=tx.session)
