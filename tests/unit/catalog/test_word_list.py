"""An archive's sensitive words: what may be added and retired, and what is in use afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.catalog.domain.personal_data import personal_data
from services.catalog.domain.sensitive_words import DEFAULT_WORDS, Vocabulary
from services.catalog.domain.word_list import WordChange, WordInUse, WordList, WordListFull, WordNotInUse, clean_word
from services.common.domain.errors import InvalidArgument

NOW = datetime(2026, 11, 27, tzinfo=UTC)
DIRECTOR = "d" * 32


def added(current: WordList, word: str, ground: str = "D1", reason: str = "本馆常见") -> WordChange:
    return current.added(clean_word(word), ground, at=NOW, by=DIRECTOR, reason=reason)


def retired(current: WordList, word: str, reason: str = "误报过多") -> WordChange:
    return current.retired(clean_word(word), at=NOW, by=DIRECTOR, reason=reason)


def test_a_list_that_nobody_changed_is_the_default_one() -> None:
    assert WordList.of([]).vocabulary.version == Vocabulary().version


def test_an_added_word_is_found_and_a_retired_one_is_not() -> None:
    first = added(WordList.of([]), "界碑")
    second = retired(WordList.of([first]), "宗教")
    both = WordList.of([first, second])
    assert [word.word for word, _, _ in both.vocabulary.find("关于宗教和界碑的报告")] == ["界碑"]
    kept = both.word("宗教")
    assert kept is not None and (kept.in_use, kept.is_default, kept.change) == (False, True, second)


def test_a_retired_word_comes_back_and_the_version_of_the_words_with_it() -> None:
    away = retired(WordList.of([]), "宗教")
    back = added(WordList.of([away]), "宗教")
    assert WordList.of([away]).vocabulary.version != Vocabulary().version
    assert WordList.of([away, back]).vocabulary.version == Vocabulary().version


def test_a_word_can_get_another_ground_but_not_the_same_twice() -> None:
    current = WordList.of([added(WordList.of([]), "宗教", "D3")])
    assert {word.ground for word, _, _ in current.vocabulary.find("宗教")} == {"D3"}
    with pytest.raises(WordInUse):
        added(current, "宗教", "D3")


@pytest.mark.parametrize(
    "word", ["界", "", " ", "界" * 21, "13812345678", "界碑1", "界 碑", "界。碑", "a@b", "１２３４"]
)
def test_what_is_no_word_is_refused(word: str) -> None:
    with pytest.raises(InvalidArgument):
        added(WordList.of([]), word)


@pytest.mark.parametrize("wrong", [{"ground": "S1"}, {"ground": ""}, {"reason": " "}, {"reason": "因" * 201}])
def test_a_word_needs_a_ground_of_the_law_and_a_reason(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        added(WordList.of([]), "界碑", **wrong)


@pytest.mark.parametrize("word", ["界碑", ""])
def test_only_a_word_in_use_can_be_retired(word: str) -> None:
    with pytest.raises(WordNotInUse):
        retired(WordList.of([]), word)
    with pytest.raises(WordNotInUse):
        retired(WordList.of([retired(WordList.of([]), "宗教")]), "宗教")


def test_a_list_has_an_end() -> None:
    letters = [chr(0x4E00 + number) for number in range(1_000)]
    changes = [WordChange(f"甲{one}", "D1", True, NOW, DIRECTOR, "多") for one in letters[: 1_000 - len(DEFAULT_WORDS)]]
    with pytest.raises(WordListFull):
        added(WordList.of(changes), "界碑")


@given(st.text(max_size=22))
@example("A²")
def test_no_personal_data_by_shape_can_be_kept_as_a_word(text: str) -> None:
    try:
        word = added(WordList.of([]), text).word
    except (InvalidArgument, WordInUse):
        return
    assert not personal_data(word) and not any(one.isdigit() for one in word)
