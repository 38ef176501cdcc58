"""Fields read from leaves that anyone may have written, and the order of a trail."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.adapters.arrivals import arrived_at
from services.audit.adapters.log_documents import entry_document, logged_of
from services.audit.domain.streams import Arrived, Place
from services.audit.domain.trail import Logged, in_order
from services.common.domain.actor import Actor
from services.common.domain.audit_event import MAX_LEAF_BYTES, AuditEvent, ObjectRef, Outcome
from tongdang.audit.v1 import audit_pb2

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def leaf(**changes: Any) -> bytes:
    event = AuditEvent(
        event_id="e1",
        time=NOON,
        action="request.submit",
        outcome=Outcome.GRANTED,
        actor=Actor.service("requests"),
        role="service",
        object=ObjectRef("request", "r1", "320000", "a1"),
        correlation_id="c1",
        facts={"request_number": "520000-2026-000001"},
    )
    return json.dumps({**json.loads(event.leaf()), **changes}).encode()


def stored(stream: str, content: bytes) -> dict[str, Any]:
    """As the database would give it back; fails where it would refuse it."""
    return bson.decode(bson.encode(entry_document(0, stream, 1, content)))


def test_an_event_is_found_by_its_fields_and_a_request_by_its_number() -> None:
    found = stored("requests/1", leaf())
    assert (found["action"], found["correlation_id"], found["region_id"]) == ("request.submit", "c1", "320000")
    assert found["request_number"] == "520000-2026-000001"


def test_only_the_requests_service_names_request_numbers() -> None:
    assert "request_number" not in stored("catalog-130000/1", leaf())


def test_a_province_cannot_speak_of_another_province() -> None:
    assert stored("catalog-130000/1", leaf())["region_id"] == "130000"
    assert stored("catalog-130000/1", b"opaque")["region_id"] == "130000"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"[" * 30_000,
        leaf(time="yesterday"),
        leaf(time="0001-01-01T00:00:00+14:00"),
        leaf(time="2026-01-01T00:00:00"),
        leaf(time=5),
        leaf(activity_name=10**30),
        leaf(activity_name={"$where": "1"}),
        leaf(actor={"uid": "\ud800", "role": "", "via": ""}),
        leaf(entity=None),
        leaf(unmapped=[]),
    ],
)
def test_bytes_that_are_no_event_are_stored_all_the_same(content: bytes) -> None:
    document = stored("requests/1", content)
    assert document["action"] == "opaque"
    assert logged_of(document).time is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["metadata", "time", "activity_name", "status", "actor", "entity", "correlation_uid", "unmapped"]),
)
def test_no_leaf_can_stop_the_log(value: Any, where: str) -> None:
    stored("requests/1", leaf(**{where: value}))


HERE = "audit.catalog-320000.events.v1"


def sent(stream: str, seq: int, content: bytes, topic: str = HERE) -> Arrived:
    value = audit_pb2.StreamedLeaf(stream=stream, seq=seq, leaf=content).SerializeToString()
    return arrived_at(Place(topic, 0, 7), value)


def test_an_event_is_believed_on_its_producers_topic_only() -> None:
    assert sent("catalog-320000/1", 3, b"x").stream == "catalog-320000/1"
    assert sent("catalog-320000/1", 3, b"x", "audit.catalog-130000.events.v1").stream == ""


@pytest.mark.parametrize(
    ("stream", "seq", "content"),
    [
        ("catalog-320000", 1, b"x"),
        ("catalog-320000/0", 1, b"x"),
        ("catalog-320000/01", 1, b"x"),
        ("catalog-320000/1\n", 1, b"x"),
        ("catalog-320000/" + "9" * 10, 1, b"x"),
        ("catalog-320000/1", 0, b"x"),
        ("catalog-320000/1", 2**53, b"x"),
        ("catalog-320000/1", 2**64 - 1, b"x"),
        ("catalog-320000/1", 1, b""),
        ("catalog-320000/1", 1, b"x" * (MAX_LEAF_BYTES + 1)),
    ],
)
def test_what_no_producer_of_ours_sends_is_unreadable(stream: str, seq: int, content: bytes) -> None:
    arrived = sent(stream, seq, content)
    assert (arrived.stream, arrived.place) == ("", Place(HERE, 0, 7))
    assert content in arrived.leaf, "the bytes are kept whole"


def logged(index: int, minute: int, event_id: str, cause: str = "") -> Logged:
    texts = dict.fromkeys(Logged.__dataclass_fields__, "")
    fields = {**texts, "leaf_index": index, "seq": 1, "leaf": b"", "time": NOON + timedelta(minutes=minute)}
    return Logged(**{**fields, "event_id": event_id, "causation_id": cause})  # type: ignore[arg-type]


def test_a_cause_stands_before_its_effect_though_its_clock_was_late() -> None:
    effect, cause, later = logged(0, 1, "effect", "cause"), logged(1, 5, "cause"), logged(2, 9, "later")
    assert in_order([later, effect, cause]) == [cause, effect, later]


def test_without_causes_time_decides_and_then_the_place_in_the_log() -> None:
    first, second, third = logged(5, 0, "a"), logged(1, 1, "b"), logged(2, 1, "c")
    assert in_order([third, second, first]) == [first, second, third]


def test_events_that_cause_each_other_are_all_there() -> None:
    ring = [logged(0, 0, "a", "b"), logged(1, 1, "b", "c"), logged(2, 2, "c", "a")]
    assert sorted(event.leaf_index for event in in_order(ring)) == [0, 1, 2]


def test_a_chain_of_thousands_of_causes_is_put_in_order() -> None:
    chain = [logged(number, -number, str(number), str(number - 1)) for number in range(5_000)]
    assert [event.leaf_index for event in in_order(chain)] == list(range(5_000))
