"""The opening review on a real database: work lists, acts and undo, bulk with exceptions, conflicts, secrecy."""

import threading
from typing import Any

import pytest

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.documents import RECORDS
from services.catalog.application import lines as line_cases
from services.catalog.application import review as cases
from services.catalog.application.lines import Matching
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.batch_errors import (
    AggregationOutstanding,
    BulkUnderWay,
    CountDiffers,
    LineChanged,
    NotShown,
    NotUndoable,
    PreviewFirst,
    RulesChanged,
    SecrecyOutstanding,
    Undecided,
)
from services.catalog.domain.gathering import GatherFilter
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import Decision, Verdict
from services.catalog.domain.work_list import State
from services.common.domain.errors import TongdangError
from tests.builders import review
from tests.integration.review.ground import DIRECTOR, IDS, OFFICER, REVIEWER, SECOND, Ground, until
from tests.integration.review.killing import killed_worker

pytestmark = pytest.mark.integration


def test_a_list_starts_undecided_with_its_suggestions_and_ends_published(ground: Ground) -> None:
    ids = ground.insert(25)
    ground.insert(1, 100, title="张三身份证11010519491231002X", fonds="A001")
    with ground.working():
        batch = ground.gather()
        assert (batch.state, batch.total, batch.undecided, batch.root) == (State.REVIEW, 26, 26, "")
        groups = ground.lines.groups(batch.batch_id)
        assert [(group.total, group.suggestion["proposal"]) for group in groups] == [(25, "open"), (1, "defer")]
        suspect = ground.lines.page(
            batch.batch_id, LineFilter(group_id=groups[1].group_id), None, size=20, token=""
        ).items[0][0]
        ground.decide(batch.batch_id, [suspect.record_id], review.DEFER)
        ground.decide_matching(batch.batch_id, LineFilter(group_id=groups[0].group_id), 25)
        ground.tick_all(batch.batch_id)
        frozen = ground.freeze(batch.batch_id)
        assert frozen.state is State.READY
        assert frozen.root
        ground.sign(frozen, Side.ARCHIVE, REVIEWER)
        assert ground.sign(frozen, Side.CREATING_UNIT, OFFICER).state is State.SIGNED
        published = ground.publish(batch.batch_id)
    assert (published.applied, published.skipped) == (25, ())
    assert ground.record(ids[0])["access_status"] == "open"
    deferred = ground.record(suspect.record_id)
    assert (deferred["access_status"], deferred["rule"], deferred["reason"]) == ("deferred", "D2", "含个人信息")
    assert deferred["reevaluate_on"]


def test_nothing_is_frozen_before_every_line_is_decided_and_ticked_and_the_whole_was_looked_at(ground: Ground) -> None:
    ids = ground.insert(3)
    with ground.working():
        batch_id = ground.gather().batch_id
    with pytest.raises(AggregationOutstanding):
        cases.freeze_batch(batch_id=batch_id, by=ground.by(), desk=ground.desk)
    ground.decide(batch_id, ids[:2])
    with pytest.raises(Undecided):
        ground.freeze(batch_id)
    ground.decide(batch_id, ids[2:])
    with pytest.raises(SecrecyOutstanding):
        ground.freeze(batch_id)
    ground.tick_all(batch_id)
    ground.rules = "rules-2"
    with pytest.raises(RulesChanged):
        ground.freeze(batch_id)
    ground.rules = review.RULES
    assert ground.freeze(batch_id).root


def test_a_line_that_another_decided_meanwhile_is_not_overwritten_and_the_refusal_says_who_and_when(
    ground: Ground,
) -> None:
    ids = ground.insert(2)
    with ground.working():
        batch_id = ground.gather().batch_id
    seen = {line.record_id: line.version for line, _ in ground.lines.some(batch_id, ids)}
    ground.decide(batch_id, ids[:1], review.DEFER, SECOND)
    with pytest.raises(LineChanged) as refused:
        line_cases.decide_lines(
            act_id=IDS.new(),
            batch_id=batch_id,
            seen=seen,
            verdict=review.OPEN,
            by=ground.by(),
            batches=ground.batches,
        )
    assert refused.value.metadata["by"] == SECOND.actor.pseudonym
    assert refused.value.metadata["at"]
    decisions = {line.record_id: line.decision for line, _ in ground.lines.some(batch_id, ids)}
    assert decisions == {ids[0]: Decision.DEFER, ids[1]: Decision.UNDECIDED}, "all of the act is refused"


