"""The field table of a catalogue import: columns of DA/T 18-2022, how each is read, and what was expected.

The table is data; `compile_table` turns it, with a file's header, into one reader of rows.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.catalog.domain.csv_cells import (
    Unreadable,
    read_classification,
    read_code,
    read_date,
    read_day,
    read_disclosure,
    read_level,
    read_opinion,
    read_pages,
    read_retention,
    read_status,
)
from services.catalog.domain.import_errors import ColumnsMissing, ColumnsUnclear
from services.catalog.domain.record import MAX_REFERENCE_CODE, MAX_TITLE
from services.common.domain.errors import InvalidArgument

MAX_OTHER = 2_000
MAX_HEADING = 60
MAX_VALUE_TOLD = 200
"""Of a rejected value no more is kept than this."""


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One cell that cannot be taken. `reason` and `expected` are stable codes, worded by the portal."""

    column: str
    value: str
    reason: str
    expected: str


@dataclass(frozen=True)
class Column:
    """One row of the table. `mandatory`: the file must have the column (M in DA/T 18, item level).

    `filled`: its cells may not be empty. `parse` raises Unreadable.
    """

    heading: str
    field: str
    parse: Callable[[str], Any]
    reason: str
    expected: str
    aliases: tuple[str, ...] = ()
    mandatory: bool = False
    filled: bool = False
    max_length: int = MAX_OTHER


COLUMNS: tuple[Column, ...] = (
    Column("档号", "code", read_code, "CODE_UNREADABLE", "档号 A001-WS·1985-Y-BGS-0001",
           ("档案号",), mandatory=True, filled=True, max_length=MAX_REFERENCE_CODE),
    Column("题名", "title", str.strip, "TITLE_UNREADABLE", "题名",
           ("正题名", "文件题名", "案卷题名", "标题"), mandatory=True, filled=True, max_length=MAX_TITLE),
    Column("责任者", "creator", str.strip, "CREATOR_UNREADABLE", "责任者",
           ("作者", "文件责任者"), mandatory=True, filled=True, max_length=200),
    Column("日期", "date", read_date, "DATE_UNREADABLE", "YYYYMMDD 19850607",
           ("形成日期", "成文日期", "文件日期", "成文时间"), mandatory=True, filled=True, max_length=60),
    Column("保管期限", "retention_period", read_retention, "RETENTION_UNKNOWN", "永久|定期30年|长期|短期",
           mandatory=True, filled=True, max_length=20),
    Column("开放标识", "declared", read_status, "ACCESS_STATUS_UNKNOWN", "开放|控制|延期开放|未审核",
           ("开放状态",), mandatory=True, max_length=20),
    Column("密级", "security_classification", read_classification, "CLASSIFICATION_UNKNOWN",
           "国内|内部|限制", ("密级标识", "秘密等级"), max_length=40),
    Column("公开属性", "disclosure", read_disclosure, "DISCLOSURE_UNKNOWN",
           "主动公开|依申请公开|不予公开", max_length=20),
    Column("页数", "pages", read_pages, "PAGES_UNREADABLE", "0-999999", max_length=20),
    Column("著录层级", "level", read_level, "LEVEL_UNKNOWN", "文件级|案卷级", max_length=20),
    Column("全宗号", "fonds", str.strip, "FONDS_UNREADABLE", "全宗号 A001", max_length=20),
    Column("到期开放意见", "opinion", read_opinion, "OPINION_UNKNOWN", "同意开放|延期开放",
           ("开放意见",), max_length=20),
    Column("意见日期", "opinion_on", read_day, "OPINION_DATE_UNREADABLE", "YYYYMMDD 20240607",
           ("开放意见日期",), max_length=20),
    Column("移交批次号", "package_number", str.strip, "PACKAGE_UNREADABLE", "移交批次号",
           ("移交包号",), max_length=100),
)  # fmt: skip
"""Missing optional columns read as empty cells; headings not in the table are kept in `other`."""

