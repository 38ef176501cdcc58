"""What the opening review suggests for a record, with every reason; a person decides (issue: never a decision).

Pure and repeatable: the same fields, day, words and settings give the same suggestion. Personal data and the words
around them are not copied: a reason says of what kind, in which field and where.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, islice
from typing import Any, Self

from services.catalog.domain.classification import CONTROLLED_MARKINGS, NO_MARKING, is_graded_classification
from services.catalog.domain.intake_rules import is_out_of_scope, personal_series
from services.catalog.domain.personal_data import personal_data
from services.catalog.domain.rules.settings import EarlyClass, RuleSettings
from services.catalog.domain.sensitive_words import Vocabulary

MAX_PLACES = 50
"""Of personal data and words no more are told: a column that repeats one for pages must not swell what is stored."""

DISCLOSED, WITHHELD = "主动公开", "不予公开"
"""公开属性 that speak for opening early, or against opening without a person's look (Regulations 30)."""

_MARKINGS = {**CONTROLLED_MARKINGS, "解密": "S3", "已解密": "S3"}
"""Markings that a person judges → row; what calls itself declassified needs the act that did it."""


class Proposal(StrEnum):
    """`judge`: the machine proposes nothing, a person looks first."""

    OPEN = "open"
    DEFER = "defer"
    JUDGE = "judge"


class ReasonCode(StrEnum):
    """Why; worded by the portal under `reason.<code>`."""

    GRADED = "graded"
    MARKED = "marked"
    OUT_OF_SCOPE = "out-of-scope"
    PERSONAL_SERIES = "personal-series"
    PERSONAL_DATA = "personal-data"
    SENSITIVE_WORD = "sensitive-word"
    WITHHELD = "withheld"
    DATE_UNKNOWN = "date-unknown"
    TERM_NOT_REACHED = "term-not-reached"
    EARLY_CLASS = "early-class"
    DISCLOSED = "disclosed"
    DATE_ATTESTED = "date-attested"
    TERM_REACHED = "term-reached"
    TEXT_CLEAR = "text-clear"


Fact = str | int


@dataclass(frozen=True, slots=True)
class Reason:
    """`rule`: row of the table. `facts`: a few plain values, such as a day, a class, a field and a place in it."""

    code: ReasonCode
    rule: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`rule`: the row the proposal rests on. `reasons`: all of them, the weightiest first.

    `vocabulary`: version of the words applied.
    """

    proposal: Proposal
    rule: str
    reasons: tuple[Reason, ...]
    vocabulary: str

    def document(self) -> dict[str, Any]:
        """As stored."""
        return {
            "proposal": self.proposal.value,
            "rule": self.rule,
            "reasons": [{"code": one.code.value, "rule": one.rule, "facts": dict(one.facts)} for one in self.reasons],
            "vocabulary": self.vocabulary,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """From what `document` gave."""
        reasons = tuple(Reason(ReasonCode(one["code"]), one["rule"], one["facts"]) for one in document["reasons"])
        return cls(Proposal(document["proposal"]), document["rule"], reasons, document["vocabulary"])


_PROPOSALS: dict[ReasonCode, Proposal | None] = {
    ReasonCode.GRADED: Proposal.JUDGE,
    ReasonCode.MARKED: Proposal.JUDGE,
    ReasonCode.OUT_OF_SCOPE: Proposal.JUDGE,
    ReasonCode.PERSONAL_SERIES: Proposal.DEFER,
    ReasonCode.PERSONAL_DATA: Proposal.DEFER,
    ReasonCode.SENSITIVE_WORD: Proposal.JUDGE,
    ReasonCode.WITHHELD: Proposal.JUDGE,
    ReasonCode.DATE_UNKNOWN: Proposal.JUDGE,
    ReasonCode.DISCLOSED: Proposal.OPEN,
    ReasonCode.EARLY_CLASS: Proposal.JUDGE,
    ReasonCode.TERM_NOT_REACHED: Proposal.JUDGE,
    ReasonCode.TERM_REACHED: Proposal.OPEN,
    ReasonCode.TEXT_CLEAR: Proposal.OPEN,
    ReasonCode.DATE_ATTESTED: None,
}
"""What each reason by itself proposes, the weightiest first: the first one present decides. None: only remarks."""
_WEIGHT = {code: place for place, code in enumerate(_PROPOSALS)}


def suggest(fields: Mapping[str, Any], *, on: date, vocabulary: Vocabulary, settings: RuleSettings) -> Suggestion:
    """What may be proposed for a record (fields as stored in `records`) on a legal day."""
    found = [
        *_marks(fields),
        *islice(_contents(fields, vocabulary), MAX_PLACES),
        *_terms(fields, on, settings),
    ]
    return _suggestion(found, vocabulary)


def suggest_text(fields: Mapping[str, Any], text: str, *, vocabulary: Vocabulary) -> Suggestion:
    """What may be proposed for the text of an open record (rule P1). `fields`: the record's, as stored in `records`.

    Places are told in the text, as code points of it; nothing of it is copied.
    """
    found = [*islice(_in_text(text, vocabulary), MAX_PLACES)]
    if fields["disclosure"] == WITHHELD:
        found.append(Reason(ReasonCode.WITHHELD, "P1", {"disclosure": WITHHELD}))
    return _suggestion(found or [Reason(ReasonCode.TEXT_CLEAR, "P1", {})], vocabulary)


def _suggestion(found: Sequence[Reason], vocabulary: Vocabulary) -> Suggestion:
    reasons = tuple(sorted(found, key=lambda reason: _WEIGHT[reason.code]))
    first = reasons[0]
    proposal = _PROPOSALS[first.code]
    assert proposal is not None, "a term is reached, not reached or unknown: each proposes something"
    return Suggestion(proposal, first.rule, reasons, vocabulary.version)


def _marks(fields: Mapping[str, Any]) -> Iterator[Reason]:
    """What the record's own entries say: grade, marking, creator, series, disclosure."""
    marking = fields["security_classification"]
    if marking in _MARKINGS:
        yield Reason(ReasonCode.MARKED, _MARKINGS[marking], {"marking": marking})
    elif is_graded_classification(marking):
        yield Reason(ReasonCode.GRADED, "S1", {})
    elif marking not in NO_MARKING:
        yield Reason(ReasonCode.MARKED, "S7", {"marking": "?"})
    if is_out_of_scope(fields["creator"]):
        yield Reason(ReasonCode.OUT_OF_SCOPE, "A1", {})
    series = personal_series(fields["title"])
    if series:
        yield Reason(ReasonCode.PERSONAL_SERIES, "D6", {"series": series})
    if fields["disclosure"] == WITHHELD:
        yield Reason(ReasonCode.WITHHELD, "O3", {"disclosure": WITHHELD})


