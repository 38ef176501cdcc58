"""Dates of records: what the source says, kept raw, with the first and last day it can mean.

Forms: DA/T 18-2022 (`YYYYMMDD`, `00` for what is unknown, attested in brackets), and what older catalogues
hold: `1953.7.2`, Chinese numerals, years of the Republic, ranges. A form is read or refused, never guessed.
"""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from services.catalog.domain.rules.terms import years_after

TERM_YEARS = 25
"""Archives Law 27: 自形成之日起满二十五年."""


class Precision(StrEnum):
    """How exactly the date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    RANGE = "range"
    UNKNOWN = "unknown"


class UnreadableDate(ValueError):
    """The text is no date in any form we know."""


@dataclass(frozen=True, slots=True)
class RecordDate:
    """A date as the record states it. `attested`: inferred by the cataloguer, written in brackets.

    `earliest` and `latest` are both None only for an unknown date.
    """

    raw: str
    earliest: date | None
    latest: date | None
    precision: Precision
    attested: bool = False

    def fields(self) -> dict[str, str | bool | None]:
        """As stored: ISO 8601 days, or null."""
        return {
            "raw": self.raw,
            "earliest": self.earliest.isoformat() if self.earliest else None,
            "latest": self.latest.isoformat() if self.latest else None,
            "precision": self.precision.value,
            "attested": self.attested,
        }

    def eligible_on(self) -> date | None:
        """First day on which the record may open, None when its date is unknown (manual then).

        D + 25 years + 1 day; D is the last day the date can mean; 29 February ends with the month
        (Civil Code 200-204: the first day is not counted): 1998-06-15 → 2023-06-16, 2000-02-29 → 2025-03-01.
        """
        if self.latest is None:
            return None
        return years_after(self.latest, TERM_YEARS) + timedelta(days=1)


_ATTESTED = re.compile(r"^[\[〔［【]\s*(.+?)\s*[\]〕］】]$")
_DIGITS = "〇零○一二三四五六七八九"
_NUMERALS = {"〇": 0, "零": 0, "○": 0} | {c: n for n, c in enumerate("一二三四五六七八九", 1)}
_COMPACT = re.compile(r"^(\d{4})(?:(\d{2})(\d{2})?)?$")
_SEPARATED = re.compile(r"^(\d{4})\s*[.\-/年．。]\s*(\d{1,2})(?:\s*[.\-/月．。]\s*(\d{1,2})\s*日?|\s*月)?$")
_YEAR = re.compile(r"^(\d{4})\s*年$")
_REPUBLIC = re.compile(r"^(?:中华)?(?:民国|民國)\s*(元|\d{1,2})\s*年?(?:\s*(\d{1,2})\s*月(?:\s*(\d{1,2})\s*日)?)?$")
_DASHED_RANGE = re.compile(r"^(.+?)\s*(?:[—–~～至]+|--+)\s*(.+)$")
_PLAIN_RANGE = re.compile(
    r"^(\d{4}|\d{6}|\d{8}|\d{4}[./年][\d./年月日]+)\s*-\s*(\d{4}|\d{6}|\d{8}|\d{4}[./年][\d./年月日]+)$"
)
_CHINESE_RUN = re.compile(f"[{_DIGITS}十廿卅]+")
_TENS = re.compile("^([一二三四五六七八九]?)十([一二三四五六七八九]?)$")
_UNKNOWN = frozenset({"0", "0000", "00000000", "不详", "无日期", "[不详]", "s.d."})


@lru_cache(maxsize=20_000)
def parse_record_date(text: str) -> RecordDate:
    """Reads one date cell.

    Raises: UnreadableDate: no known form, a month or day that does not exist, or a range that runs backwards.
    """
    raw = text.strip()
    if raw in _UNKNOWN:
        return RecordDate(raw, None, None, Precision.UNKNOWN)
    plain = raw if raw.isascii() else unicodedata.normalize("NFKC", raw)
    bracketed = _ATTESTED.match(plain)
    earliest, latest, precision = _span(bracketed.group(1) if bracketed else plain)
    return RecordDate(raw, earliest, latest, precision, attested=bracketed is not None)


def _span(text: str) -> tuple[date, date, Precision]:
    single = _single(text)
    if single:
        return single
    both = _PLAIN_RANGE.match(text) or _DASHED_RANGE.match(text)
    if both is None:
        raise UnreadableDate(text)
    first, last = _single(both.group(1).strip()), _single(both.group(2).strip())
    if first is None or last is None or first[0] > last[1]:
        raise UnreadableDate(text)
    return first[0], last[1], Precision.RANGE


def _single(text: str) -> tuple[date, date, Precision] | None:
    match = _COMPACT.match(text)
    if match:
        return _of_parts(*match.groups())
    arabic = _CHINESE_RUN.sub(_to_arabic, text)
    republic = _REPUBLIC.match(arabic)
    if republic:
        count = 1 if republic.group(1) == "元" else int(republic.group(1))
        if count == 0:
            raise UnreadableDate(text)
        return _of_parts(str(1911 + count), republic.group(2), republic.group(3))
    match = _SEPARATED.match(arabic) or _YEAR.match(arabic)
    return _of_parts(*match.groups()) if match else None


def _of_parts(year: str, month: str | None = None, day: str | None = None) -> tuple[date, date, Precision]:
    """First and last possible day; `00` and absent parts are precision, not a date (DOMAIN §7)."""
    y, m, d = int(year), int(month or 0), int(day or 0)
    if not 1000 <= y <= 2999 or m > 12 or (m == 0 and d != 0):
        raise UnreadableDate(f"{year}{month or ''}{day or ''}")
    if m == 0:
        return date(y, 1, 1), date(y, 12, 31), Precision.YEAR
    last = monthrange(y, m)[1]
    if d > last:
        raise UnreadableDate(f"{year}{month}{day}")
    if d == 0:
        return date(y, m, 1), date(y, m, last), Precision.MONTH
    return date(y, m, d), date(y, m, d), Precision.DAY


def _to_arabic(run: re.Match[str]) -> str:
    """一九五三 → 1953, 十二 → 12, 廿二 → 22, 三十一 → 31."""
    text = run.group()
    if not any(c in text for c in "十廿卅"):
        return "".join(str(_NUMERALS[c]) for c in text)
    tens = _TENS.match(text.replace("廿", "二十").replace("卅", "三十"))
    if tens is None:
        return text
    return str(_NUMERALS.get(tens[1], 1) * 10 + _NUMERALS.get(tens[2], 0))
