"""Regular publication on a real database: the day, kills, races; re-reviews that come due; early openings."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.opened_lists import Asked, MongoOpened
from services.catalog.adapters.provenances import MongoProvenances
from services.catalog.adapters.publication_documents import PUBLICATIONS
from services.catalog.adapters.rhythm_store import MongoRhythms
from services.catalog.adapters.waiting import MongoWaiting
from services.catalog.application import issues as cases
from services.catalog.application import review as review_cases
from services.catalog.domain.batch_errors import BatchNotReady, NothingToReview
from services.catalog.domain.batches import Batch
from services.catalog.domain.gathering import GatherFilter, Matter
from services.catalog.domain.issues import Rhythm, Waiting
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import Decision, Verdict
from services.catalog.domain.work_list import State
from services.common.domain.errors import TongdangError, VersionConflict
from services.common.mongo.outbox import COLLECTION as OUTBOX
from tests.builders import review
from tests.builders.review import ARCHIVE, Person
from tests.builders.review_desk import REGISTRY, TurnedClock
from tests.builders.reviewing import review_whole
from tests.integration.review.ground import CLOCK, DIRECTOR, OFFICER, REVIEWER, Ground, until
from tests.integration.review.killing import killed_worker

pytestmark = pytest.mark.integration
ISSUE = date(2026, 1, 15)
BEFORE, EVE, DAY = (
    datetime(2026, 1, 10, 4, 0, tzinfo=UTC),
    datetime(2026, 1, 14, 15, 59, 50, tzinfo=UTC),
    datetime(2026, 1, 14, 16, 0, tzinfo=UTC),
)
"""All of them long past by the database's own clock. The last is midnight in Asia/Shanghai."""


def _turned(ground: Ground, moment: datetime) -> TurnedClock:
    clock = TurnedClock()
    clock.moment = moment
    ground.clock = clock
    return clock


def _signed(ground: Ground, count: int = 3, verdict: Verdict = review.OPEN, **gathered: Any) -> Batch:
    """A list that awaits the director; the worker runs."""
    if count:
        ground.insert(count)
    batch = ground.gather(**gathered)
    frozen = review_whole(batch.batch_id, desk=ground.desk, lines=ground.lines, by=ground.by(), verdict=verdict)
    ground.sign(frozen, Side.ARCHIVE, REVIEWER)
    return ground.sign(frozen, Side.CREATING_UNIT, OFFICER)


def _schedule(ground: Ground, batch_id: str, by: Person = DIRECTOR) -> Batch:
    rhythms = MongoRhythms(ground.database, ground.transactions, Rhythm())
    caller = ground.by(by)
    return cases.schedule_batch(batch_id=batch_id, day=ISSUE, by=caller, desk=ground.desk, rhythms=rhythms)


def _worker_looks(ground: Ground, number: int) -> None:
    """Another list is gathered: the worker has gone round since."""
    ground.insert(1, number)
    ground.gather()


def _events(ground: Ground, action: str) -> list[dict[str, Any]]:
    leaves = [json.loads(leaf) for row in ground.database.db[OUTBOX].find() for leaf in row["leaves"]]
    return [leaf for leaf in leaves if leaf["activity_name"] == action]


def _opened(ground: Ground) -> MongoOpened:
    return MongoOpened(ground.database, [ARCHIVE])


def test_a_list_confirmed_for_a_day_goes_out_on_it_and_not_a_second_earlier(ground: Ground) -> None:
    clock = _turned(ground, BEFORE)
    with ground.working():
        batch_id = _signed(ground).batch_id
        _schedule(ground, batch_id)
        for number, moment in enumerate((BEFORE, EVE), 100):
            clock.moment = moment
            _worker_looks(ground, number)
            assert ground.batches.get(batch_id).state is State.SCHEDULED
        assert ground.batches.in_issues(ARCHIVE)[0][0].batch_id == batch_id
        clock.moment = DAY
        until(lambda: ground.batches.get(batch_id).state is State.PUBLISHED)

    assert {row["opened_on"] for row in ground.database.db[RECORDS].find({"batch_id": batch_id})} == {"2026-01-15"}
    manifest = json.loads(ground.database.db[PUBLICATIONS].find_one({"_id": batch_id})["manifest"])  # type: ignore[index]
    assert manifest["scheduled"] == {"confirmed_at": manifest["scheduled"]["confirmed_at"], "publish_on": "2026-01-15"}
    assert manifest["scheduled"]["confirmed_at"].startswith("2026-01-10T04")
    [issue] = _opened(ground).issues(ARCHIVE, size=20, token="").items
    assert (issue.opened_on, issue.records, issue.early, issue.regular) == ("2026-01-15", 3, 0, True)
    page = _opened(ground).entries(Asked(ARCHIVE, ISSUE, early=False), size=2, token="")
    rest = _opened(ground).entries(Asked(ARCHIVE, ISSUE, early=False), size=2, token=page.next_token)
    assert (len(page.items), len(rest.items), rest.next_token) == (2, 1, "")
    assert {one.entry.opened_on for one in (*page.items, *rest.items)} == {"2026-01-15"}


