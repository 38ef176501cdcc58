"""What the rules and suggestions can say has words in both languages."""

from dataclasses import fields
from pathlib import Path

import pytest

from services.catalog.domain.personal_data import Kind
from services.catalog.domain.rules import DEFERRALS, Effect, RuleSettings
from services.catalog.domain.rules.settings import EARLY_CLASSES
from services.catalog.domain.suggestions import ReasonCode
from services.catalog.domain.word_list import WordInUse, WordListFull, WordNotInUse
from services.portal.domain.texts import LANGUAGES, load_texts

TEXTS = load_texts(Path(__file__).parents[3] / "services" / "portal" / "locale")
KEYS = [
    *(f"effect.{effect}" for effect in Effect),
    *(f"reason.{code}" for code in ReasonCode),
    *(f"personal.{kind}" for kind in Kind),
    *(f"setting.{field.name}" for field in fields(RuleSettings)),
    *(f"class.{one.name}" for one in EARLY_CLASSES),
    *(f"rule.{rule}" for rule in sorted(DEFERRALS)),
    *(f"error.{error.code}" for error in (WordInUse, WordNotInUse, WordListFull)),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_it_has_words(language: str, key: str) -> None:
    assert TEXTS[language].has(key)
