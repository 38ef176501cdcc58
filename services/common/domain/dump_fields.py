"""The fields of the open catalogue as its dump has them: one table for the writer, the page and the verifier (ADR 20).

JSON Lines hold an entry as the public API answers it, in RFC 8785 form. CSV holds the same flat: an empty cell is an
absent field. Excel and its like run a cell that begins with certain characters as a formula, so such a cell carries an
apostrophe before it; one that begins with an apostrophe carries one more, so that taking it away always gives the
field back.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.common.domain.canonical import canonical_bytes

BOM = b"\xef\xbb\xbf"
"""At the beginning of a CSV file; without it Excel takes UTF-8 for the system's own encoding."""
_RUN_BY_SPREADSHEETS = "=+-@\t\r\n＝＋－＠"
_GUARD = "'"
_TRUE = "true"


@dataclass(frozen=True)
class Field:
    """`path`: where an entry has it. `type`: of Frictionless Table Schema. `zh`, `en`: what it is, for people."""

    path: tuple[str, ...]
    type: str
    zh: str
    en: str

    @property
    def column(self) -> str:
        """Its name in CSV."""
        return "_".join(self.path)


ENTRY_FIELDS = (
    Field(("record_id",), "string", "条目标识，永不改变", "Identifier of the record; never changes"),
    Field(("region_id",), "string", "省级行政区代码（GB/T 2260）", "Province (GB/T 2260)"),
    Field(("archive_id",), "string", "保管馆，见登记册", "Holding archive, as the registry names it"),
    Field(("reference_code",), "string", "档号", "Reference code"),
    Field(("fonds",), "string", "全宗号", "Fonds"),
    Field(("level",), "string", "著录层级：LEVEL_ITEM 件，LEVEL_FILE 案卷", "Level: LEVEL_ITEM or LEVEL_FILE"),
    Field(("title",), "string", "题名（经遮盖的为公布时的题名）", "Title, as published where it was masked"),
    Field(("creator",), "string", "责任者", "Creator"),
    Field(("date", "raw"), "string", "日期，照原样", "Date as the record states it"),
    Field(("date", "earliest"), "date", "日期最早可能", "Earliest possible day"),
    Field(("date", "latest"), "date", "日期最晚可能", "Latest possible day"),
    Field(("date", "precision"), "string", "日期精度", "Precision of the date"),
    Field(("date", "attested"), "boolean", "日期为考证所得", "The date was attested, not written"),
    Field(("pages",), "integer", "页数", "Pages"),
    Field(("rule",), "string", "开放依据的规则", "Rule that the opening rests on"),
    Field(("batch_id",), "string", "公布批次", "Publication that it belongs to"),
    Field(("opened_on",), "date", "开放日期", "Day of opening"),
    Field(("reviewed_by_archive_alone",), "boolean", "由档案馆单独审核", "Reviewed by the archive alone"),
    Field(("sample",), "boolean", "样本数据", "Sample data"),
    Field(("corrected_on",), "date", "更正日期", "Day on which it was corrected"),
)
RETRACTED_FIELDS = (
    Field(("record_id",), "string", "撤回条目的标识", "Identifier of the retracted record"),
    Field(("region_id",), "string", "省级行政区代码", "Province"),
    Field(("archive_id",), "string", "保管馆", "Holding archive"),
    Field(("reason",), "string", "撤回原因（中性）", "Neutral reason"),
    Field(("rule",), "string", "撤回依据的规则", "Rule that the retraction rests on"),
    Field(("retracted_on",), "date", "撤回日期", "Day of retraction"),
)


def json_lines(entries: Iterable[Mapping[str, Any]]) -> bytes:
    """One RFC 8785 object a line: the very bytes that a publication's commitment covers behind its salt."""
    return b"".join(canonical_bytes(entry) + b"\n" for entry in entries)


def csv_header(fields: Sequence[Field]) -> bytes:
    """Byte order mark and the columns' names."""
    return BOM + _csv([[field.column for field in fields]])


def csv_lines(fields: Sequence[Field], entries: Iterable[Mapping[str, Any]]) -> bytes:
    """RFC 4180, lines ended by CR LF."""
    return _csv([_cell(_at(entry, field.path)) for field in fields] for entry in entries)


def entry_of(fields: Sequence[Field], row: Sequence[str]) -> dict[str, Any]:
    """What a row of the CSV says, as JSON has it.

    Raises: ValueError: not as many cells as fields, or a cell that its field cannot have.
    """
    entry: dict[str, Any] = {}
    for field, cell in zip(fields, row, strict=True):
        if cell:
            inner = entry
            for name in field.path[:-1]:
                inner = inner.setdefault(name, {})
            inner[field.path[-1]] = _value(field, cell)
    return entry


def _at(entry: Mapping[str, Any], path: Sequence[str]) -> object:
    found: Any = entry
    for name in path:
        found = found.get(name, {})
    return "" if found == {} else found


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return _TRUE if value else ""
    text = str(value)
    return _GUARD + text if text[:1] and text[0] in _RUN_BY_SPREADSHEETS + _GUARD else text


def _value(field: Field, cell: str) -> object:
    if field.type == "integer":
        return int(cell)
    if field.type == "boolean":
        if cell != _TRUE:
            raise ValueError(f"{field.column} is {cell!r}")
        return True
    return cell.removeprefix(_GUARD)


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
