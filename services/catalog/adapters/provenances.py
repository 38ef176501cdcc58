"""What proves a published record or its text, from MongoDB."""

import json
from bisect import bisect_left
from functools import lru_cache

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.publication_documents import PUBLICATIONS, commitments_of
from services.catalog.adapters.published_messages import published_entry
from services.catalog.adapters.retractions import RETRACTIONS
from services.catalog.adapters.text_messages import open_text
from services.catalog.adapters.text_store import TEXTS
from services.catalog.domain.publications import ProvenanceUnavailable
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.texts import TextState
from services.catalog.domain.verdicts import Decision
from services.common.domain.errors import NotFound
from services.common.domain.merkle import MerkleTree, leaf_hash
from services.common.mongo.database import Document, MongoDatabase
from tongdang.catalog.v1 import provenance_pb2, record_pb2

_TREES_KEPT = 8
"""Of a batch of 50,000 a tree takes 5 MB and 80 ms to make."""


class MongoProvenances:
    """One province's publications, as anybody may check them."""

    def __init__(self, database: MongoDatabase) -> None:
        self._db = database.db
        self._tree = lru_cache(maxsize=_TREES_KEPT)(self._read_tree)

    def get(self, record_id: str) -> provenance_pb2.GetProvenanceResponse:
        """Of a record that is not open and never was, nothing is told, not even that it is there.

        Raises: NotFound, ProvenanceUnavailable.
        """
        record = self._db[RECORDS].find_one({"_id": record_id})
        status = record["access_status"] if record else ""
        if record is not None and status == AccessStatus.OPEN:
            proof, published = self._proof(record_id, record["batch_id"])
            proof.entry.CopyFrom(published_entry(record, published["sample"]))
            return provenance_pb2.GetProvenanceResponse(provenance=proof)
        if record is not None and status == AccessStatus.DEFERRED and record["decision"] == Decision.OPEN:
            return provenance_pb2.GetProvenanceResponse(retraction=self._retraction(record_id))
        raise NotFound("record")

    def text(self, record_id: str) -> provenance_pb2.GetProvenanceResponse:
        """The same of its text; of one that is not public, nothing is told.

        Raises: NotFound, ProvenanceUnavailable.
        """
        text = self._db[TEXTS].find_one({"_id": record_id, "state": TextState.OPEN.value})
        if text is None:
            raise NotFound("text")
        proof, published = self._proof(record_id, text["batch_id"])
        alone = bool(json.loads(published["manifest"])["archive_alone"])
        proof.text.CopyFrom(open_text(text, archive_alone=alone, sample=published["sample"]))
        return provenance_pb2.GetProvenanceResponse(provenance=proof)

    def _retraction(self, record_id: str) -> record_pb2.Retraction:
        sent = self._db[RETRACTIONS].find_one({"_id": record_id})
        if sent is None:
            raise NotFound("record")
        return record_pb2.RecordPublished.FromString(sent["message"]["value"]).retracted

    def _proof(self, record_id: str, batch_id: str) -> tuple[provenance_pb2.Provenance, Document]:
        """All but what is proven, and the publication as it is kept."""
        published = self._db[PUBLICATIONS].find_one({"_id": batch_id})
        line = self._db[ENTRIES].find_one({"batch_id": batch_id, "record_id": record_id}, {"ordinal": 1, "salt": 1})
        if published is None or line is None or "salt" not in line:
            raise ProvenanceUnavailable(batch_id or "")
        ordinals, tree = self._tree(batch_id)
        index = bisect_left(ordinals, line["ordinal"])
        if index == len(ordinals) or ordinals[index] != line["ordinal"]:
            raise ProvenanceUnavailable(batch_id)
        proof = provenance_pb2.Provenance(
            salt=bytes(line["salt"]),
            index=index,
            count=len(ordinals),
            path=tree.path(index),
            manifest=bytes(published["manifest"]),
            signature=bytes(published["signature"]),
        )
        return proof, published

    def _read_tree(self, batch_id: str) -> tuple[list[int], MerkleTree]:
        """Of a batch whose manifest is written; it never changes afterwards."""
        ordinals, commitments = commitments_of(self._db, batch_id)
        if not ordinals:
            raise ProvenanceUnavailable(batch_id)
        return ordinals, MerkleTree([leaf_hash(one) for one in commitments])
