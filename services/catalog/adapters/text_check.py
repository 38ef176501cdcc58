"""Holds every text ever published against lists, manifests and database, as `publication_check` does entries."""

from collections.abc import Iterator
from datetime import datetime

from google.protobuf.message import DecodeError

from services.catalog.adapters.batch_check import BatchCheck
from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.publication_check import History
from services.catalog.adapters.text_messages import text_content
from services.catalog.adapters.text_store import TEXTS
from services.catalog.domain.disagreements import Disagreement, Found
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.texts import TextState
from services.catalog.domain.verdicts import TEXT_RULES, Decision
from services.common.domain.publication import NotProven, check_entry, entry_commitment
from services.common.mongo.database import Document, MongoDatabase
from tongdang.catalog.v1 import text_pb2


class TextCheck:
    """One run over one province. `batches`, `began`: as of `PublicationCheck`."""

    def __init__(self, database: MongoDatabase, batches: BatchCheck, began: datetime) -> None:
        self._db = database.db
        self._batches = batches
        self._began = began
        self.texts = 0
        """Values looked at."""

    def disagreements(self, history: History) -> Iterator[Found]:
        """As they are found."""
        newest: dict[str, text_pb2.TextPublished] = {}
        for key, value in history.published_texts():
            self.texts += 1
            record_id = key.decode(errors="replace")
            state = _state(value, record_id)
            if state is None:
                yield Found(Disagreement.UNREADABLE, record_id)
                continue
            known = newest.get(record_id)
            if known is None or known.event.version <= state.event.version:
                newest[record_id] = state
            if state.HasField("open"):
                yield from self._open(state.open)
        for record_id, state in newest.items():
            yield from self._compared(record_id, state)
        for row in self._db[TEXTS].find({"state": TextState.OPEN.value}, {"batch_id": 1, "version": 1}):
            if row["_id"] not in newest and self._batches.is_published(row["batch_id"]):
                yield Found(Disagreement.STATE_DIFFERS, row["_id"], f"text open here in version {row['version']}")

    def _open(self, text: text_pb2.OpenText) -> Iterator[Found]:
        record_id = text.record_id
        batch = self._batches.checked(text.batch_id)
        if batch is None:
            yield Found(Disagreement.BATCH_ABSENT, record_id, text.batch_id)
            return
        line = self._db[ENTRIES].find_one({"batch_id": text.batch_id, "record_id": record_id})
        listed = line is not None and (line["decision"], line["rule"]) == (Decision.OPEN.value, text.rule)
        if line is None or not listed or text.rule not in TEXT_RULES:
            yield Found(Disagreement.NOT_ON_LIST, record_id, text.batch_id)
            return
        if batch.manifest is None:
            return  # told of the batch; or it is being published at this moment
        content = text_content(text)
        try:
            check_entry(content, batch.manifest)
        except NotProven as problem:
            yield Found(Disagreement.ENTRY_DIFFERS, record_id, problem.why)
        committed = batch.commitments.get(line["ordinal"])
        if "salt" in line and committed != entry_commitment(bytes(line["salt"]), content):
            yield Found(Disagreement.NOT_COMMITTED, record_id, text.batch_id)

    def _compared(self, record_id: str, state: text_pb2.TextPublished) -> Iterator[Found]:
        """Open or withdrawn here and there, in one version; and never open while the entry is not."""
        here: Document = self._db[TEXTS].find_one({"_id": record_id}) or {}
        opens, version = state.HasField("open"), int(state.event.version)
        there = f"text {'open' if opens else 'withdrawn'} in version {version}"
        record = self._db[RECORDS].find_one({"_id": record_id}, {"access_status": 1, "updated_at": 1})
        if record is None or record["updated_at"] >= self._began:
            return  # its entry is told of, or changes while it is looked at
        is_open = here.get("state") == TextState.OPEN.value
        if is_open != opens or (is_open and here["version"] != version):
            yield Found(Disagreement.STATE_DIFFERS, record_id, there)
        if opens and record["access_status"] != AccessStatus.OPEN:
            yield Found(Disagreement.STATE_DIFFERS, record_id, f"{there}, its entry {record['access_status']}")
        if not opens:
            yield from self._salts(record_id)

    def _salts(self, record_id: str) -> Iterator[Found]:
        """No list of texts keeps the salt of a text that nobody may read."""
        for line in self._db[ENTRIES].find({"record_id": record_id, "rule": {"$in": list(TEXT_RULES)}}):
            if "salt" in line and self._batches.is_published(line["batch_id"]):
                yield Found(Disagreement.SALT_KEPT, record_id, line["batch_id"])


def _state(value: bytes, record_id: str) -> text_pb2.TextPublished | None:
    """None: no published state of this record's text."""
    try:
        state = text_pb2.TextPublished.FromString(value)
    except DecodeError:
        return None
    named = {state.open.record_id if state.HasField("open") else "", state.withdrawn.record_id}
    return state if record_id in named else None
