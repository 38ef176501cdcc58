"""The union index in a folder: newer states replace older ones, hidden keys vanish, positions come along."""

import uuid
from pathlib import Path

import pytest

from services.discovery.adapters.stored_entry import public_form, stored_form
from services.discovery.adapters.tantivy_index import TantivyIndex
from services.discovery.application.ports import Entry
from services.discovery.domain.query import Filters, parse_query
from tongdang.catalog.v1 import record_pb2

FIRST, SECOND = (str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) for name in ("first", "second"))
AT = {("catalog.320000.records.v1", 0): 7}


def state(record_id: str, version: int, title: str, *, opened: bool = True) -> Entry:
    published = record_pb2.OpenEntry(record_id=record_id, title=title, reference_code="A001-1", fonds="A001")
    return Entry(record_id, version, opened, stored_form(published) if opened else b"", title)


def found(index: TantivyIndex, text: str) -> list[tuple[str, str]]:
    """Id and title of each hit, as the public gets it."""
    hits = index.search(parse_query(text, Filters("", "", 0, 0)), offset=0, limit=10).hits
    public = [public_form(hit.record_id, hit.payload) for hit in hits]
    return [(entry.record_id, entry.title) for entry in public]


@pytest.fixture
def index(tmp_path: Path) -> TantivyIndex:
    index = TantivyIndex(tmp_path)
    index.apply([state(FIRST, 1, "婚姻登记"), state(SECOND, 1, "土地证")], [], AT)
    return index


def test_an_entry_is_found_under_its_own_id_and_whole(index: TantivyIndex) -> None:
    assert found(index, "婚姻") == [(FIRST, "婚姻登记")]
    entry = index.get(SECOND)
    assert entry is not None
    assert public_form(entry.record_id, entry.payload).fonds == "A001"
    assert index.positions() == AT


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("hunyin", [FIRST]),
        ("hun yin dengji", [FIRST]),
        ("hun", [FIRST]),
        ("ji", [FIRST]),
        ("tudizheng", [SECOND]),
        ("zheng", [SECOND]),
        ("hundeng", []),
        ("hu", []),
        ("jihun", []),
    ],
)
def test_a_reading_is_found_where_its_syllables_follow_one_another(
    index: TantivyIndex, typed: str, expected: list[str]
) -> None:
    assert [record_id for record_id, _ in found(index, typed)] == expected


def test_without_words_every_open_entry_is_there_and_no_other(index: TantivyIndex) -> None:
    index.apply([state(FIRST, 2, "", opened=False)], [], {})
    assert found(index, "") == [(SECOND, "土地证")]
    region = index.search(parse_query("", Filters("320000", "", 0, 0)), offset=0, limit=10)
    years = index.search(parse_query("", Filters("", "", 1900, 2000)), offset=0, limit=10)
    assert region.total == years.total == 0, "neither has a region or a year"


def test_a_newer_state_replaces_an_older_one_and_never_the_other_way_round(index: TantivyIndex) -> None:
    index.apply([state(FIRST, 3, "救济名册"), state(SECOND, 1, "旧的")], [], {})
    index.apply([state(FIRST, 2, "婚姻登记")], [], {})
    assert found(index, "婚姻") == [] and found(index, "救济") == [(FIRST, "救济名册")]
    assert found(index, "土地") == [(SECOND, "土地证")]
    assert index.entries == 2


def test_what_is_retracted_or_hidden_is_not_found(index: TantivyIndex) -> None:
    index.apply([state(FIRST, 2, "", opened=False)], [SECOND, "no uuid", "#positions"], {})
    assert found(index, "婚姻") == [] and found(index, "土地") == []
    retracted = index.get(FIRST)
    assert retracted is not None and not retracted.open
    assert index.get(SECOND) is None
    assert index.get("#positions") is None and index.get("no uuid") is None
    assert index.positions() == AT, "no key of a message reaches the positions"


def test_everything_is_there_after_a_restart(index: TantivyIndex, tmp_path: Path) -> None:
    index.stop()
    again = TantivyIndex(tmp_path)
    assert found(again, "婚姻") == [(FIRST, "婚姻登记")]
    assert again.positions() == AT


def test_half_a_batch_does_not_leave_with_its_repetition(index: TantivyIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise ValueError("no space left on device")

    third, after = str(uuid.uuid5(uuid.NAMESPACE_DNS, "third")), {**AT, ("catalog.130000.records.v1", 0): 3}
    with monkeypatch.context() as broken:
        broken.setattr("services.discovery.adapters.tantivy_index.positions_document", full)
        with pytest.raises(ValueError, match="no space"):
            index.apply([state(third, 1, "工资表")], [], after)
    index.apply([state(third, 1, "工资表")], [], after)
    assert found(index, "工资表") == [(third, "工资表")]
    assert index.entries == 3 and index.positions() == after
