"""A suggestion in words: its rule, each reason with its arithmetic, and where in the title it looked."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.portal.domain.texts import Texts

TERM_YEARS = 25
"""Archives Law 27."""
_NAMED = {"kind": "personal", "class": "class", "series": "series"}
"""Facts that are codes, and where their words stand."""


@dataclass(frozen=True)
class Advice:
    """`reasons`: sentences, the weightiest first; `kinds`: their codes, each once.

    `marks`, `text_marks`: code points of title and text they speak of, in order.
    """

    proposal: str
    rule: str
    reasons: tuple[str, ...]
    kinds: tuple[str, ...]
    marks: tuple[tuple[int, int], ...]
    text_marks: tuple[tuple[int, int], ...]


def advice(document: str, t: Texts) -> Advice:
    """In one language.

    Args: document: JSON {proposal, rule, reasons: [{code, rule, facts}], …} as the catalogue stores it; empty for none.
    """
    stored: dict[str, Any] = json.loads(document) if document else {"proposal": "judge", "rule": "", "reasons": []}
    return Advice(
        stored["proposal"],
        stored["rule"],
        tuple(_sentence(one, t) for one in stored["reasons"]),
        tuple(dict.fromkeys(str(one["code"]) for one in stored["reasons"])),
        tuple(sorted(_marks(stored["reasons"], "title"))),
        tuple(sorted(_marks(stored["reasons"], "text"))),
    )


def pieces(text: str, marks: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, bool]]:
    """The text cut at its marks: what stands there, and whether it is marked. Marks may overlap."""
    at = 0
    for start, end in marks:
        start = max(start, at)
        if start >= min(end, len(text)):
            continue
        if start > at:
            yield text[at:start], False
        yield text[start:end], True
        at = min(end, len(text))
    if at < len(text):
        yield text[at:], False


def _sentence(reason: Mapping[str, Any], t: Texts) -> str:
    key = f"reason.{reason['code']}"
    if not t.has(key):
        return str(reason["code"])
    return t(key, **_values(reason["facts"], t))


def _values(facts: Mapping[str, Any], t: Texts) -> dict[str, str]:
    """The facts in words: kinds, classes, fields and places have names; a term has its sum."""
    values = {name: str(value) for name, value in facts.items()}
    for name, family in _NAMED.items():
        if name in values and t.has(f"{family}.{values[name]}"):
            values[name] = t(f"{family}.{values[name]}")
    if "field" in values:
        values["where"] = _where(facts, t)
    if "eligible_on" in values:
        values["sum"] = _sum(values, t)
    return values


def _where(facts: Mapping[str, Any], t: Texts) -> str:
    field, _, heading = str(facts["field"]).partition(".")
    return t(f"where.{field}", heading=heading, start=int(facts["start"]) + 1, end=int(facts["end"]))


def _sum(values: Mapping[str, str], t: Texts) -> str:
    """1998-06-15 + 25 年 + 1 日 → 2023-06-16; an inexact date says which day was taken for it (DOMAIN §2)."""
    day = t("term.day" if values["precision"] == "day" else "term.latest", latest=values["latest"])
    return t("term.sum", day=day, years=TERM_YEARS, eligible=values["eligible_on"])


def _marks(reasons: list[Mapping[str, Any]], field: str) -> Iterator[tuple[int, int]]:
    for reason in reasons:
        facts = reason["facts"]
        if facts.get("field") == field:
            yield int(facts["start"]), int(facts["end"])