def test_a_machine_whose_clock_runs_ahead_of_the_databases_publishes_nothing_early(ground: Ground) -> None:
    year = CLOCK.now().year + 1
    clock = _turned(ground, datetime(year, 1, 10, 4, tzinfo=UTC))
    with ground.working():
        batch_id = _signed(ground).batch_id
        rhythms = MongoRhythms(ground.database, ground.transactions, Rhythm())
        day, by = date(year, 1, 15), ground.by(DIRECTOR)
        cases.schedule_batch(batch_id=batch_id, day=day, by=by, desk=ground.desk, rhythms=rhythms)
        clock.moment = datetime(year, 1, 20, 4, tzinfo=UTC)
        _worker_looks(ground, 100)
        assert ground.batches.get(batch_id).state is State.SCHEDULED


@pytest.mark.parametrize("kill_at", [1, 2, 3, 4, 5, 6])
def test_a_kill_at_any_write_of_the_day_publishes_once(ground: Ground, kill_at: int) -> None:
    _turned(ground, BEFORE)
    with ground.working():
        batch_id = _signed(ground).batch_id
        _schedule(ground, batch_id)
    with killed_worker(ground.database, kill_at) as worker:
        worker.wait(120)
    ground.clock = CLOCK
    with ground.working():
        until(lambda: ground.batches.get(batch_id).state is State.PUBLISHED)

    assert len(_events(ground, cases.STARTED)) == 1
    assert len(_events(ground, "batch.published")) == 1
    keys = [one["key"] for row in ground.database.db[OUTBOX].find() for one in row["messages"]]
    assert sorted(keys) == sorted({*keys}), "each record and the manifest left once"
    assert len(keys) == 4


def _at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What became of acts that begin together: an answer, or the refusal."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int) -> None:
        gate.wait()
        try:
            results[place] = acts[place]()
        except TongdangError as refused:
            results[place] = refused  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def _due_and_unwatched(ground: Ground) -> str:
    """A list whose day has come while no worker runs."""
    clock = _turned(ground, BEFORE)
    with ground.working():
        batch_id = _signed(ground).batch_id
        _schedule(ground, batch_id)
    clock.moment = DAY
    return batch_id


def test_two_workers_start_a_list_once(ground: Ground) -> None:
    batch_id = _due_and_unwatched(ground)

    def start() -> Batch:
        return cases.come_due(batch_id=batch_id, by=ground.by(), desk=ground.desk)

    _at_once(start, start, start)
    assert ground.batches.get(batch_id).state is State.PUBLISHING
    assert len(_events(ground, cases.STARTED)) == 1


def test_taking_back_races_with_the_start_and_one_of_them_wins_whole(ground: Ground) -> None:
    batch_id = _due_and_unwatched(ground)
    _, taken_back = _at_once(
        lambda: cases.come_due(batch_id=batch_id, by=ground.by(), desk=ground.desk),
        lambda: cases.unschedule_batch(batch_id=batch_id, by=ground.by(DIRECTOR), desk=ground.desk),
    )
    batch = ground.batches.get(batch_id)
    if isinstance(taken_back, Batch):
        assert (batch.state, batch.schedule, len(batch.signatures)) == (State.SIGNED, None, 2)
        assert _events(ground, cases.STARTED) == []
    else:
        assert isinstance(taken_back, BatchNotReady)
        assert batch.state is State.PUBLISHING


def test_a_confirmation_that_was_taken_back_does_nothing_on_the_day(ground: Ground) -> None:
    clock = _turned(ground, BEFORE)
    with ground.working():
        batch_id = _signed(ground).batch_id
        _schedule(ground, batch_id)
        cases.unschedule_batch(batch_id=batch_id, by=ground.by(DIRECTOR), desk=ground.desk)
        clock.moment = DAY
        _worker_looks(ground, 100)
        assert ground.batches.get(batch_id).state is State.SIGNED
        review_cases.publish_batch(batch_id=batch_id, by=ground.by(DIRECTOR), desk=ground.desk)
        assert ground.settled(batch_id).state is State.PUBLISHED


