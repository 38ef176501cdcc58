"""Checks what all records of a batch share: its manifest, its signatures, its list, its audit event."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.catalog.adapters.batch_documents import BATCHES, ENTRIES
from services.catalog.adapters.line_documents import line_of
from services.catalog.adapters.publication_documents import PUBLICATIONS, commitments_of
from services.catalog.adapters.rule_store import RULE_VERSIONS
from services.catalog.domain.disagreements import Disagreement, Found
from services.catalog.domain.lines import list_root
from services.catalog.domain.publications import first_kind_commitment
from services.catalog.domain.rules.versions import program_tables
from services.catalog.domain.verdicts import LISTED, Decision
from services.catalog.domain.work_list import State
from services.common.domain.canonical import sha256_hex
from services.common.domain.merkle import merkle_root
from services.common.domain.publication import (
    FIRST_MANIFEST_TYPE,
    MANIFEST_FACT,
    PUBLISHED,
    NotProven,
    check_province,
    check_signers,
    manifest_content,
)
from services.common.domain.registry import PublicKey
from services.common.mongo.database import MongoDatabase
from tongdang.audit.v1 import audit_pb2
from tongdang.catalog.v1 import record_pb2

_BEFORE_HASHES = "2026-11-thin-1"
"""The one version of the rule table from before a version was its name and hash."""
_PUBLIC_STATES = (State.PUBLISHING.value, State.PUBLISHED.value)


@dataclass(frozen=True)
class CheckedBatch:
    """`manifest`: its content, None where there is none. `commitments`: by line of the list."""

    manifest: Mapping[str, Any] | None
    commitments: Mapping[int, bytes] = field(default_factory=dict)
    first_kind: frozenset[bytes] = frozenset()


class BatchCheck:
    """`keys`: of the region. Rule tables are those that the program has had and those this province has used."""

    def __init__(self, database: MongoDatabase, keys: Sequence[PublicKey]) -> None:
        self._db = database.db
        self._keys = keys
        of_program = {table.version for table in program_tables()}
        self._rules = {_BEFORE_HASHES, *of_program, *self._db[RULE_VERSIONS].distinct("version")}
        self._batches: dict[str, CheckedBatch] = {}
        self._found: list[Found] = []
        self._published: set[str] = set()

    def read(
        self, manifests: Iterable[record_pb2.PublicationManifest], stream: Iterable[audit_pb2.StreamedLeaf]
    ) -> None:
        """Checks every batch that has a manifest, is published here, or of which an audit event speaks."""
        audited = dict(_events(stream))
        signed: dict[str, record_pb2.PublicationManifest] = {}
        for one in manifests:
            known = signed.setdefault(one.event.subject, one)
            if (known.manifest, known.signature) != (one.manifest, one.signature):
                self._tell(Disagreement.MANIFEST_DIFFERS, one.event.subject, "two on the topic")
        here = {
            row["_id"]: row
            for row in self._db[BATCHES].find({"state": {"$in": list(_PUBLIC_STATES)}}, {"state": 1, "root": 1})
        }
        self._published = {batch_id for batch_id, row in here.items() if row["state"] == State.PUBLISHED.value}
        for batch_id in sorted({*signed, *here, *audited}):
            if batch_id not in here:
                self._tell(Disagreement.BATCH_ABSENT, batch_id)
            if batch_id in signed:
                self._manifest(batch_id, signed[batch_id], audited.get(batch_id), here.get(batch_id, {}))
            else:
                self._batches[batch_id] = CheckedBatch(None)
                if batch_id in self._published or batch_id in audited:
                    self._tell(Disagreement.MANIFEST_ABSENT, batch_id)

    def disagreements(self) -> Iterator[Found]:
        """Of batches alone."""
        yield from self._found

    def checked(self, batch_id: str) -> CheckedBatch | None:
        """None: nobody knows of such a batch."""
        return self._batches.get(batch_id)

    def is_published(self, batch_id: str | None) -> bool:
        """Whether it is finished here; one that is being published changes while it is looked at."""
        return batch_id in self._published

    def _manifest(
        self, batch_id: str, one: record_pb2.PublicationManifest, audited: str | None, here: Mapping[str, Any]
    ) -> None:
        self._batches[batch_id] = CheckedBatch(None)
        try:
            content = manifest_content(one.manifest)
        except NotProven as problem:
            return self._tell(Disagreement.MANIFEST_UNSIGNED, batch_id, problem.why)
        if content.get("batch_id") != batch_id:
            return self._tell(Disagreement.MANIFEST_DIFFERS, batch_id, "it speaks of another batch")
        try:
            check_province(one.manifest, one.signature, content, self._keys)
        except NotProven as problem:
            self._tell(Disagreement.MANIFEST_UNSIGNED, batch_id, problem.why)
        try:
            check_signers(content)
        except NotProven as problem:
            self._tell(Disagreement.SIGNERS, batch_id, problem.why)
        if content.get("rule_version") not in self._rules:
            self._tell(Disagreement.RULES_UNKNOWN, batch_id, str(content.get("rule_version")))
        if audited != (sha256_hex(one.manifest) if content["type"] != FIRST_MANIFEST_TYPE else ""):
            self._tell(Disagreement.NOT_AUDITED, batch_id)
        kept = self._db[PUBLICATIONS].find_one({"_id": batch_id})
        if kept is not None and bytes(kept["manifest"]) != one.manifest:
            self._tell(Disagreement.MANIFEST_DIFFERS, batch_id, "another one here")
        self._batches[batch_id] = self._list(batch_id, content, here)
        return None

    def _list(self, batch_id: str, content: Mapping[str, Any], here: Mapping[str, Any]) -> CheckedBatch:
        """The list as it was signed, and the commitments as the manifest has them."""
        lines = list(self._db[ENTRIES].find({"batch_id": batch_id}).sort("ordinal", 1))
        listed = [line_of(line).entry() for line in lines if line["decision"] in LISTED]
        if list_root(listed) != content.get("list_root") or here.get("root") != content.get("list_root"):
            self._tell(Disagreement.LIST_DIFFERS, batch_id)
        if content["type"] == FIRST_MANIFEST_TYPE:
            skipped = set(content.get("skipped", ()))
            opened = [one for one in lines if one["decision"] == Decision.OPEN and one["record_id"] not in skipped]
            hidden = [
                first_kind_commitment(bytes(one["salt"]), one["record_id"], one["content_hash"])
                for one in opened
                if "salt" in one
            ]
            if len(hidden) == content.get("count"):  # else salts died since, and the rest cannot be added up
                self._root(batch_id, hidden, content)
            return CheckedBatch(content, first_kind=frozenset(hidden))
        ordinals, commitments = commitments_of(self._db, batch_id)
        self._root(batch_id, commitments, content)
        return CheckedBatch(content, dict(zip(ordinals, commitments, strict=True)))

    def _root(self, batch_id: str, commitments: Sequence[bytes], content: Mapping[str, Any]) -> None:
        counted = len(commitments) == content.get("count")
        if not counted or merkle_root(commitments).hex() != content.get("commitments_root"):
            self._tell(Disagreement.COMMITMENTS_DIFFER, batch_id)

    def _tell(self, kind: Disagreement, batch_id: str, detail: str = "") -> None:
        self._found.append(Found(kind, batch_id, detail))


def _events(stream: Iterable[audit_pb2.StreamedLeaf]) -> Iterator[tuple[str, str]]:
    """Batch id and manifest's hash of each publication that the province's own stream tells of."""
    for streamed in stream:
        if PUBLISHED.encode() not in streamed.leaf:
            continue
        event = json.loads(streamed.leaf)
        if event["activity_name"] == PUBLISHED:
            yield event["entity"]["uid"], str(event["unmapped"].get(MANIFEST_FACT, ""))
