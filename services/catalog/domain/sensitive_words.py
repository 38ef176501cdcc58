"""The sensitive words of the opening review: maintained data, each with the ground it hints at (DOMAIN §9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ahocorasick_rs import AhoCorasick

from services.catalog.domain.wide_text import narrow
from services.common.domain.canonical import canonical_bytes, sha256_hex


@dataclass(frozen=True, slots=True)
class SensitiveWord:
    """A word, and the row of the rule table it hints at: D1 security, D2 persons and property, D3 other law."""

    word: str
    ground: str


_DEFAULT: dict[str, str] = {
    "D1": "国家秘密 绝密 机密 国防工程 军事设施 武器装备 外交谈判 涉外纠纷 群体性事件 信访 民族纠纷 宗教 边界",
    "D2": "身份证号 病历 收养登记 离婚调解 纪律处分 商业秘密 技术配方 专利申请 干部任免 案件 举报",
    "D3": "暂缓开放",
}
DEFAULT_WORDS = tuple(SensitiveWord(word, ground) for ground, words in _DEFAULT.items() for word in words.split())
"""A province may add to them and retire them."""


@dataclass(frozen=True)
class Vocabulary:
    """The words in use, compiled. A word is found wherever it stands, also within another."""

    words: tuple[SensitiveWord, ...] = DEFAULT_WORDS

    @cached_property
    def version(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 over all words and grounds, whatever their order."""
        listed = {one.word: one.ground for one in self.words}
        return sha256_hex(canonical_bytes(listed))[:16]

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick([narrow(one.word) for one in self.words])

    def find(self, text: str) -> Sequence[tuple[SensitiveWord, int, int]]:
        """Each word with its place, code points from start to before end, in order."""
        hits = self._automaton.find_matches_as_indexes(narrow(text), overlapping=True)
        return [(self.words[index], start, end) for index, start, end in hits]
