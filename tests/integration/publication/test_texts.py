"""Texts on Kafka: everything agrees, what is altered is found, and a restored database gets them back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.catalog.adapters.provenances import MongoProvenances
from services.catalog.adapters.retractions import REPEATED_AFTER, RetractionRepeats
from services.catalog.adapters.text_messages import text_content, topic_of
from services.catalog.domain.gathering import Matter
from services.catalog.domain.texts import TextState
from services.common.domain.errors import NotFound
from services.common.domain.publication import (
    Provenance,
    check_commitment,
    check_entry,
    check_signers,
    manifest_content,
)
from services.common.mongo.transactions import Transactions
from tests.integration.dataplane.ground import until
from tests.integration.publication.disk import AT_ONCE, configure, places, wait_until_nowhere
from tests.integration.publication.own_province import CLOCK, IDS, OwnProvince, make_province, put
from tongdang.catalog.v1 import text_pb2
from tongdang.common.v1 import event_pb2

pytestmark = pytest.mark.integration
WORDS = "同意你乡修建水库一座。"


@pytest.fixture(scope="module")
def province(engines: Any) -> Iterator[OwnProvince]:
    """Five open records, the texts of four public, one of them withdrawn."""
    province = make_province(engines)
    province.take_in(5)
    province.published(5)
    ids = _ids(province)
    for record_id in ids[:4]:
        province.enter_text(record_id, WORDS)
    province.published(4, Matter.TEXT)
    province.withdraw_text(ids[3])
    province.send()
    yield province
    province.database.close()


def _ids(province: OwnProvince) -> list[str]:
    return sorted(row["_id"] for row in province.db["records"].find({}, {"_id": 1}))


def found(province: OwnProvince) -> set[tuple[str, str]]:
    return {(one.object_id, one.kind.value) for one in province.disagreements()}


def public(province: OwnProvince) -> dict[str, str]:
    return {key: state.WhichOneof("state") or "" for key, state in province.elsewhere.texts().items()}


def test_all_texts_agree_also_after_a_withdrawal(province: OwnProvince) -> None:
    first, second, third, gone, _ = _ids(province)
    assert public(province) == {first: "open", second: "open", third: "open", gone: "withdrawn"}
    assert province.elsewhere.texts()[first].open.text == WORDS
    assert found(province) == set()


def test_a_text_that_somebody_alters_here_or_puts_onto_kafka_is_found(province: OwnProvince) -> None:
    first, *_, silent = _ids(province)
    state = province.elsewhere.texts()[first]
    forged = text_pb2.OpenText()
    forged.CopyFrom(state.open)
    forged.text = "同意你乡修建水库两座。"
    event = event_pb2.Event(version=1)
    put(province.kafka, topic_of(province.region_id), first, _value(event, forged))
    assert found(province) == {(first, "not-committed")}
    forged.record_id = silent
    put(province.kafka, topic_of(province.region_id), silent, _value(event_pb2.Event(version=9), forged))
    assert found(province) == {(first, "not-committed"), (silent, "not-on-list"), (silent, "state-differs")}


def _value(event: event_pb2.Event, text: text_pb2.OpenText) -> bytes:
    return text_pb2.TextPublished(event=event, open=text).SerializeToString()


def test_a_public_text_is_proven_by_public_keys_and_one_that_was_withdrawn_is_not(province: OwnProvince) -> None:
    first, _, _, gone, _ = _ids(province)
    provenances = MongoProvenances(province.database)
    told = provenances.text(first).provenance
    text, content = text_content(told.text), manifest_content(told.manifest)
    check_commitment(
        Provenance(text, told.salt, told.index, told.count, told.path, told.manifest, told.signature), content
    )
    check_entry(text, content)
    check_signers(content)
    assert text["text"] == WORDS
    with pytest.raises(NotFound):
        provenances.text(gone)


def test_a_withdrawn_text_leaves_kafkas_disks(engines: Any) -> None:
    province = make_province(engines)
    topic, disks = topic_of(province.region_id), engines.stack.layout.data / "kafka"
    configure(province.kafka, topic, {**AT_ONCE, "cleanup.policy": "compact"})
    province.take_in(2)
    province.published(2)
    kept, gone = _ids(province)
    province.enter_text(kept, WORDS)
    words = f"此件另有编号{province.principal}。"
    province.enter_text(gone, words)
    province.published(2, Matter.TEXT)
    assert places(disks, [words]), "else the search below could not find anything"
    province.withdraw_text(gone)
    province.send()
    sent = CLOCK.now()
    until(lambda: CLOCK.now() > sent + timedelta(seconds=2))  # a segment's life, as `AT_ONCE` has it, and more
    later = _Later()
    RetractionRepeats(Transactions(province.database, IDS, later), province.principal, later, IDS)()
    province.send()
    wait_until_nowhere(disks, [words])
    assert public(province) == {kept: "open", gone: "withdrawn"}
    province.database.close()


class _Later:
    """Half a day on."""

    def now(self) -> datetime:
        return CLOCK.now() + 2 * REPEATED_AFTER


def test_a_database_from_before_the_texts_gets_them_back_and_forgets_what_was_withdrawn(engines: Any) -> None:
    province = make_province(engines)
    province.take_in(2)
    province.published(2)
    kept, gone = _ids(province)
    before = {name: list(province.db[name].find()) for name in ("texts", "batches", "batch_entries")}
    for record_id in (kept, gone):
        province.enter_text(record_id, WORDS)
    province.published(2, Matter.TEXT)
    province.withdraw_text(gone)
    province.send()
    for name, documents in before.items():
        province.db[name].delete_many({})
        if documents:
            province.db[name].insert_many(documents)
    province.repaired()
    here = {record_id: province.texts.get(record_id) for record_id in (kept, gone)}
    assert (here[kept].state, here[kept].text) == (TextState.OPEN, WORDS)
    assert (here[gone].state, here[gone].text) == (TextState.WITHDRAWN, "")
    province.withdraw_text(kept)
    province.send()
    assert public(province) == {kept: "withdrawn", gone: "withdrawn"}
    province.database.close()
