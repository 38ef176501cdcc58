"""No value of one province's topic stops the index of all: what cannot be read is a dead letter."""

import uuid

import pytest

from services.common.kafka.consumed import Consumed
from services.discovery.application.follow import Unreadable
from services.discovery.application.ports import Entry
from services.discovery.entrypoints.records_handler import state_of
from tongdang.catalog.v1 import record_pb2

ID = str(uuid.uuid5(uuid.NAMESPACE_DNS, "value"))


def published() -> record_pb2.RecordPublished:
    opened = record_pb2.OpenEntry(record_id=ID, region_id="320000", title="结婚登记申请书", reference_code="A001-1")
    opened.date.earliest, opened.date.latest = "1990-07-18", "1990-07-18"
    value = record_pb2.RecordPublished(open=opened)
    value.event.version = 3
    value.event.time.seconds = 1_767_600_000
    return value


def read(value: bytes, key: str = ID, region: str = "320000") -> object:
    return state_of(Consumed(f"catalog.{region}.records.v1", 0, 0, key.encode(), value, {}, 0))


def test_an_open_entry_is_read_with_version_years_and_moment() -> None:
    entry = read(published().SerializeToString())
    assert isinstance(entry, Entry)
    assert (entry.record_id, entry.version, entry.years) == (ID, 3, (1990, 1990))
    assert entry.changed.isoformat() == "2026-01-05T08:00:00+00:00"


@pytest.mark.parametrize("seconds", [1 << 62, -(1 << 62), 253_402_300_800])
def test_a_moment_that_is_none_is_a_dead_letter(seconds: int) -> None:
    value = published()
    value.event.time.seconds = seconds
    assert isinstance(read(value.SerializeToString()), Unreadable)


@pytest.mark.parametrize("day", ["abcd-07-18", "早年"])
def test_a_day_that_is_none_is_a_dead_letter(day: str) -> None:
    value = published()
    value.open.date.earliest = day
    assert isinstance(read(value.SerializeToString()), Unreadable)


@pytest.mark.parametrize("key", ["", "#positions", ID.upper(), ID.replace("-", ""), f"{ID}0", "{" + ID + "}"])
def test_a_key_that_is_no_uuid_as_they_are_written_is_a_dead_letter(key: str) -> None:
    assert isinstance(read(published().SerializeToString(), key), Unreadable)


@pytest.mark.parametrize("value", [b"", b"\xff\xff"])
def test_bytes_that_are_no_message_are_a_dead_letter(value: bytes) -> None:
    assert isinstance(read(value), Unreadable)


def test_an_entry_on_another_provinces_topic_is_a_dead_letter() -> None:
    assert isinstance(read(published().SerializeToString(), region="520000"), Unreadable)
