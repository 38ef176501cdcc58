"""What changes between two steps of a list: the rule table, and who was quicker."""

import json
import threading
from typing import Any

import pytest

from services.catalog.application import review as cases
from services.catalog.domain.batch_errors import RulesChanged
from services.catalog.domain.batches import Batch
from services.catalog.domain.signatures import Side
from services.catalog.domain.work_list import State
from services.common.domain.errors import TongdangError
from tests.builders import review
from tests.builders.review import Person
from tests.integration.review.ground import DIRECTOR, OFFICER, REVIEWER, SECOND, Ground, until

pytestmark = pytest.mark.integration
_NEW = "rules-2"


def test_a_list_frozen_under_a_table_that_is_no_more_is_neither_signed_nor_confirmed_before_it_is_frozen_anew(
    ground: Ground,
) -> None:
    ground.insert(3)
    with ground.working():
        batch_id = ground.gather().batch_id
        frozen = ground.reviewed(batch_id)
        ground.sign(frozen, Side.ARCHIVE, REVIEWER)
    ground.rules = _NEW
    refused(ground, lambda: ground.sign(frozen, Side.CREATING_UNIT, OFFICER))
    ground.rules = review.RULES
    ground.sign(frozen, Side.CREATING_UNIT, OFFICER)
    ground.rules = _NEW
    refused(ground, lambda: cases.publish_batch(batch_id=batch_id, by=ground.by(DIRECTOR), desk=ground.desk))
    signed = ground.batches.get(batch_id)
    assert {json.loads(one.statement)["rule_version"] for one in signed.signatures} == {review.RULES}

    with ground.working():
        cases.reopen_batch(batch_id=batch_id, reason="规则表更新", by=ground.by(), batches=ground.batches)
        refused(ground, lambda: ground.freeze(batch_id))
        cases.renew_suggestions(batch_id=batch_id, by=ground.by(), desk=ground.desk)
        ground.settled(batch_id)
        anew = ground.freeze(batch_id)
        assert (anew.root, anew.rule_version) == (frozen.root, _NEW), "the same list, under the new table"
        with pytest.raises(TongdangError):
            ground.publish(batch_id)
        ground.sign(anew, Side.ARCHIVE, REVIEWER)
        ground.sign(anew, Side.CREATING_UNIT, OFFICER)
        assert ground.publish(batch_id).rule_version == _NEW


def test_what_was_confirmed_is_carried_out_under_the_table_it_was_confirmed_under(ground: Ground) -> None:
    ids = ground.insert(3)
    with ground.working():
        batch_id = ground.gather().batch_id
        sign_both(ground, ground.reviewed(batch_id))
    cases.publish_batch(batch_id=batch_id, by=ground.by(DIRECTOR), desk=ground.desk)
    ground.rules = _NEW
    with ground.working():
        until(lambda: ground.batches.get(batch_id).state is State.PUBLISHED)
    [kept] = ground.database.db["publications"].find({})
    assert json.loads(kept["manifest"])["rule_version"] == review.RULES
    assert ground.record(ids[0])["access_status"] == "open"


def test_of_two_who_sign_one_side_at_once_one_is_refused(ground: Ground) -> None:
    ground.insert(3)
    with ground.working():
        frozen = ground.reviewed(ground.gather().batch_id)
    outcomes = at_once(lambda person: ground.sign(frozen, Side.ARCHIVE, person), (REVIEWER, SECOND))
    assert outcomes.count("") == 1
    [signature] = ground.batches.get(frozen.batch_id).signatures
    assert signature.side is Side.ARCHIVE


def test_of_a_signature_and_a_reopening_at_once_nothing_is_left_that_stands_behind_no_root(ground: Ground) -> None:
    ground.insert(3)
    with ground.working():
        batch_id = ground.gather().batch_id
        frozen = ground.reviewed(batch_id)

    def act(person: Person) -> Any:
        if person is REVIEWER:
            return ground.sign(frozen, Side.ARCHIVE, person)
        return cases.reopen_batch(batch_id=batch_id, reason="再看", by=ground.by(person), batches=ground.batches)

    at_once(act, (REVIEWER, DIRECTOR))
    batch = ground.batches.get(batch_id)
    assert bool(batch.signatures) == bool(batch.root) == (batch.state is not State.REVIEW)


def refused(ground: Ground, step: Any) -> None:
    """For the table alone, with both versions."""
    with pytest.raises(RulesChanged) as refusal:
        step()
    assert refusal.value.metadata == {"batch": review.RULES, "present": _NEW}


def sign_both(ground: Ground, batch: Batch) -> None:
    ground.sign(batch, Side.ARCHIVE, REVIEWER)
    ground.sign(batch, Side.CREATING_UNIT, OFFICER)


def at_once(step: Any, people: tuple[Person, ...]) -> list[str]:
    """The code each was refused with; empty for who was not."""
    together = threading.Barrier(len(people))
    outcomes: list[str] = []

    def act(person: Person) -> None:
        together.wait()
        try:
            step(person)
            outcomes.append("")
        except TongdangError as problem:
            outcomes.append(problem.code)

    threads = [threading.Thread(target=act, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
