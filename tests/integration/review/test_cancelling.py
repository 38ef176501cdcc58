"""A list that is given up: its records are what they were, whatever state it was in and whoever is killed."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from services.catalog.adapters.documents import RECORDS
from services.catalog.application import opinions as opinion_cases
from services.catalog.application.cancelling import cancel_batch
from services.catalog.application.fonds import decide_scope
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.batch_errors import BatchNotReady
from services.catalog.domain.batches import Batch
from services.catalog.domain.fonds_history import ScopeDecision
from services.catalog.domain.gathering import Matter
from services.catalog.domain.opinions import Outcome
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import Decision
from services.catalog.domain.work_list import State
from services.common.domain.audit_event import ObjectRef
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument, RoleNotAllowed, TongdangError
from tests.builders import review
from tests.builders.review import ARCHIVE, Person
from tests.builders.review_desk import REGISTRY
from tests.integration.review.ground import (
    CLOCK,
    DIRECTOR,
    IDS,
    LENT,
    OFFICER,
    REVIEWER,
    SECOND,
    Ground,
    until,
)
from tests.integration.review.killing import killed_worker

pytestmark = pytest.mark.integration


def cancel(ground: Ground, batch_id: str, person: Person = REVIEWER, reason: str = "重复汇集") -> Batch:
    return cancel_batch(batch_id=batch_id, reason=reason, by=ground.by(person), batches=ground.batches)


def stored(ground: Ground) -> dict[str, Any]:
    """All records, as they are."""
    return {record["_id"]: record for record in ground.database.db[RECORDS].find({})}


def signed(ground: Ground, batch_id: str) -> None:
    """Reviewed, and both sides stand behind it."""
    frozen = ground.reviewed(batch_id)
    ground.sign(frozen, Side.ARCHIVE, REVIEWER)
    ground.sign(frozen, Side.CREATING_UNIT, OFFICER)


def test_a_signed_list_is_cancelled_its_records_are_as_before_and_are_gathered_again(ground: Ground) -> None:
    ground.insert(30)
    before = stored(ground)
    with ground.working():
        batch_id = ground.gather().batch_id
        signed(ground, batch_id)
        cancelled = cancel(ground, batch_id, DIRECTOR)
        assert (cancelled.state, cancelled.root, cancelled.signatures) == (State.CANCELLED, "", ())
        assert cancelled.cancellation is not None
        assert (cancelled.cancellation.by, cancelled.cancellation.reason) == (DIRECTOR.actor.pseudonym, "重复汇集")
        assert stored(ground) == before
        with pytest.raises(BatchNotReady):
            ground.publish(batch_id)
        with pytest.raises(BatchNotReady):
            cancel(ground, batch_id)
        assert ground.gather().total == 30
    assert len(ground.lines.page(batch_id, LineFilter(decision=Decision.OPEN), True, size=100, token="").items) == 30


def test_only_a_director_of_the_archive_or_who_gathered_it_cancels_a_list_and_says_why(ground: Ground) -> None:
    ground.insert(1)
    with ground.working():
        batch_id = ground.gather().batch_id
        for person in (SECOND, OFFICER, LENT):
            with pytest.raises(TongdangError) as refused:
                cancel(ground, batch_id, person)
            assert refused.value.code in (RoleNotAllowed.code, "OUT_OF_SCOPE")
        for reason in ("", " ", "长" * 501):
            with pytest.raises(InvalidArgument):
                cancel(ground, batch_id, REVIEWER, reason)
        assert ground.batches.get(batch_id).state is State.REVIEW


def test_a_list_is_cancelled_while_it_is_gathered_and_in_the_middle_of_an_act_on_all_its_lines(ground: Ground) -> None:
    ground.insert(1_600)
    before = stored(ground)
    for kill_at in (1, 3):  # after the first chunk, after the second
        half = IDS.new()
        fields = {"state": State.GATHERING, "fonds": ("A001",), "limit": 1_600}
        batch = review.batch(batch_id=half, created_by=REVIEWER.actor.pseudonym, **fields)
        with killed_worker(ground.database, kill_at) as worker:
            ground.batches.create(batch, ground.by().granted(ObjectRef("batch", half)))
            worker.wait(120)
        assert ground.batches.get(half).state is State.GATHERING
        with ground.working():
            cancel(ground, half)
            until(lambda half=half: ground.batches.get(half).state is State.CANCELLED)
        assert stored(ground) == before
    with ground.working():
        acted = ground.gather().batch_id
    ground.decide_matching(acted, LineFilter(), 1_600)
    with ground.working():
        cancel(ground, acted)
        until(lambda: ground.batches.get(acted).state is State.CANCELLED)
    assert ground.batches.get(acted).bulk is None
    assert stored(ground) == before


def test_of_a_confirmation_and_a_cancellation_at_once_one_is_refused(ground: Ground) -> None:
    ground.insert(20)
    before = stored(ground)
    with ground.working():
        batch_id = ground.gather().batch_id
        signed(ground, batch_id)
        refused: list[str] = []
        together = threading.Barrier(2)

        def act(step: Any) -> None:
            together.wait()
            try:
                step(ground, batch_id, DIRECTOR)
            except TongdangError as problem:
                refused.append(problem.code)

        threads = [threading.Thread(target=act, args=(step,)) for step in (cancel, Ground.publish)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: ground.batches.get(batch_id).state in (State.CANCELLED, State.PUBLISHED))
    assert len(refused) == 1
    assert refused[0] in ("BATCH_NOT_READY", "UNAVAILABLE", "LIST_CHANGED")
    if ground.batches.get(batch_id).state is State.CANCELLED:
        assert stored(ground) == before
    else:
        assert {record["access_status"] for record in stored(ground).values()} == {"open"}


def test_an_objection_outlives_the_list_it_was_raised_on(ground: Ground) -> None:
    ids = ground.insert(3)
    with ground.working():
        batch_id = ground.gather().batch_id
        opinion_cases.object_lines(
            batch_id=batch_id, record_ids=ids[:1], reason="不同意", by=ground.by(OFFICER), batches=ground.batches
        )
        cancel(ground, batch_id)
        later = ground.gather()
        assert later.total == 2, "the mechanism has not decided"
        cancel(ground, later.batch_id)
        [(raised, _)] = ground.opinions.disagreements(ARCHIVE, None, True, size=20, token="").items
        settle(ground, raised.disagreement_id)
        assert ground.gather().total == 3


def test_a_cancelled_re_review_leaves_each_deferral_due_on_its_day_and_so_does_a_settled_objection(
    ground: Ground,
) -> None:
    ids = ground.insert(3, access_status="deferred", reevaluate_on="2026-01-15", batch_id="earlier")
    before = stored(ground)
    with ground.working():
        batch_id = ground.gather(matter=Matter.REREVIEW).batch_id
        cancel(ground, batch_id)
        assert stored(ground) == before
        again = ground.gather(matter=Matter.REREVIEW)
        assert again.total == 3
        opinion_cases.object_lines(
            batch_id=again.batch_id, record_ids=ids[:1], reason="不同意", by=ground.by(OFFICER), batches=ground.batches
        )
        cancel(ground, again.batch_id)
        [(raised, _)] = ground.opinions.disagreements(ARCHIVE, None, True, size=20, token="").items
        settle(ground, raised.disagreement_id)
        assert ground.gather(matter=Matter.REREVIEW).total == 3


def test_a_record_of_defence_goes_back_behind_its_scope_decision(ground: Ground) -> None:
    ground.insert(2, access_status="controlled", control_rule="A1")
    before = stored(ground)
    decision = ScopeDecision(ARCHIVE, "A001", "军〔2026〕1号", date(2026, 1, 5), DIRECTOR.actor.pseudonym, CLOCK.now())
    decide_scope(
        decision_id=IDS.new(),
        decision=decision,
        archive=REGISTRY.archive(ARCHIVE),
        by=ground.by(DIRECTOR),
        history=ground.fonds,
    )
    with ground.working():
        cancel(ground, ground.gather().batch_id)
        assert stored(ground) == before
        assert ground.gather().total == 2


def settle(ground: Ground, disagreement_id: str) -> None:
    """The mechanism decides that it opens."""
    now = CLOCK.now()
    outcome = Outcome("协调1号", legal_day(now - timedelta(days=1)), Decision.OPEN, DIRECTOR.actor.pseudonym, now)
    opinion_cases.record_outcome(
        disagreement_id=disagreement_id, outcome=outcome, by=ground.by(DIRECTOR), opinions=ground.opinions
    )
