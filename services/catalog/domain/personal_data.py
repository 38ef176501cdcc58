"""Personal data in text, by shape and check digit (DOMAIN §9): hints for a person, never decisions.

Only kind and place are told; what was found stays where it stood.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.catalog.domain.wide_text import narrow


class Kind(StrEnum):
    """What it looks like."""

    ID_18 = "id-18"
    ID_15 = "id-15"
    BANK_CARD = "bank-card"
    MOBILE = "mobile"
    EMAIL = "email"
    PLATE = "plate"
    PASSPORT = "passport"


@dataclass(frozen=True, slots=True)
class Found:
    """Kind and place: code points from `start` to before `end`."""

    kind: Kind
    start: int
    end: int


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_SEPARATORS = str.maketrans("", "", " -")


def is_id_18(text: str) -> bool:
    """GB 11643-1999: region 6, birthday 8, serial 3, check digit (ISO 7064 MOD 11-2)."""
    body, check = text[:17], text[17:].upper()
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return _is_day(body[6:14]) and _CHECK_DIGITS[total % 11] == check


def is_id_15(text: str) -> bool:
    """Before 1999: region 6, birthday YYMMDD of the 1900s, serial 3; no check digit."""
    return _is_day("19" + text[6:12])


def passes_luhn(text: str) -> bool:
    """ISO/IEC 7812-1."""
    digits = [int(digit) for digit in reversed(text)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Detector:
    """A shape, and the check its text without separators must pass."""

    kind: Kind
    shape: re.Pattern[str]
    holds: Callable[[str], bool] = bool


_REGION = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[123])[0-9]{4}"
"""A province's two digits and four more (GB/T 2260)."""

_PLATE_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


def _alone(shape: str) -> re.Pattern[str]:
    """The shape, not within a longer run of digits."""
    return re.compile(f"(?<![0-9])(?:{shape})(?![0-9])")


DETECTORS = (
    Detector(Kind.ID_18, _alone(f"{_REGION}[ -]?[0-9]{{8}}[ -]?[0-9]{{3}}[0-9Xx]"), is_id_18),
    Detector(Kind.ID_15, _alone(f"{_REGION}[ -]?[0-9]{{6}}[ -]?[0-9]{{3}}"), is_id_15),
    Detector(
        Kind.MOBILE,
        _alone(r"(?:(?:\+|00)?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"),
    ),
    Detector(
        Kind.BANK_CARD,
        _alone(r"[1-9][0-9]{12,18}|[1-9][0-9]{3}(?:[ -][0-9]{4}){3}(?:[ -][0-9]{1,3})?"),
        passes_luhn,
    ),
    Detector(Kind.PASSPORT, re.compile(r"(?<![0-9A-Za-z])(?:[EGDSPH][0-9]{8}|E[A-HJ-NP-Z][0-9]{7})(?![0-9A-Za-z])")),
    Detector(
        Kind.PLATE,
        re.compile(
            f"[{_PLATE_PROVINCES}]"
            r"[A-HJ-NP-Z][·• -]?"
            r"(?=[A-Z]{0,2}[0-9])(?:[DF][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[DF]|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳])"
            r"(?![0-9A-Za-z])"
        ),
    ),
    Detector(
        Kind.EMAIL, re.compile(r"(?<![\w.+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
    ),
)
"""Most telling first: of two that overlap, the first stands (an identity number may pass Luhn's check too)."""

_WORTH_A_LOOK = re.compile(f"[0-9]{{7}}|[0-9][ -][0-9]{{4}}|@|[{_PLATE_PROVINCES}][A-Z]")
"""Every shape above holds one of these; few titles do."""


def personal_data(text: str) -> list[Found]:
    """All personal data in a text, by place; full-width digits and letters count as their plain ones."""
    plain = narrow(text)
    if not _WORTH_A_LOOK.search(plain):
        return []
    taken = bytearray(len(plain))
    found: list[Found] = []
    for one in _matches(plain):
        if not any(taken[one.start : one.end]):
            taken[one.start : one.end] = b"\x01" * (one.end - one.start)
            found.append(one)
    return sorted(found, key=lambda one: one.start)


def _matches(text: str) -> Iterator[Found]:
    for detector in DETECTORS:
        for match in detector.shape.finditer(text):
            if detector.holds(match.group().translate(_SEPARATORS)):
                yield Found(detector.kind, *match.span())
