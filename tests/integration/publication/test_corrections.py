"""Corrections on Kafka: everything agrees, what is altered is found, and a restored database gets them back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from services.catalog.adapters.correction_store import MongoCorrections
from services.catalog.adapters.provenances import MongoProvenances
from services.catalog.adapters.published_messages import entry_content
from services.catalog.application.corrections import propose_correction
from services.catalog.domain.corrections import CorrectionState, Words
from services.catalog.domain.gathering import Matter
from services.catalog.domain.work_list import State
from services.common.domain.publication import (
    Provenance,
    check_commitment,
    check_entry,
    check_signers,
    manifest_content,
)
from tests.integration.dataplane.ground import until
from tests.integration.publication.own_province import REVIEWER, OwnProvince, by, make_province, put
from tongdang.catalog.v1 import record_pb2

pytestmark = pytest.mark.integration
RIGHT = "关于扩建水库的批复"


@pytest.fixture
def province(engines: Any) -> Iterator[OwnProvince]:
    province = make_province(engines)
    yield province
    province.database.close()


def propose(province: OwnProvince, record_id: str, **words: str) -> None:
    record = province.records.get(record_id)
    same = Words(record["title"], record["creator"], record["date"]["raw"], str(record["pages"]), "录入有误")
    propose_correction(
        record_id=record_id,
        words=replace(same, **words),
        by=by(REVIEWER, "correction.propose"),
        records=province.records,
        corrections=corrections(province),
    )


def corrections(province: OwnProvince) -> MongoCorrections:
    return MongoCorrections(province.database, province.transactions)


def opened(province: OwnProvince, count: int) -> list[str]:
    """Records that are public."""
    province.take_in(count)
    return province.ids(province.published(count))


def public(province: OwnProvince, record_id: str) -> record_pb2.RecordPublished:
    return record_pb2.RecordPublished.FromString(province.values()[record_id])


def found(province: OwnProvince) -> set[tuple[str, str]]:
    return {(one.object_id, one.kind.value) for one in province.disagreements()}


def test_corrected_entries_agree_are_proven_and_a_forged_one_is_found(province: OwnProvince) -> None:
    first, second, third = opened(province, 3)
    for record_id in (first, second):
        propose(province, record_id, title=RIGHT)
    province.published(2, Matter.CORRECTION)
    province.retract(second)
    province.send()
    assert found(province) == set()
    assert public(province, first).open.title == RIGHT
    told = MongoProvenances(province.database).get(first).provenance
    entry, content = entry_content(told.entry), manifest_content(told.manifest)
    proof = Provenance(entry, told.salt, told.index, told.count, told.path, told.manifest, told.signature)
    check_commitment(proof, content)
    check_entry(entry, content)
    check_signers(content)
    assert entry["title"] == RIGHT
    forged = public(province, first)
    forged.open.title = "关于拆除水库的批复"
    put(province.kafka, province.topic, first, forged.SerializeToString())
    without_signatures = public(province, third)
    without_signatures.open.corrected_on = "2026-11-27"
    put(province.kafka, province.topic, third, without_signatures.SerializeToString())
    assert found(province) == {(first, "not-committed"), (third, "entry-differs"), (third, "not-committed")}


def test_a_salt_that_outlives_its_words_is_found(province: OwnProvince) -> None:
    (record_id,) = opened(province, 1)
    former = province.records.get(record_id)["batch_id"]
    line = {"batch_id": former, "record_id": record_id}
    salt = province.db["batch_entries"].find_one(line)["salt"]
    propose(province, record_id, title=RIGHT)
    province.published(1, Matter.CORRECTION)
    assert found(province) == set()
    province.db["batch_entries"].update_one(line, {"$set": {"salt": salt}})
    assert (record_id, "salt-kept") in found(province)


def test_a_database_from_before_the_corrections_gets_them_back(province: OwnProvince) -> None:
    kept, gone = opened(province, 2)
    for record_id in (kept, gone):
        propose(province, record_id, title=RIGHT, pages="11")
    names = ("records", "batches", "batch_entries", "corrections", "publications", "batch_commitments")
    with province.working():
        batch_id = province.signed(2, Matter.CORRECTION)
    before = {name: list(province.db[name].find()) for name in names}
    with province.working():
        province.decide(batch_id)
        until(lambda: province.batches.get(batch_id).state is State.PUBLISHED, 120)
    province.retract(gone)
    province.send()
    after = province.records.get(kept)
    for name, documents in before.items():
        province.db[name].delete_many({})
        if documents:
            province.db[name].insert_many(documents)
    province.repaired()
    restored = province.records.get(kept)
    same = ("title", "pages", "version", "content_hash", "batch_id", "opened_in", "corrected_on", "eligible_on")
    assert {name: restored[name] for name in same} == {name: after[name] for name in same}
    assert (restored["title"], restored["masked_title"]) == (RIGHT, "")
    assert corrections(province).get(kept).state is CorrectionState.PUBLISHED
    assert province.records.get(gone)["access_status"] == "deferred"
    salts = province.db["batch_entries"].distinct("record_id", {"salt": {"$exists": True}})
    assert salts == [kept], "the former salt of one, every salt of the other"
    assert {one for one in found(province) if one[1] in ("salt-kept", "state-differs")} == set()