def test_of_two_reviewers_at_once_on_one_line_one_is_refused_and_on_two_lines_none(ground: Ground) -> None:
    ids = ground.insert(40)
    with ground.working():
        batch_id = ground.gather().batch_id
    refused: list[str] = []

    def decide(person: Any, mine: list[str]) -> None:
        for one in mine:
            try:
                line_cases.decide_lines(
                    act_id=IDS.new(),
                    batch_id=batch_id,
                    seen={one: 1},
                    verdict=review.OPEN,
                    by=ground.by(person),
                    batches=ground.batches,
                )
            except LineChanged:
                refused.append(one)

    threads = [threading.Thread(target=decide, args=(person, ids[at : at + 20])) for person, at in
               ((REVIEWER, 0), (SECOND, 10))]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(refused) == sorted(ids[10:20]), "each line was taken once"
    batch = ground.batches.get(batch_id)
    assert (batch.opening, batch.undecided) == (30, 10)


def test_an_act_is_undone_where_its_lines_still_stand_and_the_others_are_named(ground: Ground) -> None:
    ids = ground.insert(4)
    with ground.working():
        batch_id = ground.gather().batch_id
    first = ground.decide(batch_id, ids)
    ground.decide(batch_id, ids[:1], review.DEFER, SECOND)
    undone = line_cases.undo_act(act_id=first, batch_id=batch_id, by=ground.by(), batches=ground.batches)
    assert (undone.taken_back, undone.kept) == (3, 1)
    again = line_cases.undone_before(act_id=first, batch_id=batch_id, lines=ground.lines)
    assert again == undone, "a repeat is told the same"
    assert [line.record_id for line, _ in ground.lines.kept(batch_id, first, 100)] == ids[:1]
    decisions = {line.record_id: line.decision for line, _ in ground.lines.some(batch_id, ids)}
    assert decisions[ids[0]] is Decision.DEFER
    assert {decisions[one] for one in ids[1:]} == {Decision.UNDECIDED}
    with pytest.raises(NotUndoable):
        line_cases.undo_act(act_id=first, batch_id=batch_id, by=ground.by(), batches=ground.batches)


def test_fifty_acts_are_undone_one_after_the_other_and_the_line_is_as_it_was(ground: Ground) -> None:
    ids = ground.insert(1)
    with ground.working():
        batch_id = ground.gather().batch_id
    acts = [ground.decide(batch_id, ids, Verdict(Decision.DEFER, "D1", f"第{number}次")) for number in range(52)]
    for act in reversed(acts[2:]):
        line_cases.undo_act(act_id=act, batch_id=batch_id, by=ground.by(), batches=ground.batches)
    with pytest.raises(NotUndoable):
        line_cases.undo_act(act_id=acts[1], batch_id=batch_id, by=ground.by(), batches=ground.batches)
    line = ground.lines.some(batch_id, ids)[0][0]
    assert line.verdict.reason == "第1次"
    assert line.version == 1 + 52 + 50


def test_a_reason_that_looks_like_a_database_expression_is_only_text(ground: Ground) -> None:
    ids = ground.insert(1)
    with ground.working():
        batch_id = ground.gather().batch_id
    ground.decide(batch_id, ids, Verdict(Decision.DEFER, "D1", "$content_hash"))
    assert ground.lines.some(batch_id, ids)[0][0].verdict.reason == "$content_hash"


def test_a_bulk_decision_changes_exactly_what_was_previewed_less_its_exceptions_or_nothing(ground: Ground) -> None:
    ids = ground.insert(30)
    with ground.working():
        batch_id = ground.gather().batch_id
    wanted = LineFilter(decision=Decision.UNDECIDED)
    matching = Matching(wanted, tuple(ids[:3]), 27)

    def decide(expected: Matching) -> None:
        line_cases.decide_matching(
            act_id=IDS.new(),
            batch_id=batch_id,
            matching=expected,
            verdict=review.OPEN,
            by=ground.by(),
            batches=ground.batches,
        )

    with pytest.raises(PreviewFirst):
        decide(matching)
    line_cases.preview_matching(
        batch_id=batch_id, wanted=wanted, by=ground.by(), batches=ground.batches, lines=ground.lines
    )
    with pytest.raises(CountDiffers) as refused:
        decide(Matching(wanted, tuple(ids[:3]), 30))
    assert refused.value.metadata["count"] == "27"
    decide(matching)
    undecided = ground.lines.page(batch_id, wanted, None, size=20, token="").items
    assert sorted(line.record_id for line, _ in undecided) == sorted(ids[:3])


