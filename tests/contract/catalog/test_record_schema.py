"""The import's raw documents and the mongoengine schema give the same verdicts."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from mongoengine import ValidationError

from deploy.samples.archives import sample_archives
from deploy.samples.generator import HEADER, csv_file
from services.catalog.adapters.documents import record_from_raw
from services.catalog.adapters.import_claims import new_document
from services.catalog.domain.import_rows import RejectedRow, TakenRow, read_catalogue

ARCHIVE = sample_archives()["a320581"]
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def raw_documents(text: str) -> list[dict[str, Any]]:
    """What the import would write for a file."""
    rows = list(read_catalogue(text, ARCHIVE))
    assert not [row for row in rows if isinstance(row, RejectedRow)]
    return [new_document(row, "import-1", NOW) for row in rows if isinstance(row, TakenRow)]


def generated(rows: int) -> str:
    out = io.StringIO(newline="")
    csv_file(ARCHIVE, rows, 11, out)
    return out.getvalue()


def one() -> dict[str, Any]:
    return raw_documents(generated(1))[0]


def test_every_document_the_import_writes_is_valid_and_is_exactly_what_the_schema_would_write() -> None:
    for raw in raw_documents(generated(2_000)):
        document = record_from_raw(raw)
        document.validate()
        again = document.to_mongo().to_dict()
        again["date"] = dict(again["date"])
        absent = {name: value for name, value in raw.items() if name not in again}
        assert {name: raw[name] for name in again} == again
        assert all(value is None for value in absent.values()), absent


@pytest.mark.parametrize(
    ("code", "title", "day"),
    [("A001-X", "题", "不详"), ("甲" * 50, "长" * 600, "民国廿二年"), ("A001-永久-1-1", "䶮㛃𬭚", "1950-1953")],
)
def test_the_extremes_the_import_takes_are_valid(code: str, title: str, day: str) -> None:
    cells = {"档号": code, "题名": title, "责任者": "县政府", "日期": day, "保管期限": "永久", "开放标识": ""}
    line = ",".join(cells.get(heading, "") for heading in HEADER)
    (raw,) = raw_documents(f"{','.join(HEADER)}\n{line}\n")
    record_from_raw(raw).validate()


@pytest.mark.parametrize(
    "fault",
    [
        {"title": "长" * 601},
        {"title": ""},
        {"reference_code": "A" * 51},
        {"creator": ""},
        {"level": "series"},
        {"access_status": "maybe"},
        {"pages": -1},
        {"version": 0},
        {"eligible_on": "tomorrow"},
        {"content_hash": "x"},
        {"date": {"raw": "1985", "earliest": "1985", "latest": None, "precision": "year", "attested": False}},
        {"date": {"raw": "1985", "earliest": None, "latest": None, "precision": "about", "attested": False}},
        {"archive_id": None},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_what_the_import_would_refuse_the_schema_refuses_too(fault: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        record_from_raw({**one(), **fault}).validate()
