"""The fast reading of Han text says what pypinyin says."""

from random import Random

import pytest
from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT

from deploy.samples.archives import sample_archives
from deploy.samples.generator import catalogue
from services.discovery.domain.readings import reading
from services.discovery.domain.text import index_title, index_tokens, is_han, runs

_RANDOM = Random(7)
_PHRASES = sorted(PHRASES_DICT)
_CHARACTERS = [chr(code) for code in range(0x4E00, 0x9FA6)]


def _mixed() -> str:
    """Phrases cut off anywhere among single characters: where longest matches overlap and break off."""
    return "".join(
        phrase[: _RANDOM.randint(1, len(phrase))] if _RANDOM.random() < 0.8 else _RANDOM.choice(_CHARACTERS)
        for phrase in _RANDOM.choices(_PHRASES, k=6)
    )


def _read(title: str) -> list[str]:
    """The first syllable of each pair, and the last one."""
    return [token.partition("'")[0] for token in index_title(title)[1].split()]


def _as_pypinyin_says(text: str) -> list[str]:
    return [syllable for run in runs(text) if is_han(run) for syllable in lazy_pinyin(run) if syllable.isascii()]


def test_titles_read_as_pypinyin_reads_them() -> None:
    titles = [row[1] for row in catalogue(sample_archives()["a320581"], 500, 3)]
    assert [_read(title) for title in titles] == [_as_pypinyin_says(title) for title in titles]


def test_phrases_cut_off_anywhere_read_as_pypinyin_reads_them() -> None:
    for text in (_mixed() for _ in range(2_000)):
        assert _read(text) == _as_pypinyin_says(text), text


@pytest.mark.parametrize(
    ("run", "expected"),
    [("重庆", ["chong", "qing"]), ("重要", ["zhong", "yao"]), ("银行", ["yin", "hang"])],
)
def test_a_character_reads_by_its_phrase(run: str, expected: list[str]) -> None:
    assert reading(run) == expected


def test_a_title_is_cut_and_read_in_one_go() -> None:
    title = "关于常熟县1958年水利WTO工作的报告"
    words, read = index_title(title)
    assert words.split() == index_tokens(title)
    assert read.split()[:3] == ["guan'yu", "yu'chang", "chang'shu"] and read.split()[-1] == "gao"
