"""Holds everything ever published against signatures, manifests, database and audit events, record by record.

Reads all of the topics and of the database, and trusts neither: a value that somebody put onto Kafka with the
province's own certificate is found like any other that no list opened.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Protocol

from google.protobuf.message import DecodeError

from services.catalog.adapters.batch_check import BatchCheck, CheckedBatch
from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.published_messages import entry_content
from services.catalog.domain.disagreements import Disagreement, Found
from services.catalog.domain.publications import first_kind_commitment
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.rules import RULES, Effect
from services.catalog.domain.verdicts import Decision
from services.common.domain.publication import FIRST_MANIFEST_TYPE, NotProven, check_entry, entry_commitment
from services.common.mongo.database import Document, MongoDatabase
from tongdang.catalog.v1 import record_pb2

_AT_ONCE = 1_000
_STATE_FIELDS = ("version", "access_status", "batch_id", "corrected_on", "updated_at")
_OPENING = frozenset(rule.id for rule in RULES.values() if rule.effect is Effect.OPEN)


class History(Protocol):
    """All values that lie on the province's topics, oldest first within a key."""

    def published_values(self) -> Iterable[tuple[bytes, bytes]]:
        """Key and value."""
        ...

    def published_texts(self) -> Iterable[tuple[bytes, bytes]]:
        """The same of the topic of texts."""
        ...