def _contents(fields: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[Reason]:
    """Personal data and sensitive words in title, creator and the columns outside the standard.

    All of them are read as one text, which costs a third of reading each; no shape and no word holds a line break.
    """
    other: Mapping[str, str] = fields["other"]
    texts = (fields["title"], fields["creator"], *other, *other.values())
    whole = "\n".join(texts)
    for datum in personal_data(whole):
        place = _place(fields, texts, datum.start, datum.end)
        yield Reason(ReasonCode.PERSONAL_DATA, "D2", {"kind": datum.kind.value, **place})
    for word, start, end in vocabulary.find(whole):
        place = _place(fields, texts, start, end)
        yield Reason(ReasonCode.SENSITIVE_WORD, word.ground, {"word": word.word, **place})


def _in_text(text: str, vocabulary: Vocabulary) -> Iterator[Reason]:
    """Personal data and sensitive words of a whole text."""
    for datum in personal_data(text):
        place: dict[str, Fact] = {"field": "text", "start": datum.start, "end": datum.end}
        yield Reason(ReasonCode.PERSONAL_DATA, "D2", {"kind": datum.kind.value, **place})
    for word, start, end in vocabulary.find(text):
        yield Reason(
            ReasonCode.SENSITIVE_WORD, word.ground, {"word": word.word, "field": "text", "start": start, "end": end}
        )


def _place(fields: Mapping[str, Any], texts: Sequence[str], start: int, end: int) -> dict[str, Fact]:
    """The field that holds a place of the whole text, and the place in it."""
    begins = [0, *accumulate(len(text) + 1 for text in texts[:-1])]
    which = bisect_right(begins, start) - 1
    names = ("title", "creator", *("other" for _ in fields["other"]), *map(_name, fields["other"]))
    return {"field": names[which], "start": start - begins[which], "end": end - begins[which]}


def _name(heading: str) -> str:
    """A heading is the file's: one that may itself be personal data is not repeated."""
    return f"other.{heading}" if _TELLABLE.match(heading) else "other"


_TELLABLE = re.compile(r"[^\d@＠A-Za-zＡ-Ｚａ-ｚ]*\Z")


def _terms(fields: Mapping[str, Any], on: date, settings: RuleSettings) -> Iterator[Reason]:
    """Where the record stands on its way to the day it may open (O1), and what may open it before (O2, O3)."""
    stated = fields["date"]
    if stated["attested"]:
        yield Reason(ReasonCode.DATE_ATTESTED, "O1", {})
    eligible = fields["eligible_on"]
    if eligible is None:
        yield Reason(ReasonCode.DATE_UNKNOWN, "O1", {})
    else:
        code = ReasonCode.TERM_REACHED if date.fromisoformat(eligible) <= on else ReasonCode.TERM_NOT_REACHED
        yield Reason(
            code, "O1", {"eligible_on": eligible, "latest": stated["latest"], "precision": stated["precision"]}
        )
        if code is ReasonCode.TERM_REACHED:
            return
    if fields["disclosure"] == DISCLOSED:
        yield Reason(ReasonCode.DISCLOSED, "O3", {"disclosure": DISCLOSED})
    for name, pattern in _early_patterns(settings.early_classes):
        word = pattern.search(fields["title"])
        if word:
            yield Reason(ReasonCode.EARLY_CLASS, "O2", {"class": name, "word": word.group()})


@lru_cache(maxsize=8)
def _early_patterns(classes: tuple[EarlyClass, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((one.name, re.compile("|".join(map(re.escape, one.words)))) for one in classes)
