"""The rule table: complete, cited, enforced by code that exists, and never changed under an old version."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from services.catalog.domain.rules import DEFERRALS, RULE_VERSION, RULES, RuleSettings, rule_version
from services.catalog.domain.rules.articles import Article, Law, chinese_number
from services.catalog.domain.rules.settings import EarlyClass
from services.catalog.domain.rules.versions import history_file, program_tables, rule_table
from services.catalog.domain.sensitive_words import DEFAULT_WORDS
from services.catalog.domain.suggestions import _PROPOSALS, ReasonCode
from services.catalog.entrypoints.rules_document import document
from services.common.settings import settings_config

ROOT = Path(__file__).parents[3]
DOMAIN_ROWS = "S1 S2 S3 S4 S5 S6 S7 A1 O1 O2 O3 O4 O5 O6 D1 D2 D3 D4 D5 D6 T1 P1 U1 U2 X1 C1"


def test_the_table_has_every_row_once_in_order() -> None:
    assert list(RULES) == DOMAIN_ROWS.split()
    assert sorted(DEFERRALS) == ["D1", "D2", "D3"]


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_row_can_be_read_in_both_languages_and_cites_its_articles(rule: Any) -> None:
    assert rule.zh.endswith("。") and rule.en.endswith(".")
    assert rule.basis or rule.id == "S7", "only the practice about markings that are no grades has no article"
    assert len(rule.basis) == len(set(rule.basis))


def test_articles_of_the_measures_nobody_has_read_are_not_cited() -> None:
    cited = {article.number for rule in RULES.values() for article in rule.basis if article.law is Law.M}
    assert cited <= {2, 7, 8, 9, 12, 13, 14, 15, 17}


@pytest.mark.parametrize("name", sorted({name for rule in RULES.values() for name in rule.enforced_by}))
def test_what_enforces_a_row_exists(name: str) -> None:
    parts = name.split(".")
    module = next(at for at in range(len(parts), 0, -1) if (ROOT / Path(*parts[:at])).with_suffix(".py").is_file())
    found: Any = import_module(".".join(parts[:module]))
    for part in parts[module:]:
        found = getattr(found, part)
    assert callable(found)


def test_the_table_stands_in_the_history_under_its_version() -> None:
    table = rule_table(RuleSettings())
    told = "the rule table changed: give it a new NAME in services/catalog/domain/rules/versions.py, then `make rules`"
    assert history_file(table).is_file(), told
    assert history_file(table).read_bytes() == table.canonical


def test_no_former_table_was_edited_and_no_name_stands_for_two() -> None:
    former = program_tables()
    assert all(history_file(table).is_file() for table in former), "a file's hash is not that of its name"
    assert len({table.name for table in former}) == len(former)


def test_every_table_is_read_back_row_by_row() -> None:
    assert all(table.rules and table.settings for table in program_tables())
    rows = rule_table(RuleSettings()).rules
    assert [row.document() for row in rows] == [rule.document() for rule in RULES.values()]


def test_the_page_is_generated_from_the_code() -> None:
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert written == document(), "`make rules` writes docs/rules.md"


@pytest.mark.parametrize(
    "settings",
    [
        RuleSettings(re_evaluation_years=5),
        RuleSettings(separate_confirmer=False),
        RuleSettings(aggregation_sample=50),
        RuleSettings(early_classes=(EarlyClass("economy", ("经济",)),)),
    ],
)
def test_each_setting_is_part_of_the_version(settings: RuleSettings) -> None:
    assert rule_version(settings) != RULE_VERSION


@pytest.mark.parametrize(
    "wrong",
    [
        {"re_evaluation_years": 0},
        {"re_evaluation_years": 26},
        {"aggregation_sample": 0},
        {"early_classes": (EarlyClass("economy", ()),)},
        {"early_classes": (EarlyClass("economy", ("",)),)},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        RuleSettings(**wrong)


class _Settings(BaseSettings):
    model_config = settings_config("TONGDANG_CATALOG__")
    rules: RuleSettings = RuleSettings()


def test_settings_come_from_the_environment_one_by_one_or_as_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGDANG_CATALOG__RULES", '{"early_classes": [{"name": "economy", "words": ["经济"]}]}')
    monkeypatch.setenv("TONGDANG_CATALOG__RULES__RE_EVALUATION_YEARS", "5")
    assert _Settings().rules == RuleSettings(re_evaluation_years=5, early_classes=(EarlyClass("economy", ("经济",)),))
    monkeypatch.setenv("TONGDANG_CATALOG__RULES__RE_EVALUATION_YEARS", "0")
    with pytest.raises(ValidationError):
        _Settings()


def test_words_hint_at_grounds_and_reasons_at_rows() -> None:
    assert {one.ground for one in DEFAULT_WORDS} <= DEFERRALS
    assert len({one.word for one in DEFAULT_WORDS}) == len(DEFAULT_WORDS)
    assert set(_PROPOSALS) == set(ReasonCode)


@pytest.mark.parametrize(
    ("article", "short", "zh"),
    [
        (Article(Law.L, 27), "L27", "《档案法》第二十七条"),
        (Article(Law.M, 8, 2), "M8(2)", "《国家档案馆档案开放办法》第八条第（二）项"),
        (Article(Law.SECRECY_LAW, 31, 3), "Secrecy Law 31(3)", "《保守国家秘密法》第三十一条第（三）项"),
    ],
)
def test_an_article_is_cited_short_and_in_full(article: Article, short: str, zh: str) -> None:
    assert (article.short, article.zh) == (short, zh)


@given(st.integers(1, 99))
def test_chinese_numbers_are_read_back(number: int) -> None:
    digits = {one: value for value, one in enumerate("〇一二三四五六七八九")}
    head, ten, last = chinese_number(number).partition("十")
    tens = (digits[head] if head else 1) if ten else 0
    assert tens * 10 + (digits[last] if ten and last else 0 if ten else digits[head]) == number