def test_twenty_thousand_lines_less_three_change_exactly_and_are_taken_back_though_the_worker_is_killed(
    ground: Ground,
) -> None:
    count = 20_000
    batch_id, ids = ground.listed(count)
    act = ground.decide_matching(batch_id, LineFilter(), count - 3, exceptions=tuple(ids[:3]))
    with pytest.raises(BulkUnderWay):
        line_cases.decide_lines(
            act_id=IDS.new(),
            batch_id=batch_id,
            seen={ids[0]: 1},
            verdict=review.OPEN,
            by=ground.by(),
            batches=ground.batches,
        )
    for kill_at in (3, 7):  # after its second chunk, after its fourth
        with killed_worker(ground.database, kill_at) as worker:
            worker.wait(120)
    bulk = ground.batches.get(batch_id).bulk
    assert bulk is not None
    assert 0 < bulk.done < count
    with pytest.raises(BulkUnderWay):
        ground.freeze(batch_id)
    with ground.working():
        until(lambda: ground.batches.get(batch_id).bulk is None, 300)
        batch = ground.batches.get(batch_id)
        assert (batch.opening, batch.undecided) == (count - 3, 3)
        db = ground.database.db
        assert db[ENTRIES].count_documents({"batch_id": batch_id, "act_id": act, "version": 2}) == count - 3
        left = db[ENTRIES].find({"batch_id": batch_id, "decision": "undecided"})
        assert sorted(line["record_id"] for line in left) == sorted(ids[:3])
        line_cases.undo_act(act_id=act, batch_id=batch_id, by=ground.by(), batches=ground.batches)
        until(lambda: ground.batches.get(batch_id).bulk is None, 300)
    assert ground.batches.get(batch_id).undecided == count
    assert db[ENTRIES].count_documents({"batch_id": batch_id, "decision": "undecided", "version": 3}) == count - 3


def test_only_lines_that_were_listed_to_a_person_are_ticked_by_that_person(ground: Ground) -> None:
    ids = ground.insert(2)
    with ground.working():
        batch_id = ground.gather().batch_id
    listed = ground.lines.page(batch_id, LineFilter(), None, size=20, token="").items
    ground.lines.show(batch_id, SECOND.actor.pseudonym, listed)

    def tick(person: Any) -> int:
        return line_cases.review_secrecy(
            batch_id=batch_id, record_ids=ids, by=ground.by(person), batches=ground.batches
        )

    with pytest.raises(NotShown):
        tick(REVIEWER)
    assert tick(SECOND) == 2
    assert tick(SECOND) == 2, "again is once"


def test_a_sample_counts_as_a_preview_and_never_as_a_secrecy_review(ground: Ground) -> None:
    ids = ground.insert(2)
    with ground.working():
        batch_id = ground.gather().batch_id
    line_cases.preview_matching(
        batch_id=batch_id, wanted=LineFilter(), by=ground.by(), batches=ground.batches, lines=ground.lines
    )
    with pytest.raises(NotShown):
        line_cases.review_secrecy(batch_id=batch_id, record_ids=ids, by=ground.by(), batches=ground.batches)