_BY_HEADING = {name: column for column in COLUMNS for name in (column.heading, *column.aliases)}
_BY_FIELD = {column.field: column for column in COLUMNS}
CLASSIFICATION_HEADINGS = frozenset(
    name for name, column in _BY_HEADING.items() if column.field == "security_classification"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_MONGO_NAME = str.maketrans({".": "．", "$": "＄"})


def read_cell(field: str, cell: str) -> Any:
    """One cell that was typed by itself, read as its column is.

    Raises: InvalidArgument: what a row of a file would be rejected for.
    """
    column = _BY_FIELD[field]
    if len(cell) > column.max_length or (column.filled and not cell.strip()) or _CONTROL.search(cell):
        raise InvalidArgument(field, column.expected)
    try:
        return column.parse(cell)
    except Unreadable:
        raise InvalidArgument(field, column.expected) from None


def clean_heading(cell: str) -> str:
    """A heading without marks, spaces and the asterisk that many templates put on mandatory columns."""
    return re.sub(r"[\s\ufeff*＊]+", "", cell)


def looks_like_header(line: str) -> bool:
    """Whether a first line holds headings of the table."""
    names = {clean_heading(cell.strip('"')) for cell in line.split(",")}
    return len(names & _BY_HEADING.keys()) >= 2


@dataclass(frozen=True, slots=True)
class Table:
    """A header, compiled: which cell goes through which parser into which field."""

    width: int
    columns: dict[int, Column]
    steps: tuple[tuple[int, str, Callable[[str], Any], int, bool], ...]
    """Index, field, parser, longest cell, must be filled: what every row passes, laid out flat for speed."""
    others: tuple[tuple[int, str], ...]
    defaults: dict[str, Any]

    def read(self, cells: Sequence[str]) -> dict[str, Any] | list[CellProblem]:
        """The row's fields by name, or all its problems. Empty surplus cells at the end are ignored."""
        if len(cells) != self.width:
            if len(cells) < self.width or any(cells[self.width :]):
                return [CellProblem("", _told(",".join(cells)), "ROW_WIDTH", f"columns {self.width}")]
            cells = cells[: self.width]
        if _CONTROL.search("\n".join(cells)):
            return self._control_problems(cells)
        fields = dict(self.defaults)
        problems: list[CellProblem] = []
        for index, field, parse, max_length, filled in self.steps:
            cell = cells[index]
            if len(cell) > max_length or (filled and not cell.strip()):
                problems.append(self._misfit(index, cell))
                continue
            try:
                fields[field] = parse(cell)
            except Unreadable:
                column = self.columns[index]
                problems.append(CellProblem(column.heading, _told(cell), column.reason, column.expected))
        other: dict[str, str] = {}
        for index, name in self.others:
            cell = cells[index].strip()
            if len(cell) > MAX_OTHER:
                problems.append(CellProblem(name, _told(cell), "TOO_LONG", f"length {MAX_OTHER}"))
            elif cell:
                other[name] = cell
        fields["other"] = other
        return problems or fields

    def _misfit(self, index: int, cell: str) -> CellProblem:
        column = self.columns[index]
        if len(cell) > column.max_length:
            return CellProblem(column.heading, _told(cell), "TOO_LONG", f"length {column.max_length}")
        return CellProblem(column.heading, _told(cell), "EMPTY", column.expected)

    def _control_problems(self, cells: Sequence[str]) -> list[CellProblem]:
        names = {index: column.heading for index, column in self.columns.items()} | dict(self.others)
        return [
            CellProblem(names[index], _told(cell), "CONTROL_CHARACTER", "text")
            for index, cell in enumerate(cells)
            if _CONTROL.search(cell)
        ]


def compile_table(header: Sequence[str]) -> Table:
    """Matches a header with the field table.

    Raises: ColumnsMissing: a mandatory column is not there. ColumnsUnclear: a heading is repeated, empty
        or too long.
    """
    names = [clean_heading(cell) for cell in header]
    while names and not names[-1]:
        names.pop()
    known = [_BY_HEADING.get(name) for name in names]
    fields = [column.field for column in known if column]
    unclear = [
        name[:MAX_HEADING] or f"#{place}"
        for place, (name, column) in enumerate(zip(names, known, strict=True), 1)
        if not 0 < len(name) <= MAX_HEADING
        or _CONTROL.search(name)
        or (fields.count(column.field) if column else names.count(name)) > 1
    ]
    if unclear:
        raise ColumnsUnclear("headings repeated, empty or too long", metadata={"columns": ",".join(unclear[:20])})
    missing = [column.heading for column in COLUMNS if column.mandatory and column.field not in fields]
    if missing:
        raise ColumnsMissing("mandatory columns are missing", metadata={"columns": ",".join(missing)})
    return Table(
        width=len(names),
        columns={index: column for index, column in enumerate(known) if column},
        steps=tuple(
            (index, column.field, column.parse, column.max_length, column.filled)
            for index, column in enumerate(known)
            if column
        ),
        others=tuple(
            (index, name.translate(_MONGO_NAME))
            for index, (name, column) in enumerate(zip(names, known, strict=True))
            if column is None
        ),
        defaults={column.field: column.parse("") for column in COLUMNS if not column.filled},
    )


def _told(value: str) -> str:
    """What is kept of a bad value: its beginning, with NUL made visible."""
    return value[:MAX_VALUE_TOLD].replace("\x00", "␀")
