"""What was opened and retracted is listed whole, each record once, page by page, whatever changes meanwhile."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.domain.errors import InvalidArgument, InvalidPageToken
from services.discovery.adapters.index_documents import key_of
from services.discovery.adapters.stored_entry import stored_form
from services.discovery.adapters.tantivy_index import TantivyIndex
from services.discovery.application.list_changes import list_changes
from services.discovery.application.ports import Changed, Entry
from services.discovery.domain.changes import Window, is_retraction, moment_of, place
from tongdang.catalog.v1 import record_pb2

START = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
REGIONS = ("320000", "520000")


def identity(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number)))


def opened(number: int, second: int, version: int = 2) -> Entry:
    region = REGIONS[number % 2]
    entry = record_pb2.OpenEntry(
        record_id=identity(number), title=f"第{number}号", region_id=region, archive_id=f"a{region}"
    )
    at = START + timedelta(seconds=second)
    return Entry(
        identity(number), version, True, stored_form(entry), entry.title, "", "", region, f"a{region}", changed=at
    )


def retracted(number: int, second: int, version: int = 3) -> Entry:
    region = REGIONS[number % 2]
    gone = record_pb2.Retraction(record_id=identity(number), region_id=region, archive_id=f"a{region}", rule="D1")
    return Entry(identity(number), version, False, gone.SerializeToString(), changed=START + timedelta(seconds=second))


@pytest.fixture
def index(tmp_path: Path) -> TantivyIndex:
    """A thousand records, five hundred a second, of which every tenth was retracted an hour later."""
    index = TantivyIndex(tmp_path)
    index.apply([opened(number, number // 500) for number in range(1000)], [], {})
    index.apply([retracted(number, 3600 + number // 50) for number in range(0, 1000, 10)], [], {})
    return index


def listed(index: TantivyIndex, window: Window, size: int = 30, newest_first: bool = False) -> list[Changed]:
    """All pages."""
    found: list[Changed] = []
    token = ""
    while True:
        page = list_changes(window, size=size, newest_first=newest_first, token=token, index=index)
        found += page.changes
        if not (token := page.next_token):
            return found


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("size", [1, 30, 100])
def test_every_record_is_listed_once_in_the_order_of_its_last_change(
    index: TantivyIndex, size: int, newest_first: bool
) -> None:
    found = listed(index, Window(), size, newest_first)
    assert {one.record_id for one in found} == {identity(number) for number in range(1000)}
    assert len(found) == 1000
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=newest_first)
    assert sum(not one.open for one in found) == 100


def test_a_window_has_both_its_ends(index: TantivyIndex) -> None:
    second = START + timedelta(seconds=1)
    found = listed(index, Window(first=second, last=second))
    assert len(found) == 450 and {one.at for one in found} == {second}
    assert listed(index, Window(last=START - timedelta(seconds=1))) == []
    assert len(listed(index, Window(first=START + timedelta(hours=1)))) == 100
    with pytest.raises(InvalidArgument):
        listed(index, Window(first=second, last=START))


def test_a_region_or_an_archive_lists_its_own_retractions_too(index: TantivyIndex) -> None:
    for window in (Window(region_id="520000"), Window(archive_id="a520000")):
        assert len(listed(index, window)) == 500
    mine = listed(index, Window("320000", "a320000"))
    assert len(mine) == 500 and sum(not one.open for one in mine) == 100
    assert listed(index, Window("999999")) == []


def test_a_token_goes_on_behind_its_place_after_others_were_published(index: TantivyIndex) -> None:
    first = list_changes(Window(), size=100, newest_first=False, token="", index=index)
    moved = next(one for one in first.changes if one.open)
    late = [opened(2001, 7200), Entry(moved.record_id, 9, False, b"", changed=START + timedelta(hours=3))]
    index.apply(late, [], {})
    rest: list[Changed] = []
    token = first.next_token
    while token:
        page = list_changes(Window(), size=100, newest_first=False, token=token, index=index)
        rest += page.changes
        token = page.next_token
    assert len(first.changes) + len(rest) == 1002, "the moved one comes again where it now stands"
    assert rest[-1].record_id == moved.record_id and not rest[-1].open


def test_entries_that_share_a_number_are_never_parted(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    alike = [f"00000000-0000-5000-8000-{number:012x}" for number in range(150)]
    at = START
    index.apply([Entry(one, 2, True, b"", changed=at) for one in alike], [], {})
    assert {one.record_id for one in listed(index, Window(), 20)} == set(alike)


def test_a_token_of_another_listing_is_refused(index: TantivyIndex) -> None:
    token = list_changes(Window(), size=5, newest_first=False, token="", index=index).next_token
    for window, newest_first in ((Window("320000"), False), (Window(), True)):
        with pytest.raises(InvalidPageToken):
            list_changes(window, size=5, newest_first=newest_first, token=token, index=index)
    with pytest.raises(InvalidPageToken):
        list_changes(Window(), size=5, newest_first=False, token="nonsense", index=index)


def test_one_record_tells_when_it_changed(index: TantivyIndex) -> None:
    entry = index.get(identity(0))
    assert entry is not None and not entry.open
    assert entry.changed == START + timedelta(hours=1)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2120, 1, 1)), st.uuids(), st.booleans())
def test_a_number_keeps_the_second_and_the_kind(moment: datetime, record: uuid.UUID, gone: bool) -> None:
    moment = moment.replace(tzinfo=UTC)
    number = place(moment, key_of(str(record)), retracted=gone)
    assert moment_of(number) == moment.replace(microsecond=0)
    assert is_retraction(number) is gone
    low, high = Window(first=moment, last=moment).numbers
    assert low <= number <= high