def test_a_masked_title_is_what_opens_and_reopening_voids_what_was_signed(ground: Ground) -> None:
    ids = ground.insert(2)
    with ground.working():
        batch_id = ground.gather().batch_id
        masked = Verdict(Decision.OPEN, "O1", masked_title="关于某人的批复", mask_reason="含姓名")
        ground.decide(batch_id, ids[:1], masked)
        ground.decide(batch_id, ids[1:])
        ground.tick_all(batch_id)
        first = ground.freeze(batch_id)
        ground.sign(first, Side.ARCHIVE, REVIEWER)
        reopened = cases.reopen_batch(batch_id=batch_id, reason="再看", by=ground.by(), batches=ground.batches)
        assert (reopened.state, reopened.root, reopened.signatures) == (State.REVIEW, "", ())
        again = ground.freeze(batch_id)
        assert again.root == first.root, "the same list has the same root"
        ground.sign(again, Side.ARCHIVE, SECOND)
        ground.sign(again, Side.CREATING_UNIT, OFFICER)
        ground.publish(batch_id, DIRECTOR)
    assert ground.record(ids[0])["masked_title"] == "关于某人的批复"
    outbox = ground.database.db["outbox"].find({})
    published = b"".join(bytes(one.get("value", b"")) for row in outbox for one in row.get("messages", []))
    assert "关于某人的批复".encode() in published
    assert ground.record(ids[0])["title"].encode() not in published


def test_a_line_set_aside_leaves_the_list_and_comes_on_a_later_one(ground: Ground) -> None:
    ids = ground.insert(2)
    with ground.working():
        batch_id = ground.gather().batch_id
        ground.decide(batch_id, ids[:1], Verdict(Decision.HOLD, "", "待核"))
        ground.decide(batch_id, ids[1:])
        ground.tick_all(batch_id)
        batch = ground.freeze(batch_id)
        ground.sign(batch, Side.ARCHIVE, REVIEWER)
        ground.sign(batch, Side.CREATING_UNIT, OFFICER)
        published = ground.publish(batch_id)
        assert (published.applied, published.skipped) == (1, ())
        later = ground.gather()
    assert later.total == 1
    assert ground.record(ids[0])["batch_id"] == later.batch_id


def test_a_list_takes_the_fonds_and_years_it_is_asked_for_and_early_ones_open_by_their_class_alone(
    ground: Ground,
) -> None:
    ground.insert(2)
    ground.insert(3, 10, eligible_on="2020-05-05")
    young = ground.insert(1, 20, eligible_on="2040-01-01", title="关于推广良种的通知")
    with ground.working():
        assert ground.gather(filter_=GatherFilter(year_from=1990, year_to=1990)).total == 2
        batch = ground.gather(filter_=GatherFilter(fonds=("A001",), early=True))
    assert batch.total == 1
    with pytest.raises(TongdangError) as refused:
        ground.decide(batch.batch_id, young)
    assert refused.value.code == "UNDER_TERM"
    ground.decide(batch.batch_id, young, Verdict(Decision.OPEN, "O2", "科技类", early_class="science"))
    assert ground.batches.get(batch.batch_id).opening == 1


def test_suggestions_are_renewed_under_a_new_table_and_what_is_unchanged_stays_decided(ground: Ground) -> None:
    ids = ground.insert(3)
    with ground.working():
        batch_id = ground.gather().batch_id
        ground.decide(batch_id, ids)
    db = ground.database.db
    db[ENTRIES].update_one({"record_id": ids[0]}, {"$set": {"suggestion.proposal": "judge"}})
    ground.rules = "rules-2"
    with ground.working():
        cases.renew_suggestions(batch_id=batch_id, by=ground.by(), desk=ground.desk)
        batch = ground.settled(batch_id)
    assert (batch.rule_version, batch.undecided, batch.opening) == ("rules-2", 1, 2)
    decisions = {line.record_id: line.decision for line, _ in ground.lines.some(batch_id, ids)}
    assert decisions[ids[0]] is Decision.UNDECIDED


def test_a_record_that_changed_behind_the_list_is_neither_ticked_nor_opened(ground: Ground) -> None:
    ids = ground.insert(2)
    with ground.working():
        batch_id = ground.gather().batch_id
        ground.reviewed(batch_id)
        ground.database.db[RECORDS].update_one({"_id": ids[0]}, {"$set": {"content_hash": "f" * 64}})
        batch = ground.batches.get(batch_id)
        ground.sign(batch, Side.ARCHIVE, REVIEWER)
        ground.sign(batch, Side.CREATING_UNIT, OFFICER)
        published = ground.publish(batch_id)
    assert published.skipped == (ids[0],)
    assert ground.record(ids[1])["access_status"] == "open"
