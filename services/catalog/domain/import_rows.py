"""From the text of a catalogue file to records to write and rows to report, in the file's order.

Deterministic: the same bytes and registry give the same outcome row by row, so an interrupted import goes on
from its count of rows done.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.catalog.domain.csv_cells import StoredDate
from services.catalog.domain.csv_columns import CellProblem, Table, compile_table
from services.catalog.domain.csv_rows import SourceRow, source_rows
from services.catalog.domain.intake_rules import intake
from services.catalog.domain.record import content_hash
from services.catalog.domain.reference_codes import Form, ReferenceCode
from services.common.domain.ids import record_id
from services.common.domain.registry import Archive


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row that became a record. `fields`: as stored, `_id` to `eligible_on` (see the record document).

    `warnings`: reason codes that reject nothing.
    """

    line: int
    record_id: str
    fields: dict[str, Any]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not taken, with everything that is wrong with it."""

    line: int
    problems: tuple[CellProblem, ...]


def read_catalogue(text: str, archive: Archive) -> Iterator[TakenRow | RejectedRow]:
    """Every row under the header.

    A 档号 already seen in this file rejects the later row and names the first one's line.

    Raises: ColumnsMissing, ColumnsUnclear.
    """
    rows = source_rows(text)
    table = compile_table(next(rows).cells)
    units = {fonds.code: fonds.unit_id for fonds in archive.fonds}
    first_lines: dict[str, int] = {}
    for row in rows:
        read = _read(row, table)
        if isinstance(read, RejectedRow):
            yield read
            continue
        taken = _take(row.line, read, archive, units)
        code = taken.fields["reference_code"]
        first = first_lines.setdefault(code, row.line)
        if first != row.line:
            yield RejectedRow(row.line, (CellProblem("档号", code, "DUPLICATE_IN_FILE", f"line {first}"),))
        else:
            yield taken


def _read(row: SourceRow, table: Table) -> dict[str, Any] | RejectedRow:
    if row.broken:
        return RejectedRow(row.line, (CellProblem("", row.cells[0][:200], row.broken, 'quotes ""'),))
    read = table.read(row.cells)
    return RejectedRow(row.line, tuple(read)) if isinstance(read, list) else read


def _take(line: int, read: Mapping[str, Any], archive: Archive, units: Mapping[str, str]) -> TakenRow:
    code: ReferenceCode = read["code"]
    date: StoredDate = read["date"]
    fonds = read["fonds"] or code.fonds
    registered = fonds in units
    admitted = intake(
        title=read["title"],
        creator=read["creator"],
        classification=read["security_classification"],
        declared=read["declared"],
        fonds_registered=registered,
    )
    identity = record_id(archive.archive_id, code.normalised)
    fields: dict[str, Any] = {
        "_id": identity,
        "region_id": archive.region_id,
        "archive_id": archive.archive_id,
        "reference_code": code.normalised,
        "reference_code_raw": code.raw,
        "fonds": fonds,
        "level": (read["level"] or code.level).value,
        "title": read["title"],
        "creator": read["creator"],
        "date": date.fields,
        "retention_period": read["retention_period"],
        "access_status": admitted.status.value,
        "control_rule": admitted.rule,
        "security_classification": read["security_classification"],
        "disclosure": read["disclosure"],
        "pages": read["pages"],
        "eligible_on": date.eligible_on,
        "other": read["other"],
        "unit_id": units.get(fonds, ""),
        "unit_opinion": _opinion(read),
    }
    fields["content_hash"] = content_hash(fields)
    return TakenRow(line, identity, fields, _warnings(code, registered))


def _opinion(read: Mapping[str, Any]) -> dict[str, str] | None:
    """What the transfer package says of opening, if it says anything."""
    if not read["opinion"]:
        return None
    return {"opinion": read["opinion"], "given_on": read["opinion_on"], "package_number": read["package_number"]}


def _warnings(code: ReferenceCode, registered: bool) -> tuple[str, ...]:
    unknown_form = ("CODE_FORM_UNKNOWN",) if code.form is Form.UNKNOWN else ()
    return unknown_form if registered else (*unknown_form, "FONDS_NOT_REGISTERED")
