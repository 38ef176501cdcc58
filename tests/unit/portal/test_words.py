"""Every word a page asks for is there, in both languages."""

import re
from collections import Counter
from pathlib import Path

import pytest

from services.common.domain.open_dump import CSV, JSON_LINES, MANIFEST, RETRACTED, SIGNATURE
from services.portal.domain.texts import load_texts
from services.portal.entrypoints.registers.series import CATEGORIES

_PORTAL = Path(__file__).resolve().parents[3] / "services" / "portal"
_ASKED = re.compile(r"""\bt\(\s*["']([a-z][A-Za-z0-9_.-]+)["'](?!\s*~)""")
_FAMILIES = {
    "batch.state.": range(1, 11),
    "batch.tab.": ("groups", "lines", "held", "letters", "signatures", "acts"),
    "matter.": (2, 3, 4),
    "batches.": ("opening", "text", "rereview", "correction"),
    "batches.nothing.": ("text", "rereview", "correction"),
    "correction.state.": range(1, 4),
    "correction.error.": ("title", "creator", "date", "pages", "reason"),
    "decision.": ("undecided", "open", "defer", "hold"),
    "proposal.": ("open", "defer", "judge"),
    "said.": ("open", "defer", "hold", "undecided", "secrecy", "object", "undo"),
    "letter.state.": range(1, 5),
    "fonds.asked.": range(4),
    "fonds.kind.": ("renamed", "merged", "split", "abolished", "moved", "none"),
    "rule.": ("O1", "O2", "O3", "D1", "D2", "D3"),
    "open-data.file.": (MANIFEST, SIGNATURE, CSV, JSON_LINES, RETRACTED),
    "register.": ("deferred", "due", "overdue", "series", "series_due", "series_overdue"),
    "consents.state.": range(1, 4),
    "series.state.": range(1, 5),
    "series.category.": CATEGORIES,
    "rhythm.every.": (1, 2, 3, 6, 12),
    "keys.": ("j", "k", "a", "d", "x", "s", "p", "z", "help"),
}
"""Keys that pages put together, by what their second half can be."""


def _asked() -> set[str]:
    pages = [*_PORTAL.rglob("*.html"), *_PORTAL.rglob("*.py")]
    return {key for page in pages for key in _ASKED.findall(page.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_word_a_page_asks_for_is_in_the_catalogue(language: str) -> None:
    texts = load_texts(_PORTAL / "locale")[language]
    asked = _asked()
    assert "batch.title" in asked
    put_together = {f"{family}{end}" for family, ends in _FAMILIES.items() for end in ends}
    assert sorted(key for key in asked | put_together if not texts.has(key)) == []


def test_both_languages_have_the_same_words_with_the_same_places_in_them() -> None:
    texts = load_texts(_PORTAL / "locale")
    zh, en = texts["zh"].messages, texts["en"].messages
    assert set(zh) == set(en)
    places = re.compile(r"{(\w+)}")
    assert [key for key in zh if set(places.findall(zh[key])) != set(places.findall(en[key]))] == []


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_every_word_stands_once_in_its_catalogue(language: str) -> None:
    catalogue = (_PORTAL / "locale" / language / "LC_MESSAGES" / "messages.po").read_text(encoding="utf-8")
    keys = re.findall(r'^msgid "(.+)"$', catalogue, re.MULTILINE)
    assert sorted(key for key, times in Counter(keys).items() if times > 1) == []
