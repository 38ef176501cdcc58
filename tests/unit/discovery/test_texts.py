"""Texts in the union index: found beside their entries, whichever comes first, and gone with either."""

import itertools
import uuid
from pathlib import Path

import pytest

from services.common.kafka.consumed import Consumed
from services.discovery.adapters.stored_entry import stored_form
from services.discovery.adapters.tantivy_index import TantivyIndex
from services.discovery.application.follow import Unreadable, follow
from services.discovery.application.ports import Entry, Text, Texts
from services.discovery.domain.passages import passage
from services.discovery.domain.query import Filters, parse_query
from services.discovery.domain.text import runs
from services.discovery.entrypoints.records_handler import state_of
from tongdang.catalog.v1 import record_pb2, text_pb2
from tongdang.common.v1 import event_pb2

ID, OTHER = (str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) for name in ("first", "second"))
AT = {("catalog.320000.records.v1", 0): 7}
WORDS = "经研究，同意你乡修建水库一座。"
TOPIC = "catalog.320000.texts.v1"


def entry(version: int = 1, *, opened: bool = True, title: str = "关于水利工程的批复") -> Entry:
    published = record_pb2.OpenEntry(record_id=ID, title=title, reference_code="A001-1", fonds="A001")
    published.region_id = "320000"
    return Entry(ID, version, opened, stored_form(published) if opened else b"", title if opened else "")


def text(version: int = 1, words: str = WORDS) -> Text:
    payload = text_pb2.OpenText(record_id=ID, text=words).SerializeToString() if words else b""
    return Text(ID, version, words, payload)


def found(index: TantivyIndex, words: str) -> list[str]:
    hits = index.search(parse_query(words, Filters()), offset=0, limit=10).hits
    return [hit.record_id for hit in hits]


@pytest.fixture
def index(tmp_path: Path) -> TantivyIndex:
    return TantivyIndex(tmp_path)


STEPS = {
    "entry": lambda index: index.apply([entry()], [], AT),
    "text": lambda index: index.apply([], [], AT, Texts([text()])),
    "newer text": lambda index: index.apply([], [], AT, Texts([text(2, "")])),
    "newer entry": lambda index: index.apply([entry(2)], [], AT),
}


@pytest.mark.parametrize("order", list(itertools.permutations(["entry", "text", "newer entry"])))
def test_words_of_a_text_find_its_record_whichever_of_the_two_came_first(
    index: TantivyIndex, order: tuple[str, ...]
) -> None:
    for step in order:
        STEPS[step](index)
    assert found(index, "修建水库") == [ID]
    assert found(index, "水利工程") == [ID]
    kept = index.get(ID)
    assert kept and kept.version == 2 and kept.has_text
    assert index.entries == 1


@pytest.mark.parametrize("order", list(itertools.permutations(["entry", "text", "newer text"])))
def test_a_withdrawn_text_is_found_no_more_whatever_came_in_which_order(
    index: TantivyIndex, order: tuple[str, ...]
) -> None:
    for step in order:
        STEPS[step](index)
    assert found(index, "修建水库") == []
    assert found(index, "水利工程") == [ID]
    kept = index.get(ID)
    assert kept and not kept.has_text


def test_both_in_one_batch_are_one_document(index: TantivyIndex) -> None:
    index.apply([entry()], [], AT, Texts([text()]))
    assert found(index, "修建水库") == [ID]
    assert index.size == 2, "the record and the positions"


def test_a_text_alone_is_nothing_that_anybody_finds_or_reads(index: TantivyIndex) -> None:
    index.apply([], [], AT, Texts([text()]))
    assert found(index, "修建水库") == []
    assert index.get(ID) is None
    assert index.entries == 0


def test_a_retracted_entry_takes_its_text_along(index: TantivyIndex) -> None:
    index.apply([entry()], [], AT, Texts([text()]))
    index.apply([entry(2, opened=False)], [], AT)
    assert found(index, "修建水库") == []
    kept = index.get(ID)
    assert kept and not kept.open and not kept.has_text
    index.apply([], [], AT, Texts([text(1)]))
    assert found(index, "修建水库") == []


def test_an_unreadable_entry_hides_the_text_and_an_unreadable_text_leaves_the_entry(index: TantivyIndex) -> None:
    index.apply([entry()], [], AT, Texts([text()]))
    index.apply([], [ID], AT)
    assert found(index, "修建水库") == [] and index.get(ID) is None
    index.apply([entry(2)], [], AT)
    assert found(index, "修建水库") == [ID]
    index.apply([], [], AT, Texts(hidden=[ID]))
    assert found(index, "修建水库") == []
    assert found(index, "水利工程") == [ID]


def test_a_lower_version_of_a_text_changes_nothing(index: TantivyIndex) -> None:
    index.apply([entry()], [], AT, Texts([text(3)]))
    index.apply([], [], AT, Texts([text(2, "别的文字")]))
    assert found(index, "修建水库") == [ID]


def message(value: bytes, key: str = ID, topic: str = TOPIC) -> Consumed:
    return Consumed(topic, 0, 0, key.encode(), value, {}, 0)


def published(record_id: str = ID, region_id: str = "320000", version: int = 1) -> bytes:
    opened = text_pb2.OpenText(record_id=record_id, region_id=region_id, text=WORDS)
    return text_pb2.TextPublished(event=event_pb2.Event(version=version), open=opened).SerializeToString()


@pytest.mark.parametrize(
    "wrong",
    [
        message(published(OTHER)),
        message(published(region_id="330000")),
        message(published(), key="x"),
        message(b"\xff\xff"),
        message(b""),
    ],
)
def test_a_text_whose_key_topic_and_value_disagree_is_unreadable(wrong: Consumed) -> None:
    state = state_of(wrong)
    assert isinstance(state, Unreadable) and state.of_text


def test_the_newest_of_a_batch_counts_for_entry_and_text_each(index: TantivyIndex) -> None:
    states = [state_of(message(published(version=3))), entry(2), state_of(message(published(version=2))), entry(1)]
    follow(states, AT, index=index, bury=lambda letters: None)
    kept = index.get(ID)
    assert kept and kept.text and (kept.version, kept.text.version) == (2, 3)


def test_a_passage_shows_the_words_as_they_stand_with_what_is_around_them() -> None:
    around = passage("前文" * 40 + "修建水庫\n一座" + "后文" * 40, runs("修建水库"))
    assert around and around.found == "修建水庫"
    assert around.before == ("前文" * 20) and around.after.startswith(" 一座后文")


def test_words_that_the_title_holds_need_no_passage() -> None:
    assert passage(WORDS, runs("水库"), beside="水库的批复") is None
    assert passage(WORDS, runs("没有"), beside="") is None
    assert passage("ＷＴＯ协定", runs("wto")) is not None
