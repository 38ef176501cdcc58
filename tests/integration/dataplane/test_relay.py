"""The relay on real engines: kill, pause or abort what you like, no gap, no double, no old version after a new one."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psutil
import pytest
import structlog

from services.common.audit.recorder import Recorder
from services.common.domain.audit_event import Outcome
from services.common.domain.errors import NotFound
from services.common.kafka import relay
from services.common.kafka.upkeep import sweep_outbox
from services.common.mongo.transactions import Tx
from tests.integration.dataplane.ground import CLOCK, IDS, Ground, audit_event, until

pytestmark = pytest.mark.integration


class ClockRunningBackwards:
    """Ids in falling order, as if every transaction ran on a machine whose clock is behind the one before."""

    def __init__(self) -> None:
        self._numbers = count(10**6, -1)

    def new(self) -> str:
        return f"00000000-0000-7000-8000-{next(self._numbers):012d}"


@contextmanager
def paused(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Waits until the process has stopped itself; ends it afterwards."""
    watched = psutil.Process(process.pid)
    until(lambda: watched.status() == psutil.STATUS_STOPPED, seconds=30)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def end_of_term(ground: Ground) -> str:
    """How the first term of the relay in the other process ended."""
    return str(until(lambda: ground.database.db["notes"].find_one())["end_of_term"])


def values(ground: Ground) -> list[str]:
    return [row.value.decode() for row in ground.read(ground.records)]


def sequence(ground: Ground) -> list[int]:
    return [leaf.seq for leaf in ground.leaves()]


def test_messages_carry_cloudevents_headers_and_events_their_stream_and_number(ground: Ground) -> None:
    ground.commit(ground.message("a", 1), events=2)
    ground.relayed()
    (row,) = ground.read(ground.records)
    headers = dict(row.headers)
    assert row.key == b"a"
    assert headers["ce_type"] == b"test.v1"
    assert headers["ce_source"] == f"/{ground.principal}".encode()
    assert {"ce_id", "ce_specversion", "ce_time"} <= set(headers)
    assert [(leaf.stream, leaf.seq) for leaf in ground.leaves()] == [
        (f"{ground.principal}/1", 1),
        (f"{ground.principal}/1", 2),
    ]


