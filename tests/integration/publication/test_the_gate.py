"""Nothing gets onto Kafka outside the rules; and what somebody puts there by hand, the check finds."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from services.catalog.adapters.batch_check import BatchCheck
from services.catalog.application.lines import decide_lines
from services.catalog.application.review import reopen_batch
from services.catalog.domain.batch_errors import BatchNotReady, WrongSide
from services.catalog.domain.disagreements import Disagreement
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import Decision, Verdict
from services.catalog.domain.work_list import State
from services.common.domain.errors import OutOfScope, TongdangError
from services.common.kafka.reading import read_all
from tests.integration.dataplane.ground import until
from tests.integration.publication.own_province import (
    DIRECTOR,
    OFFICER,
    OTHER_DIRECTOR,
    REVIEWER,
    OwnProvince,
    by,
    make_province,
    put,
)
from tongdang.catalog.v1 import record_pb2

pytestmark = pytest.mark.integration


@pytest.fixture
def province(engines: Any) -> Iterator[OwnProvince]:
    province = make_province(engines)
    province.take_in(30)
    yield province
    province.database.close()


def found(province: OwnProvince) -> dict[str, set[str]]:
    """Kinds of disagreement by record or batch."""
    kinds: dict[str, set[str]] = {}
    for one in province.disagreements():
        kinds.setdefault(one.object_id, set()).add(one.kind.value)
    return kinds


@contextmanager
def altered(province: OwnProvince, collection: str, which: dict[str, Any], change: dict[str, Any]) -> Iterator[None]:
    """The database as somebody with its password would alter it."""
    there = province.db[collection]
    before = there.find_one(which)
    assert before is not None
    there.update_one(which, change)
    yield
    there.replace_one({"_id": before["_id"]}, before)


def changed(value: bytes, version: int, **fields: Any) -> bytes:
    """The same entry with other words, in another version."""
    state = record_pb2.RecordPublished.FromString(value)
    state.event.version = version
    for name, worth in fields.items():
        setattr(state.open, name, worth)
    return state.SerializeToString()


def retraction(record_id: str, version: int) -> bytes:
    state = record_pb2.RecordPublished(retracted=record_pb2.Retraction(record_id=record_id, rule="D1"))
    state.event.version = version
    return state.SerializeToString()


def test_all_that_was_published_agrees_also_after_a_retraction_and_its_repeat(province: OwnProvince) -> None:
    batch = province.published(30)
    assert found(province) == {}
    province.retract(province.ids(batch)[4])
    province.send()
    assert found(province) == {}
    assert len(province.values()) == 30


def test_whatever_is_altered_in_the_database_is_found(province: OwnProvince) -> None:
    batch = province.published(30)
    record_id = province.ids(batch)[7]
    line = {"batch_id": batch, "record_id": record_id}
    alterations: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, set[str]]]] = [
        ("batches", {"_id": batch}, {"$set": {"root": "0" * 64}}, {batch: {"list-differs"}}),
        ("publications", {"_id": batch}, {"$set": {"manifest": b"{}"}}, {batch: {"manifest-differs"}}),
        ("batch_entries", line, {"$set": {"salt": bytes(32)}}, {record_id: {"not-committed"}}),
        ("records", {"_id": record_id}, {"$inc": {"version": 1}}, {record_id: {"state-differs"}}),
        ("records", {"_id": record_id}, {"$set": {"access_status": "unreviewed"}}, {record_id: {"state-differs"}}),
        (
            "batch_entries",
            line,
            {"$set": {"decision": "defer", "rule": "D1"}},
            {batch: {"list-differs"}, record_id: {"not-on-list"}},
        ),
        ("batch_entries", line, {"$set": {"content_hash": "0" * 64}}, {batch: {"list-differs"}}),
    ]
    for collection, which, change, expected in alterations:
        with altered(province, collection, which, change):
            assert found(province) == expected, change
    forged = {"$set": {"commitments": bytes(32 * 30)}}
    with altered(province, "batch_commitments", {"batch_id": batch}, forged):
        assert found(province)[batch] == {"commitments-differ"}
    province.db["batches"].delete_one({"_id": batch})
    assert "batch-absent" in found(province)[batch]


def test_what_is_put_onto_kafka_by_hand_is_found_whatever_it_pretends(province: OwnProvince, engines: Any) -> None:
    batch = province.published(30)
    ids, values = province.ids(batch), province.values()
    gone, renamed, ruled, closed, model = ids[0], ids[1], ids[2], ids[3], values[ids[9]]
    province.retract(gone)
    province.send()
    stranger, copied, nonsense, other = (str(uuid.uuid4()) for _ in range(4))
    certificate = engines.kafka("catalog-520000")  # the province's own
    for key, value in {
        stranger: changed(model, 1, record_id=stranger, batch_id=str(uuid.uuid4())),
        copied: changed(model, 2, record_id=copied),
        renamed: changed(values[renamed], 9, title="另一个题名"),
        ruled: changed(values[ruled], 9, rule="O9"),
        gone: changed(values[gone], 9),
        closed: retraction(closed, 9),
        nonsense: b"\xff",
        other: model,
    }.items():
        put(certificate, province.topic, key, value)
    expected = {
        stranger: {"batch-absent", "state-differs"},
        copied: {"not-on-list", "state-differs"},
        renamed: {"not-committed", "state-differs"},
        ruled: {"rules-unknown", "not-on-list", "state-differs"},
        gone: {"state-differs"},
        closed: {"state-differs"},
        nonsense: {"unreadable"},
        other: {"unreadable"},
    }
    assert found(province) == expected
    for key in (stranger, copied):  # hidden again from readers, the value is still found
        put(certificate, province.topic, key, retraction(key, 99))
    assert found(province) == expected


def test_a_forged_manifest_is_found_and_a_record_under_it_too(province: OwnProvince) -> None:
    batch = province.published(30)
    [(_, genuine)] = read_all(province.kafka, province.publications)
    content = json.loads(record_pb2.PublicationManifest.FromString(genuine).manifest)
    for changes, kinds in (
        ({"list_root": "0" * 64}, {"manifest-unsigned", "signers", "list-differs", "not-audited"}),
        ({"rule_version": "anything"}, {"manifest-unsigned", "signers", "rules-unknown", "not-audited"}),
    ):
        forged = str(uuid.uuid4())
        manifest = json.dumps({**content, **changes, "batch_id": forged}, sort_keys=True, separators=(",", ":"))
        message = record_pb2.PublicationManifest(manifest=manifest.encode(), signature=bytes(64))
        message.event.subject = forged
        put(province.kafka, province.publications, forged, message.SerializeToString())
        assert kinds <= found(province)[forged]
    assert batch not in found(province)
    second = record_pb2.PublicationManifest.FromString(genuine)
    second.signature = bytes(64)
    put(province.kafka, province.publications, batch, second.SerializeToString())
    assert found(province)[batch] == {"manifest-differs"}


def test_a_batch_of_which_only_the_audit_stream_or_only_kafka_speaks_is_found(province: OwnProvince) -> None:
    province.published(30)
    elsewhere, keys = province.elsewhere, province.registry.regions[0].keys
    for manifests, stream, kind in (
        ([], elsewhere.stream(), Disagreement.MANIFEST_ABSENT),
        (elsewhere.manifests(), [], Disagreement.NOT_AUDITED),
    ):
        check = BatchCheck(province.database, keys)
        check.read(manifests, stream)
        assert [one.kind for one in check.disagreements()] == [kind]


@pytest.mark.parametrize("point", [{when: n} for when in ("before_commit", "after_commit") for n in (1, 2, 3)])
def test_a_kill_before_or_after_any_write_of_a_publication_changes_nothing(
    province: OwnProvince, point: dict[str, int]
) -> None:
    """Two chunks and the manifest: three commits."""
    province.take_in(570, seed=8)
    with province.working():
        batch = province.signed(600)
    province.decide(batch)
    province.killed_worker(**point)
    with province.working():
        until(lambda: province.batches.get(batch).state is State.PUBLISHED, 120)
        until(province.all_sent, 120)
    assert found(province) == {}
    values = province.values()
    assert len(values) == 600
    assert all(record_pb2.RecordPublished.FromString(value).event.version == 2 for value in values.values())
    assert len(list(read_all(province.kafka, province.publications))) == 1


def test_a_batch_restored_from_before_its_publication_comes_back_and_is_not_published_twice(
    province: OwnProvince,
) -> None:
    with province.working():
        batch = province.signed(30)
    of_before = {name: list(province.db[name].find()) for name in ("batches", "batch_entries", "records")}
    province.decide(batch)
    with province.working():
        until(lambda: province.batches.get(batch).state is State.PUBLISHED, 120)
        until(province.all_sent, 120)
    for name, documents in of_before.items():
        province.db[name].delete_many({})
        province.db[name].insert_many(documents)
    for name in ("publications", "batch_commitments"):
        province.db[name].delete_many({})
    assert found(province), "before the repair everything disagrees"

    province.repaired()
    assert found(province) == {}
    with pytest.raises(BatchNotReady):
        province.decide(batch)
    province.retract(province.ids(batch)[0])
    province.send()
    assert found(province) == {}
    assert len(list(read_all(province.kafka, province.publications))) == 1


@pytest.mark.parametrize("ended", [True, False])
def test_a_backup_from_the_middle_of_a_publication_brings_nothing_back_that_was_retracted_since(
    province: OwnProvince, ended: bool
) -> None:
    """`ended`: whether the publication had its manifest when the database was lost, or a second chunk to go."""
    province.take_in(570, seed=8)
    with province.working():
        batch = province.signed(600)
    province.decide(batch)
    of_before = {name: list(province.db[name].find()) for name in ("batches", "batch_entries", "records")}
    if ended:
        with province.working():
            until(lambda: province.batches.get(batch).state is State.PUBLISHED, 120)
    else:
        province.killed_worker(after_commit=1)
    retracted = province.ids(batch)[3]
    province.retract(retracted)
    province.send()
    for name, documents in of_before.items():
        province.db[name].delete_many({})
        province.db[name].insert_many(documents)
    for name in ("publications", "batch_commitments", "retractions"):
        province.db[name].delete_many({})

    province.repaired()
    with province.working():
        until(lambda: province.batches.get(batch).state is State.PUBLISHED, 120)
        until(province.all_sent, 120)
    value = record_pb2.RecordPublished.FromString(province.values()[retracted])
    assert value.HasField("retracted")
    unprovable = {"not-committed", "commitments-differ"} if ended else set()  # its salt is gone, the root needs it
    assert set().union(*found(province).values()) == unprovable
    assert len(list(read_all(province.kafka, province.publications))) == 1


def test_a_retraction_that_the_backup_does_not_know_takes_the_salt_again(province: OwnProvince) -> None:
    batch = province.published(30)
    record_id = province.ids(batch)[3]
    of_before = {name: list(province.db[name].find()) for name in ("batch_entries", "records")}
    province.retract(record_id)
    province.send()
    for name, documents in of_before.items():
        province.db[name].delete_many({})
        province.db[name].insert_many(documents)
    province.db["retractions"].delete_many({})
    assert found(province) == {record_id: {"state-differs"}}
    province.repaired()
    assert found(province) == {}
    assert "salt" not in province.db["batch_entries"].find_one({"record_id": record_id})


def test_two_directors_at_once_decide_once_and_a_replay_decides_nothing(province: OwnProvince) -> None:
    with province.working():
        batch = province.signed(30)
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def decide(director: Any) -> None:
        together.wait()
        try:
            province.decide(batch, director)
            outcomes.append("decided")
        except TongdangError as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=decide, args=[one]) for one in (DIRECTOR, OTHER_DIRECTOR)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["BATCH_NOT_READY", "decided"], ["UNAVAILABLE", "decided"])
    decided_by = province.batches.get(batch).published_by
    with pytest.raises(BatchNotReady):
        province.decide(batch)
    with province.working():
        until(lambda: province.batches.get(batch).state is State.PUBLISHED, 120)
        until(province.all_sent, 120)
    with pytest.raises(BatchNotReady):
        province.decide(batch)
    assert province.batches.get(batch).published_by == decided_by
    assert found(province) == {}
    assert len(list(read_all(province.kafka, province.publications))) == 1


def test_an_officer_who_was_transferred_can_do_nothing_more_here_and_what_was_signed_stays(
    province: OwnProvince,
) -> None:
    elsewhere = {"archive_id": "a130123"}
    with province.working():
        batch = province.signed(30)
    moved = [replace(one, **elsewhere) for one in (REVIEWER, OFFICER, DIRECTOR)]
    with pytest.raises(OutOfScope):
        province.decide(batch, moved[2])
    with pytest.raises((OutOfScope, WrongSide, BatchNotReady)):
        province.sign(batch, Side.ARCHIVE, moved[0])
    with pytest.raises(OutOfScope):
        reopen_batch(batch_id=batch, reason="再看", by=by(moved[0]), batches=province.batches)
    province.decide(batch)
    with province.working():
        until(lambda: province.batches.get(batch).state is State.PUBLISHED, 120)
        until(province.all_sent, 120)
    assert found(province) == {}


def test_a_changed_decision_after_signing_needs_both_signatures_again(province: OwnProvince) -> None:
    with province.working():
        batch = province.signed(30)
    reopen_batch(batch_id=batch, reason="再看", by=by(REVIEWER), batches=province.batches)
    decide_lines(
        act_id=str(uuid.uuid4()),
        batch_id=batch,
        seen={province.ids(batch)[0]: 2},
        verdict=Verdict(Decision.DEFER, "D2", "个人信息"),
        by=by(REVIEWER),
        batches=province.batches,
    )
    with pytest.raises(BatchNotReady):
        province.decide(batch)
    assert province.values() == {}
