"""A retracted entry is silent at once everywhere, and within a day gone from Kafka's disks: the test reads them."""

import urllib.parse
from datetime import datetime, timedelta
from typing import Any

import pytest

from deploy.local.client import LocalClient
from deploy.local.keys import secret
from deploy.local.services import command
from deploy.local.stack import Stack
from services.catalog.adapters.retractions import REPEATED_AFTER, RetractionRepeats
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds
from services.common.kafka.topics import topics
from services.common.mongo.database import MongoDatabase
from services.common.mongo.transactions import Transactions
from tests.integration.publication.disk import AT_ONCE, configure, places, records_of, segments, wait_until_nowhere
from tests.integration.publication.ground import Province, Site, until
from tongdang.catalog.v1 import record_pb2

pytestmark = pytest.mark.integration

REGION, TOPIC = "320000", "catalog.320000.records.v1"
TITLE, CREATOR = "关于梅李镇翡翠湾灯塔迁建的请示", "常熟县翡翠湾灯塔管理所"
CODES = [f"A003-WS·1949-Y-JYK-9{number:04d}" for number in range(3)]


class Later:
    """Half a day and a minute on."""

    def now(self) -> datetime:
        return SystemClock().now() + REPEATED_AFTER + timedelta(minutes=1)


@pytest.fixture(scope="module")
def published(stack: Stack) -> tuple[Province, list[str]]:
    """Three records that nobody else has, published."""
    province = Province(LocalClient(stack.layout, "portal"), REGION, "a320581", "js")
    common = {"责任者": CREATOR, "日期": "19490304", "保管期限": "永久", "页数": "3"}
    province.take_in([{**common, "档号": code, "题名": f"{TITLE}（{code[-2:]}）"} for code in CODES])
    batch = province.publish("u320581-jy", "js-unit3", 3)
    return province, province.records(batch)


def found_by(site: Site, *words: str) -> set[str]:
    hits = [hit for word in words for hit in site.json(f"/api/v1/search?q={urllib.parse.quote(word)}").get("hits", [])]
    return {hit["entry"]["record_id"] for hit in hits}


def repeated(stack: Stack) -> None:
    """What the province's timer does half a day later."""
    layout = stack.layout
    password = secret(layout, "mongo-admin")
    uri = f"mongodb://admin:{password}@localhost:{layout.port('mongo')}/?authSource=admin&replicaSet=rs0"
    database = MongoDatabase(uri, "catalog_320000")
    try:
        clock, ids = Later(), RandomIds()
        RetractionRepeats(Transactions(database, ids, clock), "catalog-320000", clock, ids)()
    finally:
        database.close()


def states(folder: Any, record_id: str) -> list[record_pb2.RecordPublished]:
    """Every value of a record on the disk."""
    return [
        record_pb2.RecordPublished.FromString(record.value)
        for path in segments(folder)
        for record in records_of(path)
        if record.key == record_id.encode()
    ]


def test_a_retracted_entry_is_silent_at_once_and_its_words_leave_the_disks(
    stack: Stack, engines: Any, published: tuple[Province, list[str]]
) -> None:
    province, (record_id, *_) = published
    site, kafka = Site(stack), stack.layout.data / "kafka"
    until(lambda: record_id in found_by(site, TITLE))
    entry = site.json(f"/api/v1/records/{record_id}")
    words = [entry["title"], entry["reference_code"]]
    assert record_id in found_by(site, *words)
    assert places(kafka, words), "else the search below could not find anything"

    province.retract(record_id)
    until(lambda: site.get(f"/records/{record_id}")[0] == 410)
    assert record_id not in found_by(site, *words, CREATOR)
    assert entry["title"] not in site.get(f"/records/{record_id}")[1].decode()

    before = next(topic.settings for topic in topics([REGION]) if topic.name == TOPIC)
    configure(engines.kafka("operator"), TOPIC, AT_ONCE)
    try:
        repeated(stack)
        wait_until_nowhere(kafka, words)
    finally:
        configure(engines.kafka("operator"), TOPIC, before)
    left = states(kafka, record_id)
    assert left and {state.WhichOneof("state") for state in left} == {"retracted"}
    assert {state.retracted.reason for state in left} == {"rights-of-others"}
    assert all(CREATOR.encode() not in state.SerializeToString() for state in left)


def test_an_index_built_anew_is_silent_too_and_the_neighbours_are_still_there(
    stack: Stack, published: tuple[Province, list[str]]
) -> None:
    province, (_, record_id, neighbour) = published
    site = Site(stack)
    until(lambda: record_id in found_by(site, TITLE))
    province.retract(record_id)
    assert command(stack.layout, "discovery", "reindex").returncode == 0
    until(lambda: site.get(f"/records/{record_id}")[0] == 410)
    assert record_id not in found_by(site, TITLE, CREATOR)
    assert neighbour in found_by(site, TITLE)