def test_conflicts_and_aborts_leave_no_gap_and_no_double(ground: Ground) -> None:
    transactions = ground.transactions()
    ground.database.db["counters"].insert_one({"_id": "one", "value": 0})

    def increments(tx: Tx) -> None:
        tx.db["counters"].update_one({"_id": "one"}, {"$inc": {"value": 1}}, session=tx.session)
        tx.record(audit_event("counter.raise"))

    def aborted(tx: Tx) -> None:
        increments(tx)
        raise NotFound("on purpose")

    def caller() -> None:
        for _ in range(10):
            transactions.run(increments)
            with pytest.raises(NotFound):
                transactions.run(aborted)

    with ground.relay():
        threads = [threading.Thread(target=caller) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(ground.all_sent)
    counter = ground.database.db["counters"].find_one({"_id": "one"})
    assert counter is not None
    assert counter["value"] == 80
    assert sequence(ground) == list(range(1, 81))


def test_a_refusal_stays_although_its_transaction_rolled_back(ground: Ground) -> None:
    recorder = Recorder(ground.database, IDS, CLOCK)
    recorder.start()

    def refused(tx: Tx) -> None:
        tx.record(audit_event("request.submit"))
        raise NotFound("on purpose")

    with pytest.raises(NotFound):
        ground.transactions().run(refused)
    recorder.record(audit_event("request.submit", Outcome.REFUSED))
    recorder.stop()
    ground.relayed()
    (leaf,) = ground.leaves()
    assert b'"status":"refused"' in leaf.leaf


def test_versions_of_a_key_leave_in_order_although_the_clock_runs_backwards(ground: Ground) -> None:
    ids = ClockRunningBackwards()
    for version in range(1, 251):  # more than one numbering takes, so the limit would part them
        ground.commit(ground.message("a", version), ids=ids)
    ground.relayed()
    assert values(ground) == [f"a v{version}" for version in range(1, 251)]


def test_what_is_committed_close_behind_goes_together(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "_REST_S", 2.0)
    transactions = ground.transactions()
    running = relay.Relay(ground.database, transactions, ground.kafka, ground.principal, 1, CLOCK, IDS, holder="here")
    running.start()
    try:
        until(ground.all_sent)
        for version in range(1, 21):
            transactions.run(lambda tx, version=version: tx.emit(ground.message("a", version)))
        until(ground.all_sent)
    finally:
        running.stop()
    rows = ground.read(ground.records)
    assert [row.value.decode() for row in rows] == [f"a v{version}" for version in range(1, 21)]
    ends_between = rows[-1].offset - rows[0].offset + 1 - len(rows)  # of transactions: each takes a place in the topic
    assert ends_between <= 3, "the first, and what came while it rested"


def test_a_kill_between_commit_and_numbering_loses_nothing(ground: Ground) -> None:
    assert ground.process("killed_after_commit").wait(30) == -signal.SIGKILL
    ground.relayed()
    assert values(ground) == ["a v1"]
    assert sequence(ground) == [1, 2]


def test_a_kill_before_the_commit_leaves_no_gap(ground: Ground) -> None:
    assert ground.process("killed_before_commit").wait(30) == -signal.SIGKILL
    ground.commit(ground.message("a", 1), events=1)
    ground.relayed()
    assert values(ground) == ["a v1"]
    assert sequence(ground) == [1]


def test_a_kill_while_numbering_leaves_no_gap_and_no_double(ground: Ground) -> None:
    ground.commit(ground.message("a", 1), events=3)
    assert ground.process("killed_while_numbering").wait(30) == -signal.SIGKILL
    ground.commit(ground.message("a", 2), events=1)
    ground.relayed(seconds=120)  # MongoDB keeps the dead one's transaction for transactionLifetimeLimitSeconds
    assert values(ground) == ["a v1", "a v2"]
    assert sequence(ground) == [1, 2, 3, 4]


def test_a_kill_between_kafka_and_the_mark_repeats_the_same_bytes_under_the_same_number(ground: Ground) -> None:
    ground.commit(ground.message("a", 1), events=2)
    assert ground.process("killed_before_mark").wait(30) == -signal.SIGKILL
    ground.commit(ground.message("a", 2), events=1)
    ground.relayed()
    assert values(ground) == ["a v1", "a v1", "a v2"]
    leaves = ground.leaves()
    assert [leaf.seq for leaf in leaves] == [1, 2, 1, 2, 3]
    assert leaves[:2] == leaves[2:4]


def test_an_old_relay_that_wakes_after_a_retraction_changes_nothing(ground: Ground) -> None:
    ground.commit(ground.message("a", 1, b"open"))
    old = ground.process("paused_before_sending")
    with paused(old):
        ground.commit(ground.message("a", 2, b"retracted"))
        with ground.relay(holder="new"):
            until(ground.all_sent)
            os.kill(old.pid, signal.SIGCONT)
            # fenced, or past its own delivery timeout if the pause was long: either way nothing of it commits
            assert end_of_term(ground) in ("ProducerFencedError", "KafkaTimeoutError")
            ground.commit(ground.message("a", 3, b"later"))
            until(ground.all_sent)
    assert values(ground) == ["open", "retracted", "later"]


def test_a_relay_that_wakes_before_it_has_fenced_sends_nothing_and_its_successor_goes_on(ground: Ground) -> None:
    ground.commit(ground.message("a", 1))
    old = ground.process("paused_before_fencing")
    with paused(old), ground.relay(holder="new"):
        until(ground.all_sent)
        os.kill(old.pid, signal.SIGCONT)
        # it loses the lease, or gave Kafka up during a long pause: either way it sends nothing
        assert end_of_term(ground) in ("LeaseLost", "KafkaTimeoutError")
        for version in range(2, 12):
            ground.commit(ground.message("a", version))
        until(ground.all_sent, seconds=30)
    ordered = [int(value.split("v")[1]) for value in values(ground)]
    assert sorted(set(ordered)) == list(range(1, 12))
    assert ordered == sorted(ordered)


def test_a_new_incarnation_starts_anew_and_names_what_was_known(ground: Ground) -> None:
    ground.commit(ground.message("a", 1), events=3)
    ground.relayed(incarnation=1)
    ground.commit(ground.message("a", 2), events=1)
    ground.relayed(incarnation=2)
    leaves = ground.leaves()
    assert [(leaf.stream[-2:], leaf.seq) for leaf in leaves] == [("/1", 1), ("/1", 2), ("/1", 3), ("/2", 1), ("/2", 2)]
    opening = [leaf.leaf for leaf in leaves if b"stream.open" in leaf.leaf]
    assert len(opening) == 1
    assert b'"last_known_seq":3' in opening[0]
    assert values(ground) == ["a v1", "a v2"]


def test_an_incarnation_that_was_superseded_sends_nothing(ground: Ground) -> None:
    ground.relayed(incarnation=2)
    ground.commit(ground.message("a", 1))
    with ground.relay(incarnation=1), structlog.testing.capture_logs() as told:
        until(lambda: any("STREAM_SUPERSEDED" in str(line) for line in told))
    assert values(ground) == []


def test_sent_messages_are_swept_and_audit_events_stay_until_logged(ground: Ground) -> None:
    ground.commit(ground.message("a", 1))
    ground.commit(ground.message("b", 1), events=2)
    ground.relayed()
    ground.commit(ground.message("c", 1))
    outbox = ground.database.db["outbox"]
    sweep_outbox(ground.database, {})
    assert {row["messages"][0]["key"] for row in outbox.find()} == {"b", "c"}
    sweep_outbox(ground.database, {f"{ground.principal}/1": 1})
    assert outbox.count_documents({}) == 2
    sweep_outbox(ground.database, {f"{ground.principal}/1": 2})
    assert {row["messages"][0]["key"] for row in outbox.find()} == {"c"}


def test_a_new_incarnations_numbers_sweep_nothing_of_the_one_before(ground: Ground) -> None:
    ground.commit(ground.message("a", 1), events=1)
    ground.relayed()
    ground.commit(ground.message("b", 1), events=1)
    ground.relayed(incarnation=2)
    outbox = ground.database.db["outbox"]

    def keys() -> set[str]:
        return {row["messages"][0]["key"] for row in outbox.find() if row["messages"]}

    sweep_outbox(ground.database, {f"{ground.principal}/2": 100})
    assert keys() == {"a"}
    sweep_outbox(ground.database, {f"{ground.principal}/1": 1})
    assert keys() == set()