def test_a_list_that_was_tampered_with_is_sent_back_on_the_day_and_shown(ground: Ground) -> None:
    clock = _turned(ground, BEFORE)
    with ground.working():
        batch_id = _signed(ground).batch_id
        _schedule(ground, batch_id)
        ground.database.db["batch_entries"].update_one({"batch_id": batch_id}, {"$set": {"masked_title": "另一个题名"}})
        clock.moment = DAY
        until(lambda: ground.batches.get(batch_id).state is State.SIGNED)

    [batch] = ground.batches.in_issues(ARCHIVE)[1]
    assert batch.returned
    assert (batch.batch_id, batch.returned.code) == (batch_id, "LIST_CHANGED")
    assert [event["unmapped"]["reason"] for event in _events(ground, cases.SENT_BACK)] == ["LIST_CHANGED"]
    assert ground.database.db[RECORDS].count_documents({"access_status": "open"}) == 0


def test_two_directors_who_change_the_days_at_once_do_not_overwrite_one_another(ground: Ground) -> None:
    rhythms = MongoRhythms(ground.database, ground.transactions, Rhythm())
    archive = REGISTRY.archive(ARCHIVE)

    def change(day: int, version: int) -> Callable[[], Rhythm]:
        rhythm = Rhythm(1, 1, day, version)
        return lambda: cases.set_rhythm(archive=archive, rhythm=rhythm, by=ground.by(DIRECTOR), rhythms=rhythms)

    for version in (1, 2):
        results = _at_once(change(1, version), change(2, version))
        assert sum(isinstance(one, VersionConflict) for one in results) == 1
    assert rhythms.get(ARCHIVE).version == 2


def _deferred(ground: Ground, number: int, again: str, **fields: Any) -> str:
    decided = {"access_status": "deferred", "decision": "defer", "rule": "D2", "reason": "x", "reevaluate_on": again}
    return ground.insert(1, number, **decided, **fields)[0]


def test_deferrals_come_due_by_themselves_and_one_list_takes_all_of_them(ground: Ground) -> None:
    _turned(ground, DAY)
    due = [
        _deferred(ground, 1, "2026-01-15"),
        _deferred(ground, 2, "2025-03-01", eligible_on="2040-01-01"),
        _deferred(ground, 3, "2025-06-01", eligible_on=None),
    ]
    _deferred(ground, 4, "2026-01-16")
    waiting = MongoWaiting(ground.database)
    assert waiting.by_fonds(ARCHIVE, ["A001"], ISSUE) == {"A001": Waiting(3, "2025-03-01", 0)}
    with ground.working():
        batch = ground.gather(matter=Matter.REREVIEW)
        assert batch.total == 3
        assert waiting.by_fonds(ARCHIVE, ["A001"], ISSUE) == {"A001": Waiting()}
        with pytest.raises(NothingToReview):
            ground.gather(matter=Matter.REREVIEW)
        ground.decide(batch.batch_id, due[:1])
        ground.decide(batch.batch_id, due[1:], review.DEFER)
        ground.tick_all(batch.batch_id)
        frozen = ground.freeze(batch.batch_id)
        ground.sign(frozen, Side.ARCHIVE, REVIEWER)
        ground.sign(frozen, Side.CREATING_UNIT, OFFICER)
        ground.publish(batch.batch_id)

    assert ground.record(due[0])["access_status"] == "open"
    assert [(ground.record(one)["access_status"], ground.record(one)["reevaluate_on"]) for one in due[1:]] == [
        ("deferred", "2029-01-15")
    ] * 2


def test_disclosed_records_are_gathered_alone_and_what_opened_early_is_listed_without_its_true_title(
    ground: Ground,
) -> None:
    _turned(ground, DAY)
    young = {"eligible_on": "2040-01-01"}
    ids = [
        *ground.insert(2, 1, disclosure="主动公开", **young),
        *ground.insert(1, 3, **young),
        *ground.insert(1, 4, disclosure="主动公开"),
    ]
    assert MongoWaiting(ground.database).by_fonds(ARCHIVE, ["A001"], ISSUE) == {"A001": Waiting(disclosed=2)}
    early = Verdict(Decision.OPEN, "O3", "已在网站公开", masked_title="关于某事的批复", mask_reason="含姓名")
    with ground.working():
        batch = _signed(ground, 0, early, filter_=GatherFilter(early=True, disclosed=True))
        assert (batch.total, batch.early) == (2, 2)
        ground.publish(batch.batch_id)
    listed = _opened(ground).entries(Asked(ARCHIVE, None, early=True), size=20, token="").items
    assert {one.entry.record_id for one in listed} == set(ids[:2])
    assert {(one.entry.title, one.entry.rule, one.reason) for one in listed} == {
        ("关于某事的批复", "O3", "已在网站公开")
    }
    proven = MongoProvenances(ground.database).get(ids[0]).provenance.entry
    assert proven.title == "关于某事的批复", "what proves an entry does not tell what it masks"

    review_cases.retract_record(record_id=ids[0], rule="D2", reason="x", by=ground.by(DIRECTOR), records=ground.records)
    left = _opened(ground).entries(Asked(ARCHIVE, None, early=True), size=20, token="").items
    assert [one.entry.record_id for one in left] == ids[1:2]
