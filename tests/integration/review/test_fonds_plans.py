"""Fonds without a unit, fonds of security, disagreements settled, plans, lent confirmers, and older databases."""

import json
from datetime import date, timedelta

import pytest

from services.catalog.adapters.batch_documents import BATCHES, ENTRIES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.fonds_store import HISTORY
from services.catalog.adapters.review_migration import review_lists
from services.catalog.application import fonds as fonds_cases
from services.catalog.application import opinions as opinion_cases
from services.catalog.application import plans as plan_cases
from services.catalog.application import review as cases
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.batch_errors import NothingToReview, SameSigner, UnitUnknown
from services.catalog.domain.confirmation import Loan
from services.catalog.domain.fonds_history import Asked, ScopeDecision, asked_unit
from services.catalog.domain.gathering import GatherFilter, Matter
from services.catalog.domain.opinions import Outcome
from services.catalog.domain.plans import Plan, PlanRow, RowProgress
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import Decision
from services.catalog.domain.work_list import State
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument, OutOfScope, VersionConflict
from tests.builders import review
from tests.builders.review import ARCHIVE
from tests.builders.review_desk import REGISTRY
from tests.integration.review.ground import CLOCK, DIRECTOR, IDS, LENT, OFFICER, REVIEWER, SECOND, Ground

pytestmark = pytest.mark.integration


def test_a_fonds_without_a_unit_opens_with_two_of_the_archive_once_two_people_attested_it_and_the_entry_says_so(
    ground: Ground,
) -> None:
    ids = ground.insert(2, fonds="A004", unit_id="")
    with ground.working():
        with pytest.raises(NothingToReview):
            ground.gather("")
        with pytest.raises(UnitUnknown):
            ground.gather("", GatherFilter(fonds=("A004",)))
        ground.attest_none()
        batch_id = ground.gather("").batch_id
        batch = ground.reviewed(batch_id)
        ground.sign(batch, Side.ARCHIVE, REVIEWER)
        with pytest.raises(SameSigner) as refused:
            ground.sign(batch, Side.ARCHIVE_SECOND, REVIEWER)
        assert refused.value.metadata["lenders"] == "a320500"
        ground.sign(batch, Side.ARCHIVE_SECOND, SECOND)
        ground.publish(batch_id)
    record = ground.record(ids[0])
    assert (record["access_status"], record["reviewed_by_archive_alone"]) == ("open", True)
    stored = ground.database.db["publications"].find_one({"_id": batch_id})
    assert stored is not None
    manifest = json.loads(stored["manifest"])
    assert (manifest["matter"], manifest["archive_alone"], manifest["separate_confirmer"]) == ("opening", True, True)


def test_records_of_security_fonds_come_on_a_list_only_after_their_scope_was_decided(ground: Ground) -> None:
    ids = ground.insert(2, access_status="controlled", control_rule="A1")
    with ground.working():
        with pytest.raises(NothingToReview):
            ground.gather()
        decision = ScopeDecision(
            ARCHIVE, "A001", "国保〔2026〕1号", date(2026, 1, 5), DIRECTOR.actor.pseudonym, CLOCK.now()
        )
        fonds_cases.decide_scope(
            decision_id=IDS.new(),
            decision=decision,
            archive=REGISTRY.archive(ARCHIVE),
            by=ground.by(DIRECTOR),
            history=ground.fonds,
        )
        batch_id = ground.gather().batch_id
        batch = ground.reviewed(batch_id)
        ground.sign(batch, Side.ARCHIVE, REVIEWER)
        ground.sign(batch, Side.CREATING_UNIT, OFFICER)
        published = ground.publish(batch_id)
    assert published.applied == 2
    assert ground.record(ids[0])["access_status"] == "open"


def test_a_disagreement_holds_its_record_until_the_mechanism_decided_and_a_later_list_follows_that(
    ground: Ground,
) -> None:
    ids = ground.insert(2)
    with ground.working():
        batch_id = ground.gather().batch_id
        opinion_cases.object_lines(
            batch_id=batch_id, record_ids=ids[:1], reason="不同意", by=ground.by(OFFICER), batches=ground.batches
        )
        ground.decide(batch_id, ids[1:])
        ground.tick_all(batch_id)
        batch = ground.freeze(batch_id)
        ground.sign(batch, Side.ARCHIVE, REVIEWER)
        ground.sign(batch, Side.CREATING_UNIT, OFFICER)
        assert ground.publish(batch_id).applied == 1
        with pytest.raises(NothingToReview):
            ground.gather()
        (found,) = ground.opinions.disagreements(ARCHIVE, None, True, size=20, token="").items
        today = legal_day(CLOCK.now())
        outcome = Outcome("协调〔2026〕2号", today, Decision.DEFER, DIRECTOR.actor.pseudonym, CLOCK.now())
        opinion_cases.record_outcome(
            disagreement_id=found[0].disagreement_id,
            outcome=outcome,
            by=ground.by(DIRECTOR),
            opinions=ground.opinions,
        )
        later = ground.gather()
    assert later.total == 1
    line = ground.lines.some(later.batch_id, ids)[0][0]
    assert line.mechanism is Decision.DEFER
    assert not ground.opinions.disagreements(ARCHIVE, None, True, size=20, token="").items
    ground.decide(later.batch_id, ids[:1], review.DEFER)


