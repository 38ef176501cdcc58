"""Supervision on a real log: trails within a scope, each look recorded with its reason."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from services.audit.adapters.leaves import Leaves
from services.audit.adapters.log_documents import MIGRATIONS
from services.audit.adapters.projection import Projection
from services.audit.application.supervise import EventFilter, commitment, event_in_scope, search_events, trail
from services.audit.domain.streams import OWN_STREAM, Arrived
from services.audit.domain.trail import Logged
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome
from services.common.domain.caller import Caller
from services.common.domain.errors import AuditUnavailable, InvalidArgument, InvalidPageToken, NotFound, OutOfScope
from services.common.mongo.migrations import migrate
from tests.integration.audit.ground import AuditGround
from tests.integration.dataplane.ground import CLOCK, IDS

pytestmark = pytest.mark.integration
NUMBER = "520000-2026-000001"


def regulator(*scope: str) -> Caller:
    actor = Actor("ab" * 16, frozenset({Role.REGULATOR}), "portal", scope=scope)
    return Caller(actor, Role.REGULATOR, "audit.read-trail", IDS.new(), "", CLOCK, IDS)


def log_a_request(ground: AuditGround, request_id: str, events: int, region_id: str = "320000") -> None:
    """A request's events: submitted, then so many reads of it."""
    now = CLOCK.now()
    submitted = AuditEvent(
        event_id=IDS.new(),
        time=now,
        action="request.submit",
        outcome=Outcome.GRANTED,
        actor=Actor.service("requests"),
        role="citizen",
        object=ObjectRef("request", request_id, region_id, "a1"),
        correlation_id=request_id,
        facts={"request_number": NUMBER},
    )
    reads = [
        replace(
            submitted,
            event_id=IDS.new(),
            action="case.read",
            time=now + timedelta(seconds=n),
            causation_id=submitted.event_id,
            facts={},
        )
        for n in range(1, events)
    ]
    store = ground.store()
    head = store.writable_head()
    streams = head.streams.copy()
    arrived = [Arrived("requests/1", n, event.leaf()) for n, event in enumerate([*reads, submitted], 1)]
    for one in arrived:
        streams.append(one)
    store.append(head, arrived, streams, {})
    Projection(ground.database, store).catch_up()


def test_a_trail_is_found_by_its_number_in_order_page_by_page(ground: AuditGround) -> None:
    request_id = IDS.new()
    log_a_request(ground, request_id, 7)
    recorded: list[AuditEvent] = []
    found: list[Logged] = []
    token, pages = "", 0
    while pages == 0 or token:
        page = trail(
            NUMBER,
            purpose="投诉核查",
            size=3,
            token=token,
            by=regulator("*"),
            events=ground.events,
            record=recorded.append,
        )
        found += page.items
        token, pages = page.next_token, pages + 1
    assert pages == 3
    assert [event.action for event in found] == ["request.submit"] + ["case.read"] * 6
    assert all(json.loads(event.leaf)["correlation_uid"] == request_id for event in found)
    assert [event.correlation_id for event in recorded] == [request_id] * 3
    looks = {row["_id"]: row for row in ground.database.db["looks"].find()}
    assert {event.event_id: "投诉核查" for event in recorded} == {one: row["purpose"] for one, row in looks.items()}
    for event in recorded:
        assert event.facts["purpose_commitment"] == commitment(looks[event.event_id]["salt"], "投诉核查")
    assert "投诉核查" not in recorded[0].leaf().decode(), "people's words stay out of the public log"


@pytest.mark.parametrize(
    ("correlation", "purpose", "token"),
    [("", "why", ""), ("x" * 101, "why", ""), (NUMBER, " ", ""), (NUMBER, "x" * 201, ""), (NUMBER, "why", "bm8")],
)
def test_a_look_without_a_reason_or_a_name_is_refused(
    ground: AuditGround, correlation: str, purpose: str, token: str
) -> None:
    log_a_request(ground, IDS.new(), 1)
    with pytest.raises(InvalidArgument):
        trail(
            correlation,
            purpose=purpose,
            size=0,
            token=token,
            by=regulator("*"),
            events=ground.events,
            record=lambda _: None,
        )


