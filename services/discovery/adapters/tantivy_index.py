"""The union index on tantivy. Offsets live in the index itself, so result and position commit together."""

import json
import re
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
)
from services.discovery.application.ports import Changes, Entry, Found, Positions, Results
from services.discovery.domain.changes import Window, moment_of
from services.discovery.domain.query import Query
from services.discovery.domain.text import is_han, query_tokens, syllable_pairs

log = structlog.get_logger()

BUILDING, REBUILT = "building", "rebuilt"
"""Folders of an index that is being built beside the one in use, and of one that is ready to take its place."""
_MIN_YEAR, _MAX_YEAR = 0, 9999


class TantivyIndex:
    """`UnionIndex` in a folder. One writer; readers see a commit as soon as it is made."""

    def __init__(self, folder: Path, *, inside: str = f"v{FORMAT}") -> None:
        """`inside`: this format's folder within `folder`; another format is left alone, since Kafka rebuilds it."""
        self._schema = schema()
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

    def apply(self, entries: Sequence[Entry], hidden: Sequence[str], positions: Positions) -> None:
        with self._writing:
            try:
                self._add(entries, hidden, positions)
                self._writer.commit()
            except ValueError:  # half a batch must not leave with the commit of its repetition
                self._writer.rollback()
                raise
            self._index.reload()

    def _add(self, entries: Sequence[Entry], hidden: Sequence[str], positions: Positions) -> None:
        versions = self._versions([entry.record_id for entry in entries])
        for entry in entries:
            known = versions.get(entry.record_id)
            if known is None or entry.version > known:
                if known is not None:
                    self._delete(key_of(entry.record_id))
                self._writer.add_document(document_of(entry))
        for key in filter(is_uuid, hidden):
            self._delete(key_of(key))
        merged = {**self.positions(), **positions}
        self._delete(POSITIONS_KEY)
        self._writer.add_document(positions_document(merged))

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
        found = searcher.search(self._query(query), limit=limit, offset=offset, count=True)
        return Results([_found(searcher.doc(address), score) for score, address in found.hits], _total(found))

    def count(self, query: Query) -> int:
        return self._count(self._index.searcher(), query)

    def get(self, record_id: str) -> Entry | None:
        if not is_uuid(record_id):
            return None
        searcher = self._index.searcher()
        for state in ("open", "retracted"):
            both = tantivy.Query.boolean_query(
                [_must(self._term("key", key_of(record_id))), _must(self._term("state", state))]
            )
            found: Any = searcher.search(both, limit=1, count=False, order_by_field="changed")
            if found.hits:
                number, address = found.hits[0]
                document = searcher.doc(address)
                payload, version = bytes(document["payload"][0]), int(document["version"][0])
                return Entry(record_id, version, state == "open", payload, changed=moment_of(number))
        return None

    def changes(self, window: Window, *, behind: int | None, limit: int, newest_first: bool) -> Changes:
        listing = ChangeListing(self._index.searcher(), self._schema, self._term)
        return listing.page(window, behind=behind, limit=limit, newest_first=newest_first)

    @property
    def entries(self) -> int:
        """Records in the index, open and retracted."""
        return self.size - (1 if self.positions() else 0)

    @property
    def size(self) -> int:
        """Documents in the index, retracted ones and the positions included."""
        return int(self._index.searcher().num_docs)

    def _count(self, searcher: tantivy.Searcher, query: Query) -> int:
        return _total(searcher.search(self._query(query), limit=1, count=True))

    def _delete(self, key: bytes) -> None:
        self._writer.delete_documents_by_query(self._term("key", key))

    def _find(self, searcher: tantivy.Searcher, key: bytes) -> tantivy.Document | None:
        found = searcher.search(self._term("key", key), limit=1, count=False)
        return searcher.doc(found.hits[0][1]) if found.hits else None

    def _versions(self, keys: list[str]) -> dict[str, int]:
        """Of those records that the index has: one query for all, since one for each cost more than indexing it."""
        searcher = self._index.searcher()
        if not keys or not searcher.num_docs:
            return {}
        wanted = tantivy.Query.term_set_query(self._schema, "key", list(map(key_of, keys)))
        found = searcher.search(wanted, limit=len(keys), count=False)
        documents = [searcher.doc(address) for _, address in found.hits]
        return {record_id_of(bytes(document["key"][0])): int(document["version"][0]) for document in documents}

    def _term(self, field: str, value: str | bytes) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value, "basic")

    def _query(self, query: Query) -> tantivy.Query:
        """Of a retracted record the index holds nothing that a text or a filter could find."""
        parts = []
        if query.text:
            parts.append(_must(tantivy.Query.disjunction_max_query(self._readings_of(query))))
        filters = query.filters
        if filters.region_id:
            parts.append(_filter(self._term("region", filters.region_id)))
        if filters.archive_id:
            parts.append(_filter(self._term("archive", filters.archive_id)))
        if filters.year_from:
            parts.append(_filter(self._years("last_year", filters.year_from, _MAX_YEAR)))
        if filters.year_to:
            parts.append(_filter(self._years("first_year", _MIN_YEAR, filters.year_to)))
        return tantivy.Query.boolean_query(parts or [_filter(self._term("state", "open"))])

    def _readings_of(self, query: Query) -> list[tantivy.Query]:
        """The ways a query may be meant: words of title or creator, the reading, or a reference code."""
        ways = [tantivy.Query.boost_query(self._term("code", query.text.lower()), 10.0)]
        if query.runs:
            ways.append(tantivy.Query.boolean_query([_must(self._run(run)) for run in query.runs]))
        if query.syllables:
            ways.append(self._reading(query.syllables))
        return ways

    def _reading(self, syllables: Sequence[str]) -> tantivy.Query:
        if len(syllables) == 1:
            return tantivy.Query.regex_query(self._schema, "reading", f"{re.escape(syllables[0])}('.*)?")
        return self._phrase("reading", syllable_pairs(syllables))

    def _run(self, run: str) -> tantivy.Query:
        if not is_han(run):
            return tantivy.Query.term_query(self._schema, "words", run)
        if len(run) == 1:
            return tantivy.Query.regex_query(self._schema, "words", f"{re.escape(run)}.?")
        return self._phrase("words", query_tokens(run))

    def _phrase(self, field: str, tokens: list[str]) -> tantivy.Query:
        if len(tokens) == 1:
            return tantivy.Query.term_query(self._schema, field, tokens[0])
        return tantivy.Query.phrase_query(self._schema, field, list(tokens))

    def _years(self, field: str, low: int, high: int) -> tantivy.Query:
        return tantivy.Query.range_query(self._schema, field, tantivy.FieldType.Integer, low, high)


def _open(folder: Path, schema: tantivy.Schema) -> tantivy.Index:
    folder.mkdir(parents=True, exist_ok=True)
    return tantivy.Index(schema, path=str(folder), reuse=True)


def _found(document: tantivy.Document, score: Any) -> Found:
    return Found(record_id_of(bytes(document["key"][0])), bytes(document["payload"][0]), float(score))


def _total(found: Any) -> int:
    """The stub of tantivy omits `count`."""
    return int(found.count or 0)


def _must(query: tantivy.Query) -> tuple[tantivy.Occur, tantivy.Query]:
    return tantivy.Occur.Must, query


def _filter(query: tantivy.Query) -> tuple[tantivy.Occur, tantivy.Query]:
    """Narrows without weighing."""
    return tantivy.Occur.Must, tantivy.Query.const_score_query(query, 0.0)
