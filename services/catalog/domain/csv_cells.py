"""How each kind of cell of a catalogue file is read; what cannot be read raises `Unreadable`."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from services.catalog.domain.classification import CONTROLLED_MARKINGS, NO_MARKING
from services.catalog.domain.record import AccessStatus, Level
from services.catalog.domain.record_dates import UnreadableDate, parse_record_date
from services.catalog.domain.reference_codes import ReferenceCode, read_reference_code


class Unreadable(Exception):
    """A parser's verdict; the column of the table knows the words."""


def read_code(cell: str) -> ReferenceCode:
    return read_reference_code(cell)


@dataclass(frozen=True, slots=True)
class StoredDate:
    """A parsed date in stored form, and the first day on which its record may open (ISO 8601 or None)."""

    fields: dict[str, str | bool | None]
    eligible_on: str | None


@lru_cache(maxsize=20_000)
def read_date(cell: str) -> StoredDate:
    try:
        parsed = parse_record_date(cell)
        eligible = parsed.eligible_on()
    except UnreadableDate:
        raise Unreadable from None
    return StoredDate(parsed.fields(), eligible.isoformat() if eligible else None)


_TERM = re.compile(r"^(?:定期|D)?(\d{1,3})年?$")
_TERMS = {"永久": "永久", "Y": "永久", "长期": "长期", "短期": "短期", "定期": "定期"}


@lru_cache(maxsize=1_000)
def read_retention(cell: str) -> str:
    """永久, 长期, 短期, 定期30年 (also written 30年, D30)."""
    plain = unicodedata.normalize("NFKC", cell).replace(" ", "")
    if plain in _TERMS:
        return _TERMS[plain]
    term = _TERM.match(plain)
    if term is None or int(term[1]) == 0:
        raise Unreadable
    return f"定期{int(term[1])}年"


_STATUSES = {
    "": AccessStatus.UNREVIEWED,
    "未审核": AccessStatus.UNREVIEWED,
    "原控": AccessStatus.UNREVIEWED,
    "开放": AccessStatus.OPEN,
    "控制": AccessStatus.CONTROLLED,
    "控制使用": AccessStatus.CONTROLLED,
    "延期开放": AccessStatus.DEFERRED,
}
_LEVELS = {
    "文件级": Level.ITEM,
    "件": Level.ITEM,
    "文件": Level.ITEM,
    "案卷级": Level.FILE,
    "案卷": Level.FILE,
    "卷": Level.FILE,
}
_DISCLOSURES = frozenset({"", "主动公开", "依申请公开", "不予公开"})
_PAGES = re.compile(r"^\d{1,6}$")


@lru_cache(maxsize=1_000)
def read_status(cell: str) -> AccessStatus:
    try:
        return _STATUSES[cell.strip()]
    except KeyError:
        raise Unreadable from None


@lru_cache(maxsize=1_000)
def read_level(cell: str) -> Level | None:
    cell = cell.strip()
    if cell and cell not in _LEVELS:
        raise Unreadable
    return _LEVELS.get(cell)


@lru_cache(maxsize=1_000)
def read_classification(cell: str) -> str:
    cell = cell.strip()
    if cell not in NO_MARKING and cell not in CONTROLLED_MARKINGS:
        raise Unreadable
    return cell


@lru_cache(maxsize=1_000)
def read_disclosure(cell: str) -> str:
    cell = cell.strip()
    if cell not in _DISCLOSURES:
        raise Unreadable
    return cell


@lru_cache(maxsize=1_000)
def read_pages(cell: str) -> int:
    cell = cell.strip().removesuffix("页")
    if cell and not _PAGES.match(cell):
        raise Unreadable
    return int(cell or 0)


_OPINIONS = {
    "": "",
    "开放": "open",
    "同意": "open",
    "同意开放": "open",
    "延期": "defer",
    "延期开放": "defer",
    "不同意": "defer",
    "不同意开放": "defer",
    "不宜开放": "defer",
}


@lru_cache(maxsize=1_000)
def read_opinion(cell: str) -> str:
    """到期开放意见 of the transferring unit (Regulations 30): open, defer, or none."""
    try:
        return _OPINIONS[cell.strip()]
    except KeyError:
        raise Unreadable from None


@lru_cache(maxsize=1_000)
def read_day(cell: str) -> str:
    """A single day as ISO 8601, or none."""
    if not cell.strip():
        return ""
    stated = read_date(cell).fields
    if stated["precision"] != "day":
        raise Unreadable
    return str(stated["earliest"])
