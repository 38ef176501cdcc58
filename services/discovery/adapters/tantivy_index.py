"""The union index on tantivy. Offsets live in the index itself, so result and position commit together."""

import json
import shutil
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog
import tantivy

from services.common.domain.errors import Unavailable
from services.common.domain.ids import is_uuid
from services.discovery.adapters.change_listing import ChangeListing
from services.discovery.adapters.index_documents import (
    FORMAT,
    HEAP_BYTES,
    POSITIONS_KEY,
    THREADS,
    document_of,
    key_of,
    positions_document,
    record_id_of,
    schema,
    text_alone,
    text_of,
)
from services.discovery.adapters.index_queries import IndexQueries, must
from services.discovery.adapters.stored_entry import restored_state
from services.discovery.application.ports import (
    NO_TEXTS,
    Changes,
    Entry,
    Found,
    Positions,
    Results,
    Text,
    Texts,
)
from services.discovery.domain.changes import Window, moment_of
from services.discovery.domain.query import Query

log = structlog.get_logger()

BUILDING, REBUILT = "building", "rebuilt"
"""Folders of an index that is being built beside the one in use, and of one that is ready to take its place."""
_UNTOLD = Text("", 0)


class TantivyIndex:
    """`UnionIndex` in a folder. One writer; readers see a commit as soon as it is made."""

    def __init__(self, folder: Path, *, inside: str = f"v{FORMAT}") -> None:
        """`inside`: this format's folder within `folder`; another format is left alone, since Kafka rebuilds it."""
        self._schema = schema()
        self._queries = IndexQueries(self._schema)
        self._folder = folder
        self._inside = inside
        self._index = _open(folder / inside, self._schema)
        self._writing = threading.Lock()

    @cached_property
    def _writer(self) -> tantivy.IndexWriter:
        """Opened with the first write, so that a command can read beside the service."""
        return self._index.writer(heap_size=HEAP_BYTES, num_threads=THREADS)

    name = "index"

    def start(self) -> None:
        """Takes the writer's lock: a second service on this folder fails here."""
        assert self._writer is not None

    def stop(self) -> None:
        """Lets merges end, so that nothing is left half-merged."""
        with self._writing:
            self._writer.wait_merging_threads()

    def check(self) -> None:
        """Raises: Unavailable: the index cannot be read."""
        try:
            self._index.searcher()
        except ValueError as problem:
            raise Unavailable("index unreadable") from problem

    def apply(
        self, entries: Sequence[Entry], hidden: Sequence[str], positions: Positions, texts: Texts = NO_TEXTS
    ) -> None:
        with self._writing:
            try:
                self._merge(entries, list(filter(is_uuid, hidden)), texts)
                self._move(positions)
                self._writer.commit()
            except ValueError:  # half a batch must not leave with the commit of its repetition
                self._writer.rollback()
                raise
            self._index.reload()

    def _move(self, positions: Positions) -> None:
        merged = {**self.positions(), **positions}
        self._delete(POSITIONS_KEY)
        self._writer.add_document(positions_document(merged))

    def _merge(self, entries: Sequence[Entry], hidden: Sequence[str], texts: Texts) -> None:
        """Entry and text of a record are one document, so that one query finds both."""
        arrived = {entry.record_id: entry for entry in entries}
        told: dict[str, Text | None] = {text.record_id: text for text in texts.states}
        told.update(dict.fromkeys(filter(is_uuid, texts.hidden)))
        known = self._known([*arrived, *hidden, *(told.keys() - arrived.keys())])
        for entry in entries:
            was = known.get(entry.record_id)
            if was is None or entry.version > was.version:
                self._put(was, entry, _newer(was, told.pop(entry.record_id, _UNTOLD)))
        for record_id in hidden:
            was = known.get(record_id)
            if was is not None:
                self._put(was, None, _newer(was, told.pop(record_id, _UNTOLD)))
        for record_id, text in told.items():
            was = known.get(record_id)
            if text is None or was is None or was.text is None or text.version > was.text.version:
                kept = self.get(record_id)
                self._put(was, restored_state(kept) if kept else None, text)

    def _put(self, was: Entry | None, entry: Entry | None, text: Text | None) -> None:
        """What becomes of a record: `was` goes; without an entry the text waits for one."""
        if was is not None:
            self._delete(key_of(was.record_id))
        if entry is not None:
            self._writer.add_document(document_of(entry, text))
        elif text is not None:
            self._writer.add_document(text_alone(text))

    def positions(self) -> dict[tuple[str, int], int]:
        searcher = self._index.searcher()
        document = self._find(searcher, POSITIONS_KEY)
        if document is None:
            return {}
        rows = json.loads(bytes(document["payload"][0]))
        return {(topic, partition): offset for topic, partition, offset in rows}

    def clear(self) -> None:
        with self._writing:
            self._writer.delete_all_documents()
            self._writer.commit()
            self._index.reload()

    def adopt_rebuilt(self) -> bool:
        """Changes over to an index that `reindex` has built beside this one; whether there was one.

        Called between two batches, and reading goes on from the new index's positions. A kill in between leaves either
        index, or none: then Kafka rebuilds it.
        """
        rebuilt = self._folder / REBUILT
        if not rebuilt.exists():
            return False
        with self._writing:
            self._writer.wait_merging_threads()
            del self._writer
            here, old = self._folder / self._inside, self._folder / "replaced"
            shutil.rmtree(old, ignore_errors=True)
            here.rename(old)
            rebuilt.rename(here)
            self._index = _open(here, self._schema)
            assert self._writer is not None
            shutil.rmtree(old, ignore_errors=True)
        log.info("index-replaced", documents=self.size)
        return True

    def search(self, query: Query, *, offset: int, limit: int) -> Results:
        searcher = self._index.searcher()
        if limit <= 0:
            return Results([], self._count(searcher, query))
        found = searcher.search(self._queries.of(query), limit=limit, offset=offset, count=True)
        return Results([_found(searcher.doc(address), score) for score, address in found.hits], _total(found))

    def count(self, query: Query) -> int:
        return self._count(self._index.searcher(), query)

    def get(self, record_id: str) -> Entry | None:
        if not is_uuid(record_id):
            return None
        searcher = self._index.searcher()
        for state in ("open", "retracted"):
            both = tantivy.Query.boolean_query(
                [must(self._queries.term("key", key_of(record_id))), must(self._queries.term("state", state))]
            )
            found: Any = searcher.search(both, limit=1, count=False, order_by_field="changed")
            if found.hits:
                number, address = found.hits[0]
                document = searcher.doc(address)
                payload, version = bytes(document["payload"][0]), int(document["version"][0])
                text = text_of(record_id, document)
                return Entry(record_id, version, state == "open", payload, changed=moment_of(number), text=text)
        return None

    def changes(self, window: Window, *, behind: int | None, limit: int, newest_first: bool) -> Changes:
        listing = ChangeListing(self._index.searcher(), self._schema, self._queries.term)
        return listing.page(window, behind=behind, limit=limit, newest_first=newest_first)

    @property
    def entries(self) -> int:
        """Records in the index, open and retracted."""
        searcher = self._index.searcher()
        states = (
            searcher.search(self._queries.term("state", one), limit=1, count=True) for one in ("open", "retracted")
        )
        return sum(map(_total, states))

    @property
    def size(self) -> int:
        """Documents in the index, retracted ones and the positions included."""
        return int(self._index.searcher().num_docs)

    def _count(self, searcher: tantivy.Searcher, query: Query) -> int:
        return _total(searcher.search(self._queries.of(query), limit=1, count=True))

    def _delete(self, key: bytes) -> None:
        self._writer.delete_documents_by_query(self._queries.term("key", key))

    def _find(self, searcher: tantivy.Searcher, key: bytes) -> tantivy.Document | None:
        found = searcher.search(self._queries.term("key", key), limit=1, count=False)
        return searcher.doc(found.hits[0][1]) if found.hits else None

    def _known(self, keys: list[str]) -> dict[str, Entry]:
        """Versions and texts of those records that the index has: one query for all, since one for each cost more than
        indexing it. Version 0 where the text alone is there."""
        searcher = self._index.searcher()
        if not keys or not searcher.num_docs:
            return {}
        wanted = tantivy.Query.term_set_query(self._schema, "key", list(map(key_of, keys)))
        found = searcher.search(wanted, limit=len(keys), count=False)
        documents = [searcher.doc(address) for _, address in found.hits]
        return {one.record_id: one for one in map(_version_of, documents)}


def _open(folder: Path, schema: tantivy.Schema) -> tantivy.Index:
    folder.mkdir(parents=True, exist_ok=True)
    return tantivy.Index(schema, path=str(folder), reuse=True)


def _found(document: tantivy.Document, score: Any) -> Found:
    text = bytes(document["text"][0]) if document["text"] else b""
    return Found(record_id_of(bytes(document["key"][0])), bytes(document["payload"][0]), float(score), text)


def _version_of(document: tantivy.Document) -> Entry:
    record_id = record_id_of(bytes(document["key"][0]))
    return Entry(record_id, int(document["version"][0]), False, b"", text=text_of(record_id, document))


def _newer(was: Entry | None, told: Text | None) -> Text | None:
    """The text that stands beside an entry. `told`: as it arrived with it, None for one that cannot be read."""
    kept = was.text if was else None
    if told is _UNTOLD:
        return kept
    return told if told is None or kept is None or told.version > kept.version else kept


def _total(found: Any) -> int:
    """The stub of tantivy omits `count`."""
    return int(found.count or 0)
