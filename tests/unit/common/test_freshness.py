"""Up to which moment a consumer is through: asked of Kafka, never assumed."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError
from prometheus_client import REGISTRY

from services.common.domain.errors import Unavailable
from services.common.kafka.consumed import Consumed
from services.common.kafka.freshness import Freshness

A, B = TopicPartition("a", 0), TopicPartition("b", 0)


class FakeKafka:
    """Two partitions with their ends; `silent` answers nothing."""

    def __init__(self) -> None:
        self.positions = {A: 0, B: 0}
        self.ends = {A: 0, B: 0}
        self.silent = False

    def assignment(self) -> set[TopicPartition]:
        return set(self.ends)

    def position(self, partition: TopicPartition, timeout_ms: int) -> int:
        return self.positions[partition]

    def end_offsets(self, partitions: Sequence[TopicPartition], timeout_ms: int) -> dict[TopicPartition, int]:
        if self.silent:
            raise KafkaTimeoutError
        return {partition: self.ends[partition] for partition in partitions}


def message(partition: TopicPartition, at_s: int) -> Consumed:
    return Consumed(partition.topic, partition.partition, 0, None, None, {}, at_s * 1000)


def told(name: str) -> float | None:
    return REGISTRY.get_sample_value("tongdang_consumer_caught_up_timestamp_seconds", {"consumer": name})


def asked(name: str, kafka: Any, *handled: Consumed) -> float | None:
    freshness = Freshness(name)
    freshness.handled(handled)
    freshness.ask_when_due(kafka)
    return told(name)


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


def test_at_the_ends_the_moment_of_asking_counts(kafka: FakeKafka) -> None:
    moment = asked("through", kafka, message(A, 1_000))

    assert moment is not None
    assert moment > 1_000_000_000


def test_behind_them_the_partition_furthest_back_counts(kafka: FakeKafka) -> None:
    kafka.ends = {A: 5, B: 5}

    assert asked("behind", kafka, message(A, 1_000), message(A, 1_100), message(B, 900)) == 900


def test_nothing_is_said_of_what_was_never_read(kafka: FakeKafka) -> None:
    kafka.ends = {A: 5, B: 0}

    assert asked("unknown", kafka) is None


def test_a_silent_kafka_leaves_the_moment_where_it_was(kafka: FakeKafka) -> None:
    before = asked("silent", kafka)
    kafka.silent = True

    assert asked("silent", kafka) == before


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is always time to ask."""
    monkeypatch.setattr("services.common.kafka.freshness._EVERY_S", 0.0)


@pytest.mark.usefixtures("at_once")
def test_a_client_that_stands_still_before_the_end_is_told_so(kafka: FakeKafka) -> None:
    kafka.ends = {A: 5, B: 0}
    freshness = Freshness("stuck")

    with pytest.raises(Unavailable, match="stands still"):
        for _ in range(10):
            freshness.ask_when_due(cast("Any", kafka))


@pytest.mark.usefixtures("at_once")
def test_one_that_moves_or_waits_for_its_turn_does_not_stand_still(kafka: FakeKafka) -> None:
    kafka.ends = {A: 50, B: 5}
    freshness = Freshness("moving")
    for position in range(20):
        kafka.positions = {A: position, B: 0}
        freshness.handled([message(A, 1)] * 1_000)
        freshness.ask_when_due(cast("Any", kafka))


@pytest.mark.usefixtures("at_once")
def test_while_kafka_is_silent_nobody_stands_still(kafka: FakeKafka) -> None:
    kafka.ends, kafka.silent = {A: 5, B: 0}, True
    freshness = Freshness("waiting")
    for _ in range(20):
        freshness.ask_when_due(cast("Any", kafka))
