"""Texts of open records on a real database: through the same gate, out again with two ways back, whatever is killed."""

import threading
from contextlib import suppress
from typing import Any

import pytest

from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.publication_documents import commitments_of
from services.catalog.adapters.retractions import REPEATED_AFTER, RETRACTIONS, RetractionRepeats
from services.catalog.adapters.text_messages import text_content
from services.catalog.adapters.text_store import TEXTS
from services.catalog.application import lines as line_cases
from services.catalog.application import review as cases
from services.catalog.application import texts as text_cases
from services.catalog.application.cancelling import cancel_batch
from services.catalog.domain.batch_errors import NothingToReview, NotShown
from services.catalog.domain.batches import Batch
from services.catalog.domain.gathering import GatherFilter, Matter
from services.catalog.domain.signatures import Side
from services.catalog.domain.texts import EntryNotOpen, TextFixed, TextNotPublic, TextState
from services.catalog.domain.work_list import State
from services.common.domain.errors import InvalidArgument, OutOfScope, TongdangError
from services.common.domain.publication import entry_commitment
from services.common.mongo.transactions import Transactions
from tests.builders import review
from tests.integration.review.ground import CLOCK, DIRECTOR, IDS, LENT, OFFICER, REVIEWER, Ground
from tests.integration.review.killing import killed_worker
from tongdang.catalog.v1 import text_pb2

pytestmark = pytest.mark.integration
WORDS = "同意你乡修建水库一座。"


def opened(ground: Ground, count: int, **fields: Any) -> list[str]:
    """Records whose entries are public."""
    return ground.insert(count, access_status="open", decision="open", rule="O1", opened_on="2026-01-01", **fields)


def enter(ground: Ground, record_id: str, words: str = WORDS) -> None:
    text_cases.enter_text(
        record_id=record_id, content=words.encode(), by=ground.by(), records=ground.records, texts=ground.texts
    )


def withdraw(ground: Ground, record_id: str) -> None:
    by = ground.by(DIRECTOR, "text.withdraw")
    text_cases.withdraw_text(record_id=record_id, rule="D2", reason="涉及他人", by=by, texts=ground.texts)


def retract(ground: Ground, record_id: str) -> None:
    by = ground.by(DIRECTOR, "record.retract")
    cases.retract_record(record_id=record_id, rule="D2", reason="涉及他人", by=by, records=ground.records)


def gathered(ground: Ground) -> Batch:
    return ground.gather(matter=Matter.TEXT)


def published(ground: Ground) -> Batch:
    """Every text that waits, published; the worker runs."""
    batch = gathered(ground)
    ground.signed(batch.batch_id, review.OPEN_TEXT)
    return ground.publish(batch.batch_id)


def sent(ground: Ground, record_id: str) -> list[text_pb2.TextPublished]:
    """What left of a text, by version."""
    rows = ground.database.db["outbox"].find({"messages.key": record_id})
    messages = [one for row in rows for one in row["messages"]]
    texts = [one for one in messages if one["key"] == record_id and one["topic"].endswith(".texts.v1")]
    return sorted(
        (text_pb2.TextPublished.FromString(bytes(one["value"])) for one in texts), key=lambda one: one.event.version
    )


def salt(ground: Ground, batch_id: str, record_id: str) -> bytes | None:
    line = ground.database.db[ENTRIES].find_one({"batch_id": batch_id, "record_id": record_id}) or {}
    return bytes(line["salt"]) if "salt" in line else None


def test_a_text_leaves_by_a_list_of_its_own_and_stays_away_from_the_entry(ground: Ground) -> None:
    first, second, silent = opened(ground, 3)
    enter(ground, first)
    enter(ground, second, "张三，身份证号11010519491231002X。")
    before = ground.record(first)
    with ground.working():
        batch = gathered(ground)
        assert (batch.matter, batch.total) == (Matter.TEXT, 2)
        groups = {
            group.suggestion["proposal"]: group.suggestion["rule"] for group in ground.lines.groups(batch.batch_id)
        }
        assert groups == {"open": "P1", "defer": "D2"}
        assert ground.lines.one(batch.batch_id, first)[1]["text"] == WORDS
        assert sent(ground, first) == []
        ground.decide(batch.batch_id, [first], review.OPEN_TEXT)
        ground.decide(batch.batch_id, [second], review.DEFER)
        ground.tick_all(batch.batch_id)
        frozen = ground.freeze(batch.batch_id)
        ground.sign(frozen, Side.ARCHIVE, REVIEWER)
        ground.sign(frozen, Side.CREATING_UNIT, OFFICER)
        done = ground.publish(batch.batch_id)
    assert (done.applied, done.skipped) == (1, ())
    (message,) = sent(ground, first)
    assert message.open.text == WORDS and message.open.rule == "P1" and message.open.batch_id == batch.batch_id
    assert ground.texts.get(first).state is TextState.OPEN
    assert ground.texts.get(second).state is TextState.DEFERRED
    assert sent(ground, second) == sent(ground, silent) == []
    now = ground.record(first)
    assert [now[name] for name in ("version", "batch_id", "rule")] == [
        before[name] for name in ("version", "batch_id", "rule")
    ]


def test_only_texts_of_open_records_are_taken_and_only_by_their_archive(ground: Ground) -> None:
    (closed,) = ground.insert(1)
    (open_,) = opened(ground, 1, start=1)
    with pytest.raises(EntryNotOpen):
        enter(ground, closed)
    with pytest.raises(OutOfScope):
        text_cases.enter_text(
            record_id=open_, content=b"x", by=ground.by(LENT), records=ground.records, texts=ground.texts
        )
    with pytest.raises(NothingToReview):
        gathered(ground)
    assert ground.database.db[TEXTS].count_documents({}) == 0


