"""A catalogue file, row by row: nothing is lost, everything is reported by its line."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain.csv_rows import decode, screen, source_rows
from services.catalog.domain.import_errors import (
    ColumnsMissing,
    ColumnsUnclear,
    EncodingUnreadable,
    StateSecretSuspected,
    UploadEmpty,
)
from services.catalog.domain.import_job import Effect, effect_on
from services.catalog.domain.import_rows import RejectedRow, TakenRow, read_catalogue
from services.catalog.domain.record import DESCRIPTIVE_FIELDS, content_hash
from services.common.domain.canonical import canonical_bytes, sha256_hex
from services.common.domain.ids import RECORD_NAMESPACE, record_id
from services.common.domain.registry import Archive, Fonds

HEADER = "档号,题名,责任者,日期,保管期限,开放标识,密级,页数,附注"
ARCHIVE = Archive(
    archive_id="a320581", region_id="320000", name="常熟市档案馆", name_en="Changshu", code="432001",
    district_code="320581", address="", phone="", sample=True, units=(),
    fonds=(Fonds("A001", "县政府", "u320581-zf"), Fonds("A009", "撤销的公社")),
)  # fmt: skip


def row(n: int = 1, **cells: str) -> str:
    usual = {
        "档号": f"A001-WS·1985-Y-BGS-{n:04}", "题名": "关于兴修水利的通知", "责任者": "常熟县人民政府",
        "日期": "19850607", "保管期限": "永久", "开放标识": "未审核", "密级": "", "页数": "3", "附注": "",
    }  # fmt: skip
    return ",".join((usual | cells).values())


def outcome(*lines: str) -> list[TakenRow | RejectedRow]:
    return list(read_catalogue("\n".join([HEADER, *lines]) + "\n", ARCHIVE))


def reasons(*lines: str) -> list[tuple[int, str, str]]:
    return [
        (row.line, problem.column, problem.reason)
        for row in outcome(*lines)
        if isinstance(row, RejectedRow)
        for problem in row.problems
    ]


def test_a_good_row_becomes_a_record_with_its_unit_term_and_hash() -> None:
    (taken,) = outcome(row(附注="缩微"))
    assert isinstance(taken, TakenRow) and taken.line == 2 and taken.warnings == ()
    assert taken.fields["unit_id"] == "u320581-zf"
    assert taken.fields["eligible_on"] == "2010-06-08"
    assert taken.fields["access_status"] == "unreviewed"
    assert taken.fields["pages"] == 3
    assert taken.fields["other"] == {"附注": "缩微"}


def test_the_fast_hash_is_over_rfc_8785_bytes() -> None:
    (taken,) = outcome(row(题名='"引号 "" 与\t制表，䶮㛃𬭚"', 附注="a/b\\c"))
    assert isinstance(taken, TakenRow)
    fields = {name: taken.fields[name] for name in DESCRIPTIVE_FIELDS}
    assert taken.fields["content_hash"] == sha256_hex(canonical_bytes(fields))


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.dictionaries(st.text("甲乙ab", min_size=1), st.text("xy")),
)
def test_the_fast_hash_never_differs_from_the_canonical_one(title: str, other: dict[str, str]) -> None:
    (taken,) = outcome(row())
    assert isinstance(taken, TakenRow)
    fields = {name: taken.fields[name] for name in DESCRIPTIVE_FIELDS} | {"title": title, "other": other}
    assert content_hash(fields) == sha256_hex(canonical_bytes(fields))


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"档号": ""}, "档号", "EMPTY"),
        ({"题名": "  "}, "题名", "EMPTY"),
        ({"题名": "长" * 601}, "题名", "TOO_LONG"),
        ({"档号": "A" * 51}, "档号", "TOO_LONG"),
        ({"日期": "20250230"}, "日期", "DATE_UNREADABLE"),
        ({"保管期限": "很久"}, "保管期限", "RETENTION_UNKNOWN"),
        ({"开放标识": "也许"}, "开放标识", "ACCESS_STATUS_UNKNOWN"),
        ({"密级": "甲级"}, "密级", "CLASSIFICATION_UNKNOWN"),
        ({"页数": "三"}, "页数", "PAGES_UNREADABLE"),
        ({"题名": "a\x00b"}, "题名", "CONTROL_CHARACTER"),
        ({"附注": "x" * 2001}, "附注", "TOO_LONG"),
    ],
)
def test_a_bad_cell_is_reported_by_line_column_and_reason(cells: dict[str, str], column: str, reason: str) -> None:
    assert reasons(row(1), row(2, **cells), row(3)) == [(3, column, reason)]


def test_every_fault_of_a_row_is_told_at_once() -> None:
    assert reasons(row(日期="x", 页数="y")) == [(2, "日期", "DATE_UNREADABLE"), (2, "页数", "PAGES_UNREADABLE")]


def test_lines_are_counted_as_they_stand_in_the_file() -> None:
    assert reasons(row(1, 题名='"两\n行\n题名"'), "", row(2, 日期="x")) == [(6, "日期", "DATE_UNREADABLE")]


def test_ragged_rows_are_reported_and_empty_surplus_cells_ignored() -> None:
    assert reasons(row(1) + ",,", row(2) + ",多", "A001,少") == [(3, "", "ROW_WIDTH"), (4, "", "ROW_WIDTH")]


def test_a_quote_that_never_closes_costs_one_line() -> None:
    found = outcome(row(1), row(2, 题名='"没有结束'), *[row(n) for n in range(3, 9)])
    assert [(r.line, type(r).__name__) for r in found] == [
        (2, "TakenRow"), (3, "RejectedRow"), *[(n, "TakenRow") for n in range(4, 10)],
    ]  # fmt: skip
    assert reasons(row(1), row(2, 题名='"没有结束')) == [(3, "", "QUOTE_UNREADABLE")]


def test_of_two_rows_under_one_code_the_later_is_reported_with_the_first_ones_line() -> None:
    found = outcome(row(1), row(2), row(1, 档号="A001—WS•1985-Y-BGS-0001", 题名="另一份"))
    assert isinstance(found[2], RejectedRow)
    (problem,) = found[2].problems
    assert (problem.reason, problem.expected) == ("DUPLICATE_IN_FILE", "line 2")


def test_a_rejected_row_does_not_occupy_its_code() -> None:
    assert [type(r) for r in outcome(row(1, 日期="x"), row(1))] == [RejectedRow, TakenRow]


def test_a_fonds_that_nobody_registered_is_warned_about_and_kept_from_review() -> None:
    (taken,) = outcome(row(档号="Q999-WS·1985-Y-BGS-0001"))
    assert isinstance(taken, TakenRow)
    assert taken.warnings == ("FONDS_NOT_REGISTERED",)
    assert (taken.fields["access_status"], taken.fields["control_rule"]) == ("controlled", "O5")


def test_a_code_of_no_known_form_is_warned_about_and_taken() -> None:
    (taken,) = outcome(row(档号="A009-随便-1-2-3-4-5"))
    assert isinstance(taken, TakenRow) and taken.warnings == ("CODE_FORM_UNKNOWN",)
    assert taken.fields["unit_id"] == "" and taken.fields["access_status"] == "unreviewed"


def test_missing_mandatory_columns_refuse_the_file_and_are_named() -> None:
    with pytest.raises(ColumnsMissing) as refusal:
        list(read_catalogue("档号,题名,密级\na,b,c\n", ARCHIVE))
    assert refusal.value.metadata == {"columns": "责任者,日期,保管期限,开放标识"}


@pytest.mark.parametrize("header", [HEADER + ",题名", HEADER + ",附注", HEADER.replace("页数", "")])
def test_repeated_or_nameless_headings_refuse_the_file(header: str) -> None:
    with pytest.raises(ColumnsUnclear):
        list(read_catalogue(f"{header}\n{row()}\n", ARCHIVE))


def test_headings_known_by_other_names_and_starred_ones_are_understood() -> None:
    header = HEADER.replace("日期", "形成日期").replace("题名", "题名*")
    (taken,) = read_catalogue(f"{header}\n{row()}\n", ARCHIVE)
    assert isinstance(taken, TakenRow)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    text = f"{HEADER}\n{row(题名='䶮㛃村')}\n"
    assert decode(text.encode(encoding)) == text


def test_a_utf_8_file_with_a_broken_byte_tells_the_line() -> None:
    with pytest.raises(EncodingUnreadable) as refusal:
        decode(f"{HEADER}\n{row(1)}\n".encode() + b"\xff,\n")
    assert refusal.value.metadata == {"line": "3"}


@pytest.mark.parametrize("content", ["", "\n\n", HEADER])
def test_a_file_without_rows_is_refused(content: str) -> None:
    with pytest.raises(UploadEmpty):
        screen(content)


@pytest.mark.parametrize(
    "bad",
    [
        row(7, 密级="机密★10年"),
        row(7, 附注="绝密"),
        "A001,机密★10年",
        'A001,"机密★10年',
        'A001,机密,没有闭合"',
        row(7, 题名='"关于某事\n机密"'),
        row(7, 题名='"一,机密,二"'),
    ],
)
def test_the_screen_finds_a_graded_row_even_in_a_broken_one(bad: str) -> None:
    assert screen("\n".join([HEADER, row(1), bad, row(3)])).graded_lines == (3,)


def test_the_refusal_tells_count_and_lines_and_nothing_else() -> None:
    refusal = StateSecretSuspected.at(range(2, 202))
    assert refusal.metadata["count"] == "200"
    assert refusal.metadata["lines"] == ",".join(map(str, range(2, 102)))


@given(st.text(alphabet='a,"\n\r密 ', max_size=200))
def test_no_line_is_lost_however_the_quotes_stand(text: str) -> None:
    """Every physical line belongs to exactly one row, or is blank."""
    rows = list(source_rows(text))
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    kept = "".join(cell for row in rows for cell in row.cells)
    assert kept.count("a") == text.count("a") and kept.count("密") == text.count("密")


def _held(taken: TakenRow, **changes: object) -> dict[str, object]:
    return {**taken.fields, "batch_id": None, "decision": None, "version": 1, **changes}


@pytest.mark.parametrize(
    ("held", "changed", "effect", "reason"),
    [
        ({}, False, Effect.NOTHING, ""),
        ({}, True, Effect.UPDATE, ""),
        ({"batch_id": "b"}, False, Effect.NOTHING, ""),
        ({"batch_id": "b"}, True, Effect.REFUSE, "RECORD_IN_BATCH"),
        ({"access_status": "open", "batch_id": "b"}, True, Effect.REFUSE, "RECORD_PUBLISHED"),
        ({"access_status": "open"}, False, Effect.NOTHING, ""),
        ({"access_status": "deferred", "decision": "defer"}, True, Effect.REFUSE, "RECORD_REVIEWED"),
    ],
)
def test_a_record_under_signatures_is_never_altered_by_an_import(
    held: dict[str, object], changed: bool, effect: Effect, reason: str
) -> None:
    (before,), (after,) = outcome(row()), outcome(row(题名="改过的题名") if changed else row())
    assert isinstance(before, TakenRow) and isinstance(after, TakenRow)
    assert effect_on(after, _held(before, **held)) == (effect, reason)


def test_a_record_not_held_yet_is_created() -> None:
    (taken,) = outcome(row())
    assert isinstance(taken, TakenRow) and effect_on(taken, None) == (Effect.CREATE, "")


@given(st.text(max_size=20), st.text(max_size=60))
def test_a_record_is_named_by_uuid_5(archive_id: str, code: str) -> None:
    assert record_id(archive_id, code) == str(uuid.uuid5(RECORD_NAMESPACE, f"{archive_id}\n{code}"))
