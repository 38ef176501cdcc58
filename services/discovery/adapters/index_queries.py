"""A reader's query as the index asks it: the ways its words may be meant, narrowed by its filters."""

import re
from collections.abc import Sequence

import tantivy

from services.discovery.domain.query import Query
from services.discovery.domain.text import is_han, query_tokens, syllable_pairs

_TEXT_WEIGHT = 0.2
"""A word of the text weighs less than one of the title."""
_MIN_YEAR, _MAX_YEAR = 0, 9999


class IndexQueries:
    """Over one schema."""

    def __init__(self, schema: tantivy.Schema) -> None:
        self._schema = schema

    def term(self, field: str, value: str | bytes) -> tantivy.Query:
        """A field's value."""
        return tantivy.Query.term_query(self._schema, field, value, "basic")

    def of(self, query: Query) -> tantivy.Query:
        """Of a retracted record the index holds nothing that a text or a filter could find."""
        parts = []
        if query.text:
            parts.append(must(tantivy.Query.disjunction_max_query(self._readings_of(query))))
        filters = query.filters
        if filters.region_id:
            parts.append(_filter(self.term("region", filters.region_id)))
        if filters.archive_id:
            parts.append(_filter(self.term("archive", filters.archive_id)))
        if filters.year_from:
            parts.append(_filter(self._years("last_year", filters.year_from, _MAX_YEAR)))
        if filters.year_to:
            parts.append(_filter(self._years("first_year", _MIN_YEAR, filters.year_to)))
        return tantivy.Query.boolean_query(parts or [_filter(self.term("state", "open"))])

    def _readings_of(self, query: Query) -> list[tantivy.Query]:
        """The ways a query may be meant: words of title or creator, words of the text, the reading, or a code."""
        ways = [tantivy.Query.boost_query(self.term("code", query.text.lower()), 10.0)]
        if query.runs:
            ways.append(tantivy.Query.boolean_query([must(self._run("words", run)) for run in query.runs]))
            in_text = tantivy.Query.boolean_query([must(self._run("text_words", run)) for run in query.runs])
            ways.append(tantivy.Query.boost_query(in_text, _TEXT_WEIGHT))
        if query.syllables:
            ways.append(self._reading(query.syllables))
        return ways

    def _reading(self, syllables: Sequence[str]) -> tantivy.Query:
        if len(syllables) == 1:
            return tantivy.Query.regex_query(self._schema, "reading", f"{re.escape(syllables[0])}('.*)?")
        return self._phrase("reading", syllable_pairs(syllables))

    def _run(self, field: str, run: str) -> tantivy.Query:
        if not is_han(run):
            return tantivy.Query.term_query(self._schema, field, run)
        if len(run) == 1:
            return tantivy.Query.regex_query(self._schema, field, f"{re.escape(run)}.?")
        return self._phrase(field, query_tokens(run))

    def _phrase(self, field: str, tokens: list[str]) -> tantivy.Query:
        if len(tokens) == 1:
            return tantivy.Query.term_query(self._schema, field, tokens[0])
        return tantivy.Query.phrase_query(self._schema, field, list(tokens))

    def _years(self, field: str, low: int, high: int) -> tantivy.Query:
        return tantivy.Query.range_query(self._schema, field, tantivy.FieldType.Integer, low, high)


def must(query: tantivy.Query) -> tuple[tantivy.Occur, tantivy.Query]:
    """A clause that has to match."""
    return tantivy.Occur.Must, query


def _filter(query: tantivy.Query) -> tuple[tantivy.Occur, tantivy.Query]:
    """Narrows without weighing."""
    return tantivy.Occur.Must, tantivy.Query.const_score_query(query, 0.0)
