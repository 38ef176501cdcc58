"""The log on real engines: from Kafka to a proof, and what it says of producers that lie."""

import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.audit.domain.errors import LogDiverged
from services.audit.domain.notes import open_checkpoint
from services.audit.domain.proofs import inclusion_from_tiles
from services.audit.domain.streams import digest
from services.audit.entrypoints import events_handler
from services.common.domain.errors import Unavailable
from services.common.domain.merkle import leaf_hash, verify_inclusion
from services.common.kafka.topics import audit_topic
from services.common.mongo.lease import LeaseLost
from tests.integration.audit.ground import AuditGround, leaves
from tests.integration.audit.process import TRAPS
from tests.integration.dataplane.ground import until

pytestmark = pytest.mark.integration

KILLS = [trap.__name__ for trap in TRAPS if trap.__name__.startswith("killed")]
PAUSES = [trap.__name__ for trap in TRAPS if trap.__name__.startswith("paused")]


def passes(ground: AuditGround, state: Path) -> str:
    """tongdang-verify's answer, which must be a yes."""
    done = ground.verify(state)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_events_of_all_producers_are_logged_signed_and_proven(ground: AuditGround, tmp_path: Path) -> None:
    other = f"{ground.producers[1]}/1"
    ground.send(*leaves(1, 400))
    ground.send(*leaves(1, 300), stream=other)
    with ground.audit():
        ground.until_signed(700)
        assert "首次查验" in passes(ground, tmp_path / "state")
        ground.send(*leaves(401, 420))
        ground.until_signed(720)
    assert "consistent with the last visit's 700 entries" in passes(ground, tmp_path / "state")
    assert (ground.numbers(), ground.numbers(other)) == (list(range(1, 421)), list(range(1, 301)))
    signed = ground.published.checkpoint()
    checkpoint = open_checkpoint(signed.note, ground.verifier_key)
    assert abs((datetime.now(UTC) - signed.signed_at).total_seconds()) < 60
    for index in (0, 255, 256, 699, 719):
        event = ground.events.one(index)
        assert event is not None
        proof = inclusion_from_tiles(index, checkpoint.size, ground.published.hashes)
        verify_inclusion(leaf_hash(event.leaf), index, checkpoint.size, proof, checkpoint.root)


def test_one_byte_changed_in_the_database_makes_verification_fail(ground: AuditGround, tmp_path: Path) -> None:
    ground.send(*leaves(1, 300))
    with ground.audit():
        ground.until_signed(300)
    passes(ground, tmp_path / "state")
    for index, told in ((7, "tile/0/000: hash 7"), (299, "signed root")):
        with ground.changed(index, b"granted", b"Granted"):
            done = ground.verify(tmp_path / "state")
        assert done.returncode == 1
        assert told in done.stdout
        assert "验证失败" in done.stdout
    passes(ground, tmp_path / "state")


@pytest.mark.parametrize("trap", KILLS)
def test_a_kill_in_the_middle_of_an_append_loses_nothing_and_doubles_nothing(
    ground: AuditGround, tmp_path: Path, trap: str
) -> None:
    ground.send(*leaves(1, 200))
    with ground.audit():
        ground.until_signed(200)
    passes(ground, tmp_path / "state")
    process = ground.process(trap)
    ground.send(*leaves(201, 600))
    assert process.wait(60) == -signal.SIGKILL
    with ground.audit():
        ground.until_signed(600)
    assert ground.numbers() == list(range(1, 601))
    assert "consistent with the last visit's 200" in passes(ground, tmp_path / "state")


def test_what_a_dead_process_left_is_signed_though_nothing_new_arrives(ground: AuditGround, tmp_path: Path) -> None:
    ground.send(*leaves(1, 300))
    process = ground.process("killed_before_signing", term_s=1)
    assert process.wait(60) == -signal.SIGKILL
    assert ground.size() < ground.store().positions()[audit_topic(ground.producers[0]), 0]
    standby = ground.store("standby")

    def signed() -> bool:
        standby.settle()
        return ground.size() > 0

    until(signed)
    passes(ground, tmp_path / "state")


