"""Searching the union index."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.common.domain.errors import InvalidPageToken, NotFound
from services.common.domain.paging import decode_token, encode_token, page_size
from services.discovery.application.ports import Entry, Found, UnionIndex
from services.discovery.domain.query import MAX_WINDOW, Filters, parse_query


@dataclass(frozen=True)
class SearchPage:
    """One page of hits; with none, `hints` says which dropped filter would find how many. `runs`: of the query."""

    hits: Sequence[Found]
    total: int
    total_is_approximate: bool
    next_token: str
    hints: Sequence[tuple[str, int]]
    forms_tried: Sequence[str]
    runs: Sequence[str]


def search(text: str, filters: Filters, *, size: int, token: str, index: UnionIndex) -> SearchPage:
    """Finds open entries by words in either script or by pinyin.

    The page token holds the place in the ranked list, at most 1,000 deep: ranks have no key to continue from.
    Raises: InvalidArgument, InvalidPageToken.
    """
    query = parse_query(text, filters)
    limit = page_size(size)
    bound = {"query": query.text, **vars(filters)}
    offset = _offset(decode_token(bound, token))
    results = index.search(query, offset=offset, limit=min(limit, MAX_WINDOW - offset))
    end = offset + len(results.hits)
    more = results.hits and end < min(results.total, MAX_WINDOW)
    return SearchPage(
        hits=results.hits,
        total=results.total,
        total_is_approximate=results.total > MAX_WINDOW,
        next_token=encode_token(bound, [end]) if more else "",
        hints=[] if results.total else _hints(text, filters, index),
        forms_tried=query.forms,
        runs=query.runs,
    )


def get_entry(record_id: str, *, index: UnionIndex) -> Entry:
    """One record's published state, open or retracted.

    Raises: NotFound: never published.
    """
    entry = index.get(record_id)
    if entry is None:
        raise NotFound("record")
    return entry


def get_text(record_id: str, *, index: UnionIndex) -> Entry:
    """An open entry whose text is public.

    Raises: NotFound.
    """
    entry = index.get(record_id)
    if entry is None or not entry.has_text:
        raise NotFound("text")
    return entry


def _offset(keys: list[str | int] | None) -> int:
    if keys is None:
        return 0
    if len(keys) != 1 or not isinstance(keys[0], int) or not 0 <= keys[0] < MAX_WINDOW:
        raise InvalidPageToken
    return keys[0]


def _hints(text: str, filters: Filters, index: UnionIndex) -> list[tuple[str, int]]:
    counted = [(field, index.count(parse_query(text, fewer))) for field, fewer in filters.each_dropped()]
    return [(field, total) for field, total in counted if total]
