"""密级: the screen for state secrets (rule S1) and markings that are no grades (rules S6, S7).

Secrecy Law 31(3): secrets may not be stored or processed on a system that is not classified, catalogues
included. So the screen prefers stopping too much: it reads every cell, not the 密级 column alone.
"""

import re
import unicodedata
from collections.abc import Sequence

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPACE = re.compile(r"\s+")
_GRADE = "(?:[绝絕]密|[机機]密|[秘祕]密)"
_STAR = "[★☆✩✭⭐※*]"
_STARRED = re.compile(f"{_GRADE}{_STAR}")
_LEADING = re.compile(
    r"^[\[【〔(<《「]?(?:密级[:是为]?)?"
    rf"{_GRADE}(?:$|[】〕)\]>》」]|\d+(?:年|个月|月)|长期|[级件](?:$|[】〕)\]>》」]))"
)
_LEADING_SPACED = re.compile(rf"^[\[【〔(<《「]?{_GRADE}\s")
_ANYWHERE = re.compile(_GRADE)
_NOT_A_GRADE = re.compile("工作秘密|非秘密|非机密|商业秘密")
_INNER_BREAK = re.compile(r"[\r\n]+")

NO_MARKING = frozenset({"", "无", "公开", "非密", "普通", "一般", "无密级", "解密", "已解密", "非秘密"})
CONTROLLED_MARKINGS = {
    "国内": "S7",
    "内部": "S7",
    "限制": "S7",
    "国内限制": "S7",
    "内部资料": "S7",
    "工作秘密": "S6",
    "商业秘密": "S6",
}
"""Markings that grade nothing but keep a record from the open catalogue → rule row."""


def may_hold_marking(text: str) -> bool:
    """A cheap first look: every marking holds this character, and none other folds to it under NFKC."""
    return "密" in text


def is_graded_marking(cell: str) -> bool:
    """Whether a cell is, or begins with, a grade such as `机密★10年`, `【秘密】` or `绝 密`.

    A sentence about secrecy (机密文件管理办法) is none; a starred grade is one wherever it stands.
    """
    if not may_hold_marking(cell):
        return False
    return any(_marks(part) for part in _INNER_BREAK.split(cell))


def is_graded_classification(cell: str) -> bool:
    """The same for a cell of the 密级 column, where any mention of a grade counts."""
    return may_hold_marking(cell) and bool(_ANYWHERE.search(_NOT_A_GRADE.sub("", _squeezed(cell))))


def is_graded_row(cells: Sequence[str], classification_at: int | None) -> bool:
    """Rule S1 on one row. `classification_at`: index of the 密级 column, if the file has one."""
    for index, cell in enumerate(cells):
        if index == classification_at and is_graded_classification(cell):
            return True
        if is_graded_marking(cell):
            return True
    return False


def _marks(part: str) -> bool:
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", part)).strip()
    tight = _SPACE.sub("", plain)
    return bool(_LEADING.match(tight) or _STARRED.search(tight) or _LEADING_SPACED.match(plain))


def _squeezed(cell: str) -> str:
    return _SPACE.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFKC", cell)))
