"""What a commitment covers is every field that a reader sees, as the public API tells it."""

from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict

from services.catalog.adapters.published_messages import entry_content, published_entry
from tongdang.catalog.v1 import record_pb2

WORTH: dict[int, Any] = {
    FieldDescriptor.TYPE_STRING: "题名",
    FieldDescriptor.TYPE_UINT32: 7,
    FieldDescriptor.TYPE_BOOL: True,
    FieldDescriptor.TYPE_ENUM: 1,
}


def filled(message: Any) -> Any:
    """Every field set to something, also those that are added one day."""
    for field in message.DESCRIPTOR.fields:
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            filled(getattr(message, field.name))
        else:
            setattr(message, field.name, WORTH[field.type])
    return message


def as_read(entry: record_pb2.OpenEntry) -> dict[str, Any]:
    return dict(MessageToDict(entry, preserving_proto_field_name=True))


def test_every_field_of_an_entry_is_committed_to() -> None:
    entry = filled(record_pb2.OpenEntry())
    assert entry_content(entry) == as_read(entry)
    assert len(entry_content(entry)) == len(record_pb2.OpenEntry.DESCRIPTOR.fields)


@pytest.mark.parametrize(
    "name", [field.name for field in record_pb2.OpenEntry.DESCRIPTOR.fields if field.name != "date"]
)
def test_an_empty_field_is_left_out_so_that_a_contract_may_grow(name: str) -> None:
    entry = filled(record_pb2.OpenEntry())
    entry.ClearField(name)
    assert entry_content(entry) == as_read(entry)
    assert name not in entry_content(entry)


@pytest.mark.parametrize("level", record_pb2.Level.values())
def test_every_level_is_told_by_its_name(level: int) -> None:
    entry = filled(record_pb2.OpenEntry())
    entry.level = level
    assert entry_content(entry) == as_read(entry)


def test_a_masked_title_is_the_one_that_leaves() -> None:
    date = {"raw": "1990", "earliest": None, "latest": None, "precision": "year", "attested": False}
    known = {"_id": "r", "region_id": "320000", "archive_id": "a320581", "reference_code": "A001-1", "fonds": "A001"}
    more = {"level": "item", "title": "张三受贿案", "creator": "检察院", "date": date, "pages": 3, "rule": "O1"}
    record = {**known, **more, "batch_id": "b", "opened_on": "2026-03-02", "reviewed_by_archive_alone": False}
    assert published_entry({**record, "masked_title": "某案"}, sample=False).title == "某案"
    assert published_entry({**record, "masked_title": ""}, sample=False).title == "张三受贿案"
