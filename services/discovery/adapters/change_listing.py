"""Reads the index in the order of changes, page by page, by a fast field."""

from collections.abc import Callable, Sequence
from typing import Any

import tantivy

from services.discovery.adapters.index_documents import record_id_of
from services.discovery.application.ports import Changed, Changes
from services.discovery.domain.changes import Window, is_retraction, moment_of
from tongdang.catalog.v1 import record_pb2

_READ_AT_ONCE = 200


class ChangeListing:
    """Over one state of the index. `term`: a query for a field's value."""

    def __init__(
        self, searcher: tantivy.Searcher, schema: tantivy.Schema, term: Callable[[str, str], tantivy.Query]
    ) -> None:
        self._searcher = searcher
        self._schema = schema
        self._term = term

    def page(self, window: Window, *, behind: int | None, limit: int, newest_first: bool) -> Changes:
        """As many changes as asked for, and those that share the last one's number."""
        low, high = window.numbers
        found: list[Changed] = []
        last = behind
        while True:
            if last is not None:
                low, high = (low, last - 1) if newest_first else (last + 1, high)
            rows, more = self._rows(window, low, high, newest_first)
            for number, document in rows:
                if len(found) >= limit and number != last:
                    return Changes(found, last)
                last = number
                changed = _changed(number, document)
                if _within(changed, window):
                    found.append(changed)
            if not more:
                return Changes(found, None)

    def _rows(
        self, window: Window, low: int, high: int, newest_first: bool
    ) -> tuple[Sequence[tuple[int, tantivy.Document]], bool]:
        """Whole groups of one number, and whether there are more."""
        if low > high:
            return [], False
        order = tantivy.Order.Desc if newest_first else tantivy.Order.Asc
        wanted = self._query(window, low, high)
        hits = self._searcher.search(wanted, limit=_READ_AT_ONCE, count=False, order_by_field="changed", order=order)
        rows: list[tuple[Any, Any]] = list(hits.hits)
        more = len(rows) == _READ_AT_ONCE
        if more:
            rows = [row for row in rows if row[0] != rows[-1][0]] or rows
        return [(int(number), self._searcher.doc(address)) for number, address in rows], more

    def _query(self, window: Window, low: int, high: int) -> tantivy.Query:
        """Of a retracted record the index holds neither region nor archive, so that no search finds it."""
        unsigned = tantivy.FieldType.Unsigned
        parts = [(tantivy.Occur.Must, tantivy.Query.range_query(self._schema, "changed", unsigned, low, high))]
        field, value = ("archive", window.archive_id) if window.archive_id else ("region", window.region_id)
        if value:
            either = [self._term(field, value), self._term("state", "retracted")]
            parts.append((tantivy.Occur.Must, tantivy.Query.boolean_query([(tantivy.Occur.Should, q) for q in either])))
        return tantivy.Query.boolean_query(parts)


def _changed(number: int, document: tantivy.Document) -> Changed:
    record_id, payload = record_id_of(bytes(document["key"][0])), bytes(document["payload"][0])
    return Changed(record_id, not is_retraction(number), payload, moment_of(number))


def _within(changed: Changed, window: Window) -> bool:
    """Open ones are found by their fields; a retraction says in its payload where it belongs."""
    if changed.open or not (window.region_id or window.archive_id):
        return True
    retraction = record_pb2.Retraction.FromString(changed.payload)
    return window.archive_id in ("", retraction.archive_id) and window.region_id in ("", retraction.region_id)
