"""Corrections of open entries on a real database: through the same gate, once, and never behind a retraction."""

import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.correction_store import MongoCorrections
from services.catalog.adapters.opened_lists import Asked, MongoOpened
from services.catalog.application import corrections as correction_cases
from services.catalog.application import review as cases
from services.catalog.application.cancelling import cancel_batch
from services.catalog.domain.batch_errors import NothingToReview
from services.catalog.domain.corrections import (
    Correction,
    CorrectionFixed,
    CorrectionNothing,
    CorrectionNotWaiting,
    CorrectionState,
    Words,
)
from services.catalog.domain.gathering import GatherFilter, Matter
from services.catalog.domain.texts import EntryNotOpen
from services.catalog.domain.verdicts import Decision, Verdict
from services.catalog.domain.work_list import State
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument, OutOfScope, TongdangError
from tests.builders import review
from tests.builders.review import ARCHIVE
from tests.integration.review.ground import CLOCK, DIRECTOR, LENT, OFFICER, REVIEWER, Ground, Person
from tests.integration.review.killing import killed_worker
from tongdang.catalog.v1 import record_pb2

pytestmark = pytest.mark.integration
WRONG, RIGHT = "关于第0号文件的批复", "关于扩建水库的批复"


def corrections(ground: Ground) -> MongoCorrections:
    return MongoCorrections(ground.database, ground.transactions)


def propose(ground: Ground, record_id: str, person: Person = REVIEWER, **words: str) -> Correction:
    record = ground.record(record_id)
    same = Words(record["title"], record["creator"], record["date"]["raw"], str(record["pages"]), "录入有误")
    return correction_cases.propose_correction(
        record_id=record_id,
        words=replace(same, **words),
        by=ground.by(person, "correction.propose"),
        records=ground.records,
        corrections=corrections(ground),
    )


def opened(ground: Ground, count: int) -> list[str]:
    """Records whose entries a list opened; the worker runs."""
    ids = ground.insert(count)
    batch = ground.gather()
    ground.signed(batch.batch_id)
    ground.publish(batch.batch_id)
    return ids


def gathered(ground: Ground) -> str:
    return ground.gather(matter=Matter.CORRECTION).batch_id


def confirmed(ground: Ground, count: int) -> tuple[list[str], str]:
    """Open records of which a signed list corrects each, just confirmed: their ids, and the list's; the worker runs."""
    ids = opened(ground, count)
    for record_id in ids:
        propose(ground, record_id, pages="8")
    batch_id = gathered(ground)
    ground.signed(batch_id)
    cases.publish_batch(batch_id=batch_id, by=ground.by(DIRECTOR), desk=ground.desk)
    return ids, batch_id


def retract(ground: Ground, record_id: str) -> None:
    by = ground.by(DIRECTOR, "record.retract")
    cases.retract_record(record_id=record_id, rule="D2", reason="涉及他人", by=by, records=ground.records)


def sent(ground: Ground, record_id: str) -> list[record_pb2.RecordPublished]:
    """What left of an entry, by version."""
    rows = ground.database.db["outbox"].find({"messages.key": record_id})
    values = [bytes(one["value"]) for row in rows for one in row["messages"] if one["key"] == record_id]
    return sorted(map(record_pb2.RecordPublished.FromString, values), key=lambda one: one.event.version)


def salted(ground: Ground, record_id: str) -> set[str]:
    """Lists that keep a salt of the record."""
    return set(ground.database.db[ENTRIES].distinct("batch_id", {"record_id": record_id, "salt": {"$exists": True}}))