@pytest.mark.parametrize("trap", PAUSES)
def test_an_old_process_that_wakes_after_another_took_over_changes_nothing(
    ground: AuditGround, tmp_path: Path, trap: str
) -> None:
    process = ground.process(trap, "elsewhere", 1)
    try:
        ground.send(*leaves(1, 500))
        until(lambda: "T" in Path(f"/proc/{process.pid}/stat").read_text().split()[2], 60)
        with ground.audit("here"):
            ground.send(*leaves(501, 600))
            ground.until_signed(600)
            os.kill(process.pid, signal.SIGCONT)
            ground.send(*leaves(601, 700))
            ground.until_signed(700)
    finally:
        process.kill()
        process.wait()
    assert ground.numbers() == list(range(1, 701))
    passes(ground, tmp_path / "state")


def test_two_processes_that_both_try_append_each_event_once(ground: AuditGround, tmp_path: Path) -> None:
    with ground.audit("one", term_s=1), ground.audit("two", term_s=1):
        for first in range(1, 501, 100):
            ground.send(*leaves(first, first + 99))
        ground.until_signed(500)
    assert ground.numbers() == list(range(1, 501))
    passes(ground, tmp_path / "state")


def test_a_second_process_waits_while_the_first_holds_the_lease(ground: AuditGround) -> None:
    first, second = ground.store("one"), ground.store("two")
    head = first.writable_head()
    with pytest.raises(LeaseLost):
        second.writable_head()
    first.append(head, [], head.streams, {})
    first.stop()
    second.writable_head()


def test_gaps_lies_and_unreadable_bytes_are_in_the_log_and_stop_nothing(ground: AuditGround, tmp_path: Path) -> None:
    topic = audit_topic(ground.producers[0])
    events = dict(leaves(1, 6))
    with ground.audit():
        ground.send((1, events[1]), (4, events[4]), (4, b"another four"), (3, events[3]))
        ground.until_signed(3)
        assert ground.findings() == ["log.gap", "log.equivocation"]
        [state] = ground.published.streams()
        assert (state.stream, state.last_seq, state.held) == (ground.stream, 1, 2)
        ground.send_bytes(topic, b"\xff\xff", b"")
        ground.send((2, events[2]), (5, events[5]), (2, b"another two"), (5, events[5]))
        ground.send((1, b"x"), stream=ground.stream.replace("/1", "/01"))
        ground.until_signed(11)
        ground.send((6, events[6]))
        ground.until_signed(12)
    assert ground.numbers() == [1, 2, 3, 4, 5, 6]
    assert sorted(ground.findings()) == ["log.equivocation"] * 2 + ["log.gap"] + ["log.unreadable"] * 3
    evidence = {row["_id"]: row["content"] for row in ground.database.db["evidence"].find()}
    assert evidence[digest(b"another four")] == b"another four"
    assert evidence[digest(b"\xff\xff")] == b"\xff\xff"
    assert ground.database.db["held"].count_documents({}) == 0
    passes(ground, tmp_path / "state")


def test_a_batch_larger_than_a_document_is_appended_in_pieces(
    ground: AuditGround, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_handler, "_CHUNK_BYTES", 20_000)
    with ground.audit():
        ground.send(*leaves(2, 300))
        ground.until_signed(1)
        assert ground.findings() == ["log.gap"]
        ground.send(*leaves(1, 1))  # sets three hundred free, in one arrival
        ground.until_signed(301)
    assert ground.numbers() == list(range(1, 301))
    passes(ground, tmp_path / "state")


def test_a_log_whose_stored_bytes_differ_stops_and_says_so(ground: AuditGround) -> None:
    ground.send(*leaves(1, 10))
    with ground.audit() as store:
        ground.until_signed(10)
        store.check()
        ground.database.db["leaves"].insert_one({"_id": 10, "leaves": b"put here by somebody", "runs": []})
        ground.send(*leaves(11, 12))

        def stopped() -> bool:
            try:
                store.check()
            except Unavailable:
                return True
            return False

        until(stopped)
        with pytest.raises(LogDiverged):
            store.writable_head()
    assert ground.size() == 10, "nothing is signed over it"
