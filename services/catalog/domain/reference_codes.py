"""档号 (DA/T 13-2022, and the older codes archives still hold): normalised, recognised, never refused.

Sources: DOMAIN §3.2. NFKC is applied to codes only; in titles it would turn ① into 1.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from services.catalog.domain.record import Level


class Form(StrEnum):
    """Which pattern a code follows. UNKNOWN is a warning to the archive, not an error."""

    FILE = "file"
    ITEM = "item"
    OLD = "old"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReferenceCode:
    """A 档号. `fonds`: its first segment. `level`: what the form implies, for rows that do not say."""

    raw: str
    normalised: str
    form: Form
    fonds: str
    level: Level


_SAME_CHARACTER = str.maketrans(dict.fromkeys("—–―‐‑−‒⁃", "-") | dict.fromkeys("•・‧⋅∙●", "·"))
_ALREADY = re.compile("[0-9A-Za-z·/.-]+")
_SPACE = re.compile(r"\s+")
_SEPARATOR = re.compile(r"[-.]")
_FONDS = r"([A-Z]\d{3}|[0-9A-Z]{2,6})"
_TERM = "永久|长期|短期|永|长|短"

_FORMS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    (
        Form.ITEM,
        re.compile(
            rf"^{_FONDS}-([A-Z]{{2}}(?:·[0-9A-Z]{{1,6}})*)·([12]\d{{3}})-(Y|D\d{{1,2}})"
            r"(?:-([A-Z]{2,4}|\d{2,3}|[一-鿿]{1,12}))?-(?P<item>\d{3,5})$"
        ),
    ),
    (
        Form.FILE,
        re.compile(rf"^{_FONDS}-([A-Z]{{2}}(?:·[0-9A-Z一-鿿]{{1,12}})*)-(\d{{1,5}})(?:-(?P<item>\d{{1,4}}))?$"),
    ),
    (
        Form.OLD,
        re.compile(
            rf"^([0-9A-Z]{{1,6}})[-.]([0-9A-Z]{{1,8}}|{_TERM})[-.](\d{{1,5}}[甲乙丙丁]?)"
            r"(?:-(?P<item>\d{1,5}(?:/\d{1,4})?))?$"
        ),
    ),
)
"""Tried in this order; the group `item` is the 件号, whose absence means a file (案卷)."""


def normalise(raw: str) -> str:
    """One spelling for one code: NFKC, one dash, one middle dot, no spaces."""
    if _ALREADY.fullmatch(raw):
        return raw
    tight = _SPACE.sub("", unicodedata.normalize("NFKC", raw).translate(_SAME_CHARACTER))
    return unicodedata.normalize("NFKC", tight)  # without its spaces a code may hold characters to compose


def read_reference_code(raw: str) -> ReferenceCode:
    """Normalises and recognises; a code of no known form is taken as an item, with form UNKNOWN."""
    code = normalise(raw)
    for form, pattern in _FORMS:
        match = pattern.match(code)
        if match:
            level = Level.ITEM if match["item"] else Level.FILE
            return ReferenceCode(raw.strip(), code, form, match.group(1), level)
    return ReferenceCode(raw.strip(), code, Form.UNKNOWN, _SEPARATOR.split(code, maxsplit=1)[0], Level.ITEM)
