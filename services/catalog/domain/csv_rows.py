"""From the bytes of a CSV file to rows with the physical line on which each begins (RFC 4180).

One bad row costs one line: after a quote that never closes, reading goes on with the next physical line.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from services.catalog.domain.classification import is_graded_row, may_hold_marking
from services.catalog.domain.csv_columns import CLASSIFICATION_HEADINGS, clean_heading, looks_like_header
from services.catalog.domain.import_errors import EncodingUnreadable, UploadEmpty

QUOTE_UNREADABLE = "QUOTE_UNREADABLE"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """`line`: where the row begins, 1 is the header. `broken`: a reason code when its quoting cannot be read;
    `cells` then holds the one physical line."""

    line: int
    cells: list[str]
    broken: str = ""


def decode(content: bytes) -> str:
    """UTF-8, with or without a byte order mark, else GB18030.

    Raises: EncodingUnreadable.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
    header = content.split(b"\n", 1)[0]
    if not looks_like_header(header.decode("utf-8-sig", errors="replace")):
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError:
            raise EncodingUnreadable("neither UTF-8 nor GB18030") from None
    raise EncodingUnreadable(f"UTF-8 breaks off on line {line}", metadata={"line": str(line)})


class _Lines:
    """The physical lines, with what the current row took, so that a broken row can give lines back."""

    def __init__(self, text: str) -> None:
        self._source = io.StringIO(text, newline="")
        self._returned: list[str] = []
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._returned.pop() if self._returned else next(self._source)
        self.taken.append(line)
        self.number += 1
        return line

    def give_back_all_but_first(self) -> None:
        surplus = self.taken[1:]
        self._returned.extend(reversed(surplus))
        self.number -= len(surplus)


def source_rows(text: str) -> Iterator[SourceRow]:
    """Every row of the file in order, the header first; blank rows are left out."""
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.taken.clear()
        begins = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            first = lines.taken[0]
            lines.give_back_all_but_first()
            yield SourceRow(begins, [first.rstrip("\r\n")], broken=QUOTE_UNREADABLE)
            continue
        if any(cells):
            yield SourceRow(begins, cells)


@dataclass(frozen=True)
class Screening:
    """What a first pass over the whole file found. `graded_lines`: where rows under rule S1 begin."""

    header: tuple[str, ...]
    rows: int
    graded_lines: tuple[int, ...]


def screen(text: str) -> Screening:
    """Reads the whole file once: counts its rows and looks for graded ones (rule S1), the header included.

    Raises: UploadEmpty: no header, or no row under it.
    """
    rows = source_rows(text)
    header = next(rows, None)
    if header is None:
        raise UploadEmpty("no header")
    classification_at = next(
        (i for i, cell in enumerate(header.cells) if clean_heading(cell) in CLASSIFICATION_HEADINGS), None
    )
    count = 0
    graded = [header.line] if _is_graded(header, None) else []
    for row in rows:
        count += 1
        if _is_graded(row, classification_at):
            graded.append(row.line)
    if count == 0 and not graded:
        raise UploadEmpty("no row")
    return Screening(tuple(header.cells), count, tuple(graded))


def _is_graded(row: SourceRow, classification_at: int | None) -> bool:
    if not may_hold_marking("\n".join(row.cells)):
        return False
    if is_graded_row(row.cells, classification_at):
        return True
    # A row whose quoting or width is off may hide its cells inside one another.
    crowded = [cell for cell in row.cells if "," in cell or '"' in cell]
    return is_graded_row([piece.strip('" ') for cell in crowded for piece in cell.split(",")], None)