def test_a_correction_replaces_the_entry_in_its_next_version_and_the_former_salt_dies(ground: Ground) -> None:
    with ground.working():
        record_id, other = opened(ground, 2)
        before = ground.record(record_id)
        propose(ground, record_id, title=RIGHT, date="19910718")
        assert ground.record(record_id) == before and len(sent(ground, record_id)) == 1
        batch_id = gathered(ground)
        ((line, shown),) = ground.lines.some(batch_id, [record_id])
        assert (shown["title"], shown["correction"]["title"], line.eligible_on) == (RIGHT, WRONG, "2016-07-19")
        ground.signed(batch_id)
        done = ground.publish(batch_id)
    assert (done.applied, done.skipped, done.state) == (1, (), State.PUBLISHED)
    first, second = (one.open for one in sent(ground, record_id))
    assert (first.title, second.title, second.date.latest) == (WRONG, RIGHT, "1991-07-18")
    assert (first.corrected_on, second.corrected_on) == ("", legal_day(CLOCK.now()).isoformat())
    assert (second.opened_on, second.batch_id) == (first.opened_on, batch_id)
    after = ground.record(record_id)
    assert (after["version"], after["title"], after["eligible_on"]) == (before["version"] + 1, RIGHT, "2016-07-19")
    assert salted(ground, record_id) == {batch_id}
    assert len(sent(ground, other)) == 1
    assert corrections(ground).get(record_id).state is CorrectionState.PUBLISHED
    with pytest.raises(CorrectionNothing):
        propose(ground, record_id)


def test_a_corrected_record_is_still_among_those_of_the_day_that_opened_it(ground: Ground) -> None:
    with ground.working():
        ids = opened(ground, 2)
        propose(ground, ids[0], title=RIGHT)
        batch_id = gathered(ground)
        ground.signed(batch_id)
        ground.publish(batch_id)
    lists = MongoOpened(ground.database, [ARCHIVE])
    entries = lists.entries(Asked(ARCHIVE, legal_day(CLOCK.now()), early=False), size=10, token="").items
    assert {one.entry.record_id: one.entry.title for one in entries} == {ids[0]: RIGHT, ids[1]: "关于第1号文件的批复"}
    (issue,) = lists.issues(ARCHIVE, size=10, token="").items
    assert issue.records == 2, "correcting opens nothing"


def test_only_open_entries_are_corrected_and_only_by_their_archive(ground: Ground) -> None:
    (closed,) = ground.insert(1)
    with pytest.raises(EntryNotOpen):
        propose(ground, closed, title=RIGHT)
    (open_,) = ground.insert(1, 1, access_status="open", decision="open", rule="O1", opened_on="2026-01-01")
    with pytest.raises(OutOfScope):
        propose(ground, open_, LENT, title=RIGHT)
    with pytest.raises(NothingToReview):
        gathered(ground)
    with pytest.raises(InvalidArgument):
        ground.gather(matter=Matter.CORRECTION, filter_=GatherFilter(fonds=("A001",), early=True))


def test_a_proposal_on_a_list_is_fixed_and_one_set_aside_waits_again(ground: Ground) -> None:
    with ground.working():
        first, second = opened(ground, 2)
        propose(ground, first, title="关于水库的报告")
        propose(ground, first, title=RIGHT)
        propose(ground, second, pages="7")
        batch_id = gathered(ground)
        with pytest.raises(CorrectionFixed):
            propose(ground, first, title="关于水库的通知")
        with pytest.raises(InvalidArgument):
            ground.decide(batch_id, [first], review.DEFER)
        ground.decide(batch_id, [first])
        ground.decide(batch_id, [second], Verdict(Decision.HOLD, "", "待核对原件"))
        ground.tick_all(batch_id)
        frozen = ground.freeze(batch_id)
        ground.sign(frozen, frozen.sides[0], REVIEWER)
        ground.sign(frozen, frozen.sides[1], OFFICER)
        assert ground.publish(batch_id).applied == 1
        assert corrections(ground).get(second).batch_id == ""
        dropped = correction_cases.drop_correction(record_id=second, by=ground.by(), corrections=corrections(ground))
        assert dropped.state is CorrectionState.DROPPED
        with pytest.raises(CorrectionNotWaiting):
            correction_cases.drop_correction(record_id=second, by=ground.by(), corrections=corrections(ground))
        with pytest.raises(NothingToReview):
            gathered(ground)


