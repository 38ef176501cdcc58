"""A dump holds every field as published, spreadsheets run none of it, and it is due when it should be."""

import csv
import io
import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.application.dumps import MAX_READ, read_dump
from services.catalog.domain.dumps import CatalogueMoved, DumpGone, is_due, last_time
from services.common.domain.dump_fields import BOM, ENTRY_FIELDS, RETRACTED_FIELDS, csv_lines, entry_of
from services.common.domain.errors import InvalidArgument
from services.common.domain.open_dump import CSV, JSON_LINES, MANIFEST, RETRACTED, SIGNATURE
from tests.builders.dumps import Dumped, retraction
from tests.builders.publications import entry
from tests.unit.catalog.test_public_entry import filled
from tongdang.catalog.v1 import record_pb2


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def paths(message: Any, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every field of a contract that is not a message itself."""
    found: list[tuple[str, ...]] = []
    for one in message.DESCRIPTOR.fields:
        path = (*before, one.name)
        found += paths(getattr(message, one.name), path) if one.message_type else [path]
    return found


def test_the_table_has_every_field_of_the_contract_in_its_order() -> None:
    assert [field.path for field in ENTRY_FIELDS] == paths(record_pb2.OpenEntry())
    assert [field.path for field in RETRACTED_FIELDS] == paths(record_pb2.Retraction())


def test_a_row_says_every_field_as_the_public_api_does() -> None:
    whole = MessageToDict(filled(record_pb2.OpenEntry()), preserving_proto_field_name=True)
    (row,) = cells(csv_lines(ENTRY_FIELDS, [whole]))
    assert "" not in row and entry_of(ENTRY_FIELDS, row) == whole


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_begins_as_a_formula_does_and_one_apostrophe_less_is_the_field(first: str) -> None:
    title = first + "HYPERLINK(“http://x.invalid”)"
    (row,) = cells(csv_lines(ENTRY_FIELDS, [entry(title=title)]))
    assert row[6] == f"'{title}"
    assert entry_of(ENTRY_FIELDS, row) == entry(title=title)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_title_comes_back_from_the_csv(title: str, creator: str) -> None:
    given_entry = {name: value for name, value in entry(title=title, creator=creator).items() if value}
    (row,) = cells(csv_lines(ENTRY_FIELDS, [given_entry]))
    assert row[6][:1] not in "=+-@＝＋－＠" or not row[6]
    assert entry_of(ENTRY_FIELDS, row) == given_entry


def test_the_same_state_is_the_same_bytes_but_for_the_manifest(tmp_path: Path) -> None:
    first, second = Dumped(tmp_path / "first"), Dumped(tmp_path / "second")
    for name in (CSV, JSON_LINES, RETRACTED):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
    assert first.unpacked(CSV).startswith(BOM)


def test_the_manifest_describes_the_files_as_a_data_package_does(tmp_path: Path) -> None:
    dumped = Dumped(tmp_path)
    says = json.loads((tmp_path / MANIFEST).read_text(encoding="utf-8"))
    assert (says["profile"], says["count"], says["conditions"]["en"]) == ("data-package", 7, "Name the source.")
    table = says["resources"][0]
    assert table["bytes"] == (tmp_path / CSV).stat().st_size and table["path"] == CSV
    assert [one["name"] for one in table["schema"]["fields"]] == cells(dumped.unpacked(CSV)[len(BOM) :])[0]
    assert [json.loads(line) for line in dumped.unpacked(JSON_LINES).splitlines()] == dumped.entries


def test_an_empty_province_has_a_dump_of_nothing(tmp_path: Path) -> None:
    dumped = Dumped(tmp_path, entries=[], gone=[])
    assert dumped.unpacked(JSON_LINES) == b"" and len(cells(dumped.unpacked(CSV))) == 1


def test_what_fails_in_the_middle_leaves_no_file(tmp_path: Path) -> None:
    class Moving(list[Any]):
        def __getitem__(self, at: Any) -> Any:
            if at.start:
                raise CatalogueMoved("an entry was retracted")
            return super().__getitem__(at)

    with pytest.raises(CatalogueMoved):
        Dumped(tmp_path, entries=Moving(entry(number) for number in range(7)))
    assert list(tmp_path.iterdir()) == []


def test_files_are_read_in_parts_and_nothing_else_is(tmp_path: Path) -> None:
    dumped = Dumped(tmp_path, gone=[retraction()])
    shelf, dump_id = dumped.shelf, dumped.dump.dump_id
    whole = (tmp_path / CSV).read_bytes()
    assert read_dump(dump_id, CSV, 0, 10, shelf=shelf) + read_dump(dump_id, CSV, 10, MAX_READ, shelf=shelf) == whole
    assert read_dump(dump_id, SIGNATURE, 0, MAX_READ, shelf=shelf) == dumped.dump.signature
    assert read_dump(dump_id, CSV, len(whole), 1, shelf=shelf) == b""
    for name, offset, length in (("../x", 0, 1), (CSV, -1, 1), (CSV, 0, 0), (CSV, 0, MAX_READ + 1)):
        with pytest.raises(InvalidArgument):
            read_dump(dump_id, name, offset, length, shelf=shelf)
    with pytest.raises(DumpGone):
        read_dump("another", CSV, 0, 1, shelf=shelf)


NIGHT = time(3, 30)
AT = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
"""03:30 on the 27th in Shanghai."""


def test_it_is_due_once_a_day_at_its_time_in_shanghai() -> None:
    assert last_time(AT, NIGHT) == AT
    assert last_time(AT - timedelta(seconds=1), NIGHT) == AT - timedelta(days=1)
    before, after = AT - timedelta(hours=5), AT + timedelta(minutes=1)
    assert is_due(after, before, NIGHT, None)
    assert not is_due(after, AT, NIGHT, None)
    assert not is_due(AT - timedelta(seconds=1), before, NIGHT, None)


def test_it_is_due_where_none_is_offered_or_somebody_wants_one() -> None:
    assert is_due(AT, None, NIGHT, None)
    made = AT + timedelta(hours=1)
    assert is_due(made + timedelta(hours=1), made, NIGHT, made + timedelta(minutes=1))
    assert not is_due(made + timedelta(hours=1), made, NIGHT, made - timedelta(minutes=1))