class PublicationCheck:
    """One run over one province. `batches` has checked what every record of a batch shares.

    `began`: before Kafka was read; what changed here since is left to the next run.
    """

    def __init__(self, database: MongoDatabase, batches: BatchCheck, began: datetime) -> None:
        self._db = database.db
        self._batches = batches
        self._began = began
        self.records = 0
        """Values looked at."""

    def disagreements(self, history: History) -> Iterator[Found]:
        """As they are found; those of batches first."""
        yield from self._batches.disagreements()
        public: dict[str, tuple[int, bool]] = {}
        values = iter(history.published_values())
        while some := list(islice(values, _AT_ONCE)):
            self.records += len(some)
            yield from self._values(some, public)
        yield from self._states(public)

    def _values(self, some: list[tuple[bytes, bytes]], public: dict[str, tuple[int, bool]]) -> Iterator[Found]:
        entries: list[record_pb2.OpenEntry] = []
        for key, value in some:
            record_id = key.decode(errors="replace")
            state = _state(value, record_id)
            if state is None:
                yield Found(Disagreement.UNREADABLE, record_id)
                continue
            version, opens = int(state.event.version), state.HasField("open")
            if public.get(record_id, (0, False))[0] <= version:
                public[record_id] = (version, opens)
            if opens:
                entries.append(state.open)
        lines = self._lines(entries)
        for entry in entries:
            yield from self._entry(entry, lines.get((entry.batch_id, entry.record_id)))

    def _lines(self, entries: Iterable[record_pb2.OpenEntry]) -> dict[tuple[str, str], Document]:
        by_batch: dict[str, list[str]] = {}
        for entry in entries:
            by_batch.setdefault(entry.batch_id, []).append(entry.record_id)
        return {
            (batch_id, line["record_id"]): line
            for batch_id, ids in by_batch.items()
            for line in self._db[ENTRIES].find({"batch_id": batch_id, "record_id": {"$in": ids}})
        }

    def _entry(self, entry: record_pb2.OpenEntry, line: Document | None) -> Iterator[Found]:
        record_id = entry.record_id
        batch = self._batches.checked(entry.batch_id)
        if batch is None:
            yield Found(Disagreement.BATCH_ABSENT, record_id, entry.batch_id)
            return
        if entry.rule not in _OPENING:
            yield Found(Disagreement.RULES_UNKNOWN, record_id, entry.rule)
        if line is None or line["decision"] != Decision.OPEN.value or line["rule"] != entry.rule:
            yield Found(Disagreement.NOT_ON_LIST, record_id, entry.batch_id)
            return
        if batch.manifest is None:
            return  # told of the batch; or it is being published at this moment
        content = entry_content(entry)
        try:
            check_entry(content, batch.manifest)
        except NotProven as problem:
            yield Found(Disagreement.ENTRY_DIFFERS, record_id, problem.why)
        if "salt" in line and not _committed(content, line, batch):
            yield Found(Disagreement.NOT_COMMITTED, record_id, entry.batch_id)

    def _states(self, public: Mapping[str, tuple[int, bool]]) -> Iterator[Found]:
        """What is public against what the province has: open here and there, retracted here and there, one version."""
        ids = list(public)
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            here = {row["_id"]: row for row in self._db[RECORDS].find({"_id": {"$in": some}}, _STATE_FIELDS)}
            yield from self._salts([row for one, row in here.items() if not public[one][1]])
            yield from self._former_salts([row for row in here.values() if row.get("corrected_on")])
            for record_id in some:
                record = here.get(record_id)
                if record is None or record["updated_at"] < self._began:
                    yield from _compared(record_id, public[record_id], record)
        for row in self._db[RECORDS].find({"access_status": AccessStatus.OPEN.value}, _STATE_FIELDS):
            if row["_id"] not in public and self._batches.is_published(row["batch_id"]):
                yield Found(
                    Disagreement.STATE_DIFFERS, row["_id"], f"open here in version {row['version']}, not public"
                )

    def _salts(self, retracted: Iterable[Document]) -> Iterator[Found]:
        lines = {(one["batch_id"], one["_id"]) for one in retracted if one["access_status"] != AccessStatus.OPEN}
        for batch_id, record_id in sorted(lines):
            line = {"batch_id": batch_id, "record_id": record_id, "salt": {"$exists": True}}
            if self._db[ENTRIES].find_one(line, {"_id": 1}) is not None:
                yield Found(Disagreement.SALT_KEPT, record_id, batch_id)

    def _former_salts(self, corrected: Iterable[Document]) -> Iterator[Found]:
        """No list keeps the salt of words that were corrected since."""
        for record in corrected:
            others = {"record_id": record["_id"], "batch_id": {"$ne": record["batch_id"]}, "salt": {"$exists": True}}
            for line in self._db[ENTRIES].find({**others, "rule": {"$in": sorted(_OPENING)}}, {"batch_id": 1}):
                if self._batches.is_published(line["batch_id"]):
                    yield Found(Disagreement.SALT_KEPT, record["_id"], line["batch_id"])


def _committed(content: Mapping[str, object], line: Document, batch: CheckedBatch) -> bool:
    """Whether the batch's commitment at this line is to these words."""
    salt = bytes(line["salt"])
    if batch.manifest is not None and batch.manifest["type"] == FIRST_MANIFEST_TYPE:
        return first_kind_commitment(salt, line["record_id"], line["content_hash"]) in batch.first_kind
    return batch.commitments.get(line["ordinal"]) == entry_commitment(salt, content)


def _compared(record_id: str, public: tuple[int, bool], here: Document | None) -> Iterator[Found]:
    version, opens = public
    there = f"{'open' if opens else 'retracted'} in version {version}"
    if here is None:
        yield Found(Disagreement.STATE_DIFFERS, record_id, f"{there}, not here at all")
    elif (here["access_status"] == AccessStatus.OPEN) != opens or here["version"] != version:
        yield Found(Disagreement.STATE_DIFFERS, record_id, f"{there}, here {here['access_status']} {here['version']}")


def _state(value: bytes, record_id: str) -> record_pb2.RecordPublished | None:
    """None: no published state of this record."""
    try:
        state = record_pb2.RecordPublished.FromString(value)
    except DecodeError:
        return None
    named = {state.open.record_id if state.HasField("open") else "", state.retracted.record_id}
    return state if record_id in named else None