def test_a_mask_outlives_a_correction_and_a_date_under_its_term_opens_nothing(ground: Ground) -> None:
    with ground.working():
        (record_id,) = ground.insert(1)
        batch = ground.gather()
        masked = replace(review.OPEN, masked_title="关于某文件的批复", mask_reason="涉及姓名")
        ground.signed(batch.batch_id, masked)
        ground.publish(batch.batch_id)
        propose(ground, record_id, title=RIGHT, pages="9")
        batch_id = gathered(ground)
        ground.signed(batch_id)
        ground.publish(batch_id)
        newest = sent(ground, record_id)[-1].open
        assert (newest.title, newest.pages) == ("关于某文件的批复", 9)
        assert RIGHT.encode() not in newest.SerializeToString()
        propose(ground, record_id, date="20200101")
        later = gathered(ground)
        with pytest.raises(TongdangError) as refusal:
            ground.decide(later, [record_id])
    assert refusal.value.code == "UNDER_TERM"


def test_a_retracted_entry_takes_its_correction_along_waiting_or_signed(ground: Ground) -> None:
    with ground.working():
        waiting, listed, corrected = opened(ground, 3)
        propose(ground, corrected, title=RIGHT)
        former = gathered(ground)
        ground.signed(former)
        ground.publish(former)
        propose(ground, listed, title=RIGHT)
        batch_id = gathered(ground)
        ground.signed(batch_id)
        propose(ground, waiting, title=RIGHT)
        for record_id in (waiting, listed, corrected):
            retract(ground, record_id)
        done = ground.publish(batch_id)
    assert (done.applied, done.skipped) == (0, (listed,))
    assert [one.WhichOneof("state") for one in sent(ground, listed)] == ["open", "retracted"]
    assert {corrections(ground).get(one).state for one in (waiting, listed)} == {CorrectionState.DROPPED}
    assert salted(ground, corrected) == set()


def test_a_cancelled_list_lets_its_corrections_go_and_leaves_the_entries_alone(ground: Ground) -> None:
    with ground.working():
        (record_id,) = opened(ground, 1)
        propose(ground, record_id, title=RIGHT)
        before = ground.record(record_id)
        batch_id = gathered(ground)
        cancel_batch(batch_id=batch_id, reason="暂不办理", by=ground.by(), batches=ground.batches)
        assert ground.settled(batch_id).state is State.CANCELLED
        assert ground.record(record_id) == before
        assert ground.gather(matter=Matter.CORRECTION).total == 1


def test_killed_at_any_commit_a_publication_of_corrections_ends_as_if_it_had_not_been(ground: Ground) -> None:
    with ground.working():
        ids = opened(ground, 210)
        for record_id in ids:
            propose(ground, record_id, pages="8")
        batch_id = gathered(ground)
        ground.signed(batch_id)
    cases.publish_batch(batch_id=batch_id, by=ground.by(DIRECTOR), desk=ground.desk)
    for kill_at in (1, 2, 3):
        with killed_worker(ground.database, kill_at) as worker:
            worker.wait(120)
    with ground.working():
        done = ground.settled(batch_id, 120)
    assert (done.applied, done.skipped, done.state) == (210, (), State.PUBLISHED)
    assert {tuple(one.event.version for one in sent(ground, record_id)) for record_id in ids} == {(2, 3)}
    assert ground.database.db["records"].count_documents({"pages": 8, "version": 3}) == 210


def test_retractions_while_corrections_are_published_leave_nothing_public(ground: Ground) -> None:
    with ground.working():
        ids, batch_id = confirmed(ground, 210)
        racing = [threading.Thread(target=_quietly, args=(ground, record_id)) for record_id in ids[::29]]
        for thread in racing:
            thread.start()
        for thread in racing:
            thread.join()
        ground.settled(batch_id, 120)
    for record_id in ids[::29]:
        assert ground.record(record_id)["access_status"] == "deferred"
        assert sent(ground, record_id)[-1].HasField("retracted")
        assert salted(ground, record_id) == set()


def _quietly(ground: Ground, record_id: str) -> None:
    with suppress(TongdangError):
        retract(ground, record_id)


def test_two_who_propose_at_once_leave_one_whole_proposal(ground: Ground) -> None:
    with ground.working():
        (record_id,) = opened(ground, 1)
    titles = [f"关于第{number}座水库的批复" for number in range(8)]
    both = [threading.Thread(target=propose, args=(ground, record_id), kwargs={"title": title}) for title in titles]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    kept: Any = corrections(ground).get(record_id)
    assert kept.fields["title"] in titles and kept.version == 8