def test_a_look_that_cannot_be_recorded_shows_nothing(ground: AuditGround) -> None:
    log_a_request(ground, IDS.new(), 1)

    def fail(_: AuditEvent) -> None:
        raise AuditUnavailable

    with pytest.raises(AuditUnavailable):
        trail(NUMBER, purpose="why", size=0, token="", by=regulator("*"), events=ground.events, record=fail)


def test_a_regions_regulator_sees_that_region_alone(ground: AuditGround) -> None:
    log_a_request(ground, IDS.new(), 2)
    guizhou = regulator("520000")
    with pytest.raises(NotFound):
        trail(NUMBER, purpose="why", size=0, token="", by=guizhou, events=ground.events, record=lambda _: None)
    with pytest.raises(OutOfScope):
        event_in_scope(0, by=guizhou.actor, events=ground.events)
    with pytest.raises(OutOfScope):
        search_events(EventFilter(region_id="320000"), size=0, token="", by=guizhou.actor, events=ground.events)
    assert not search_events(EventFilter(), size=0, token="", by=guizhou.actor, events=ground.events).items
    jiangsu = regulator("320000").actor
    assert len(search_events(EventFilter(), size=0, token="", by=jiangsu, events=ground.events).items) == 2


def test_a_search_goes_from_new_to_old_and_its_token_is_its_own(ground: AuditGround) -> None:
    log_a_request(ground, IDS.new(), 5)
    nation = regulator("*").actor
    reads = EventFilter(action="case.read")
    first = search_events(reads, size=3, token="", by=nation, events=ground.events)
    rest = search_events(reads, size=3, token=first.next_token, by=nation, events=ground.events)
    assert [event.leaf_index for event in [*first.items, *rest.items]] == [3, 2, 1, 0]
    with pytest.raises(InvalidPageToken):
        search_events(EventFilter(), size=3, token=first.next_token, by=nation, events=ground.events)
    late = EventFilter(after=CLOCK.now() + timedelta(days=1))
    assert not search_events(late, size=0, token="", by=nation, events=ground.events).items


def test_findings_of_the_log_can_be_searched_for(ground: AuditGround) -> None:
    store = ground.store()
    head = store.writable_head()
    store.append(head, [Arrived(OWN_STREAM, 0, b"{}")], head.streams, {})
    Projection(ground.database, store).catch_up()
    found = search_events(EventFilter(action="opaque"), size=0, token="", by=regulator("*").actor, events=ground.events)
    assert [event.stream for event in found.items] == [OWN_STREAM]


def test_what_is_searched_by_can_be_thrown_away_and_made_again(ground: AuditGround) -> None:
    log_a_request(ground, IDS.new(), 5)
    nation = regulator("*").actor

    def found() -> list[Logged]:
        return search_events(EventFilter(), size=0, token="", by=nation, events=ground.events).items

    before = found()
    assert len(before) == 5
    for name in ("entries", "projection"):
        ground.database.db[name].delete_many({})
    assert found() == []
    assert event_in_scope(3, by=nation, events=ground.events) == before[1], "one event needs no search"
    store = ground.store()
    store.writable_head()
    Projection(ground.database, store).catch_up()
    assert found() == before


def test_a_log_of_one_document_a_leaf_becomes_one_of_pieces(ground: AuditGround) -> None:
    log_a_request(ground, IDS.new(), 300)
    db = ground.database.db
    leaves = Leaves(db).read(0, 1_000)
    for leaf in leaves:
        db["entries"].update_one({"_id": leaf.index}, {"$set": {"leaf": leaf.content}})
    for name in ("leaves", "projection"):
        db.drop_collection(name)
    db["schema"].delete_one({"_id": 103})
    migrate(ground.database, MIGRATIONS, "test")
    assert Leaves(db).read(0, 1_000) == leaves
    assert db["entries"].count_documents({"leaf": {"$exists": True}}) == 0
    assert db["projection"].find_one() == {"_id": "entries", "size": 300}