def test_a_deferral_comes_up_again_and_a_second_review_opens_it(ground: Ground) -> None:
    ids = ground.insert(1)
    with ground.working():
        batch_id = ground.gather().batch_id
        ground.decide(batch_id, ids, review.DEFER)
        ground.tick_all(batch_id)
        batch = ground.freeze(batch_id)
        ground.sign(batch, Side.ARCHIVE, REVIEWER)
        ground.sign(batch, Side.CREATING_UNIT, OFFICER)
        ground.publish(batch_id)
        with pytest.raises(NothingToReview):
            ground.gather(matter=Matter.REREVIEW)
        ground.database.db[RECORDS].update_one({"_id": ids[0]}, {"$set": {"reevaluate_on": "2026-01-01"}})
        again = ground.gather(matter=Matter.REREVIEW)
        frozen = ground.reviewed(again.batch_id)
        ground.sign(frozen, Side.ARCHIVE, REVIEWER)
        ground.sign(frozen, Side.CREATING_UNIT, OFFICER)
        assert ground.publish(again.batch_id).applied == 1
    record = ground.record(ids[0])
    assert (record["access_status"], record["version"], record["batch_id"]) == ("open", 3, again.batch_id)


def test_a_plan_tells_how_far_its_rows_are_and_rows_with_batches_stay(ground: Ground) -> None:
    ground.insert(3)
    ground.insert(2, 10, eligible_on="2020-05-05")
    row = PlanRow(GatherFilter(("A001",), 1990, 1990), date(2026, 12, 31), REVIEWER.actor.pseudonym)
    plan = Plan(IDS.new(), ARCHIVE, 2026, "年度计划", (row,), REVIEWER.actor.pseudonym, CLOCK.now())
    archive = REGISTRY.archive(ARCHIVE)
    plan_cases.create_plan(plan=plan, archive=archive, by=ground.by(), plans=ground.plans)
    fonds, today = frozenset({"A001", "A004"}), legal_day(CLOCK.now())
    assert ground.plans.progress(plan, fonds, today) == [RowProgress(waiting=3)]
    with ground.working():
        batch = ground.gather(plan_id=plan.plan_id, plan_row=0)
    assert (batch.total, batch.plan_id) == (3, plan.plan_id)
    ids = [line.record_id for line, _ in ground.lines.sample(batch.batch_id, LineFilter(), 20)[1]]
    ground.decide(batch.batch_id, ids[:1])
    assert ground.plans.progress(plan, fonds, today) == [RowProgress(waiting=0, listed=3, decided=1)]
    other = PlanRow(GatherFilter(("A004",)), date(2026, 12, 31), REVIEWER.actor.pseudonym)

    def change(*rows: PlanRow, version: int = 1) -> Plan:
        return plan_cases.change_plan(
            plan_id=plan.plan_id,
            version=version,
            title="年度计划",
            rows=rows,
            registry=REGISTRY,
            by=ground.by(),
            plans=ground.plans,
        )

    with pytest.raises(InvalidArgument):
        change(other)
    assert change(row, other).version == 2
    with pytest.raises(VersionConflict):
        change(row)


def test_a_lent_director_sees_and_confirms_between_the_days_and_not_without_a_loan(ground: Ground) -> None:
    ground.insert(1)
    with ground.working():
        batch_id = ground.gather().batch_id
        batch = ground.reviewed(batch_id)
        ground.sign(batch, Side.ARCHIVE, REVIEWER)
        ground.sign(batch, Side.CREATING_UNIT, OFFICER)
        with pytest.raises(OutOfScope):
            cases.publish_batch(batch_id=batch_id, by=ground.by(LENT), desk=ground.desk)
        today = legal_day(CLOCK.now())
        loan = Loan(IDS.new(), ARCHIVE, "a320500", "", today, today + timedelta(30), LENT.actor.pseudonym, CLOCK.now())
        fonds_cases.lend_confirmer(loan=loan, registry=REGISTRY, by=ground.by(LENT), loans=ground.loans)
        published = ground.publish(batch_id, LENT)
    assert (published.confirmer_archive_id, published.loan_id) == ("a320500", loan.loan_id)


def test_an_older_database_has_its_unsigned_lists_back_in_review_and_the_registry_attests_for_a_year(
    ground: Ground,
) -> None:
    ids = ground.insert(2)
    ground.insert(1, 10, fonds="A004", unit_id="")
    db = ground.database.db
    db[RECORDS].update_many({"_id": {"$in": ids}}, {"$set": {"batch_id": "old"}})
    old = {"_id": "old", "region_id": "320000", "archive_id": ARCHIVE, "unit_id": review.UNIT, "state": "signed"}
    old |= {"created_at": CLOCK.now(), "created_by": "1" * 32, "rule_version": "2026-11-thin-1", "limit": 50_000}
    old |= {"version": 4, "total": 2, "opening": 2, "deferred": 0, "applied": 0, "cursor": 0, "root": "a" * 64}
    db[BATCHES].insert_one({**old, "signatures": [], "published_at": None, "published_by": "", "skipped": []})
    db[ENTRIES].insert_many(
        {"_id": f"old/{number}", "batch_id": "old", "ordinal": number, "record_id": one, "record_version": 1,
         "content_hash": ground.record(one)["content_hash"], "decision": "open", "rule": "O1", "reason": "",
         "salt": b"s" * 32}
        for number, one in enumerate(ids)
    )  # fmt: skip
    for _ in range(2):
        review_lists(db)
    batch = ground.batches.get("old")
    assert (batch.state, batch.undecided, batch.opening, batch.root) == (State.REVIEW, 2, 0, "")
    asked = asked_unit(REGISTRY.archive(ARCHIVE).fonds[1], ground.fonds.events(ARCHIVE), legal_day(CLOCK.now()))
    assert asked == (Asked.NONE_EXISTS, "")
    assert db[HISTORY].count_documents({}) == 1
    with ground.working():
        cases.renew_suggestions(batch_id="old", by=ground.by(), desk=ground.desk)
        ground.settled("old")
        batch = ground.reviewed("old")
    assert batch.state is State.READY