def test_a_text_on_a_list_is_fixed_and_each_is_read_before_it_is_ticked(ground: Ground) -> None:
    (record_id,) = opened(ground, 1)
    enter(ground, record_id)
    enter(ground, record_id, "别的文字")
    with ground.working():
        batch = gathered(ground)
        with pytest.raises(TextFixed):
            enter(ground, record_id)
        with pytest.raises(NotShown):
            line_cases.review_secrecy(
                batch_id=batch.batch_id, record_ids=[record_id], by=ground.by(), batches=ground.batches
            )
        with pytest.raises(InvalidArgument):
            ground.decide(batch.batch_id, [record_id], review.OPEN)
        with pytest.raises(InvalidArgument):
            ground.gather(matter=Matter.TEXT, filter_=GatherFilter(fonds=("A001",), early=True))


def test_a_withdrawn_text_is_replaced_by_nothing_and_its_salt_dies(ground: Ground) -> None:
    (record_id,) = opened(ground, 1)
    enter(ground, record_id)
    with ground.working():
        batch = published(ground)
    kept = salt(ground, batch.batch_id, record_id)
    assert kept
    _, (commitment,) = commitments_of(ground.database.db, batch.batch_id)
    assert commitment == entry_commitment(kept, text_content(sent(ground, record_id)[0].open))
    withdraw(ground, record_id)
    gone = sent(ground, record_id)[-1]
    assert gone.HasField("withdrawn") and gone.event.version == 3
    assert WORDS.encode() not in gone.SerializeToString()
    assert salt(ground, batch.batch_id, record_id) is None
    assert ground.record(record_id)["access_status"] == "open", "the entry stays"
    with pytest.raises(TextNotPublic):
        withdraw(ground, record_id)


def test_a_retracted_entry_takes_its_text_along_public_or_on_a_list(ground: Ground) -> None:
    public, listed = opened(ground, 2)
    enter(ground, public)
    with ground.working():
        published(ground)
        enter(ground, listed)
        batch = gathered(ground)
        ground.signed(batch.batch_id, review.OPEN_TEXT)
        retract(ground, public)
        retract(ground, listed)
        done = ground.publish(batch.batch_id)
    assert sent(ground, public)[-1].HasField("withdrawn")
    assert (done.applied, done.skipped) == (0, (listed,))
    assert sent(ground, listed) == []
    assert {ground.texts.get(one).state for one in (public, listed)} == {TextState.WITHDRAWN}


def test_a_text_published_anew_is_not_covered_by_the_repeat_of_its_withdrawal(ground: Ground) -> None:
    (record_id,) = opened(ground, 1)
    enter(ground, record_id)
    with ground.working():
        published(ground)
        withdraw(ground, record_id)
        assert ground.database.db[RETRACTIONS].count_documents({}) == 1
        enter(ground, record_id, "涂改后的文字")
        published(ground)
    later = _Later()
    RetractionRepeats(Transactions(ground.database, IDS, later), "catalog-320000", later, IDS)()
    states = [one.WhichOneof("state") for one in sent(ground, record_id)]
    assert states == ["open", "withdrawn", "open"]


class _Later:
    def now(self) -> Any:
        return CLOCK.now() + 2 * REPEATED_AFTER


def test_a_cancelled_list_lets_its_texts_go_and_leaves_their_records_alone(ground: Ground) -> None:
    (record_id,) = opened(ground, 1)
    enter(ground, record_id)
    before = ground.record(record_id)
    with ground.working():
        batch = gathered(ground)
        cancel_batch(batch_id=batch.batch_id, reason="暂不办理", by=ground.by(), batches=ground.batches)
        assert ground.settled(batch.batch_id).state is State.CANCELLED
        assert ground.record(record_id) == before
        enter(ground, record_id, "别的文字")
        assert gathered(ground).total == 1


def test_killed_at_any_commit_a_publication_of_texts_ends_as_if_it_had_not_been(ground: Ground) -> None:
    ids = opened(ground, 160)
    for record_id in ids:
        enter(ground, record_id)
    with ground.working():
        batch = gathered(ground)
        ground.signed(batch.batch_id, review.OPEN_TEXT)
    cases.publish_batch(batch_id=batch.batch_id, by=ground.by(DIRECTOR), desk=ground.desk)
    for kill_at in (1, 2, 3):
        with killed_worker(ground.database, kill_at) as worker:
            worker.wait(120)
    with ground.working():
        done = ground.settled(batch.batch_id, 120)
    assert (done.applied, done.skipped, done.state.value) == (160, (), "published")
    versions = [[one.event.version for one in sent(ground, record_id)] for record_id in ids]
    assert versions == [[2]] * 160


def test_a_retraction_while_texts_are_published_never_leaves_a_text_public(ground: Ground) -> None:
    ids = opened(ground, 60)
    for record_id in ids:
        enter(ground, record_id)
    with ground.working():
        batch = gathered(ground)
        ground.signed(batch.batch_id, review.OPEN_TEXT)
        cases.publish_batch(batch_id=batch.batch_id, by=ground.by(DIRECTOR), desk=ground.desk)
        racing = [threading.Thread(target=_quietly, args=(ground, record_id)) for record_id in ids[::7]]
        for thread in racing:
            thread.start()
        for thread in racing:
            thread.join()
        ground.settled(batch.batch_id, 120)
    for record_id in ids:
        state, messages = ground.texts.get(record_id).state, sent(ground, record_id)
        is_open = ground.record(record_id)["access_status"] == "open"
        assert (state is TextState.OPEN) == is_open
        assert bool(messages and messages[-1].HasField("open")) == is_open


def _quietly(ground: Ground, record_id: str) -> None:
    with suppress(TongdangError):
        retract(ground, record_id)
