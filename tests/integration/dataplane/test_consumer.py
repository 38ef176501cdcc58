"""The consumer on a real broker: positions are the caller's, nothing is skipped, what is lost is told."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from services.common.domain.errors import Unavailable
from services.common.kafka.consumed import Consumed
from services.common.kafka.consumer import Positions, TopicConsumer
from tests.integration.dataplane.ground import Ground, until

pytestmark = pytest.mark.integration


class Result:
    """What a consumer keeps: values and positions together, as one assignment."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.positions: dict[tuple[str, int], int] = {}
        self.fails = 0
        self.lost = 0

    def handle(self, batch: Sequence[Consumed], after: Positions) -> None:
        if self.fails:
            self.fails -= 1
            raise Unavailable("on purpose")
        self.values = self.values + [(one.value or b"").decode() for one in batch]
        self.positions = {**self.positions, **after}

    def clear(self) -> None:
        self.lost += 1
        self.values, self.positions = [], {}


@contextmanager
def consuming(ground: Ground, result: Result, topics: Sequence[str]) -> Iterator[TopicConsumer]:
    consumer = TopicConsumer(
        ground.kafka, topics, lambda: dict(result.positions), result.handle, "test", on_lost=result.clear
    )
    consumer.start()
    try:
        yield consumer
    finally:
        consumer.stop()


def test_it_goes_on_from_its_own_positions_and_knows_when_it_has_caught_up(ground: Ground) -> None:
    result = Result()
    ground.commit(ground.message("a", 1))
    ground.relayed()
    with consuming(ground, result, [ground.records]) as consumer:
        until(lambda: consumer.caught_up)
        assert result.values == ["a v1"]
    ground.commit(ground.message("a", 2))
    ground.relayed()
    with consuming(ground, result, [ground.records]) as consumer:
        until(lambda: consumer.caught_up)
        assert consumer.lag() == 0
    assert result.values == ["a v1", "a v2"]


def test_a_batch_that_failed_is_read_again(ground: Ground) -> None:
    result = Result()
    result.fails = 2
    ground.commit(ground.message("a", 1))
    ground.relayed()
    with consuming(ground, result, [ground.records]):
        until(lambda: result.values)
    assert result.values == ["a v1"]


def test_what_was_not_committed_is_not_seen(ground: Ground) -> None:
    result = Result()
    producer = KafkaProducer(
        **ground.kafka.options(), transactional_id=f"{ground.principal}.other", enable_idempotence=True, acks="all"
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(ground.records, value=b"aborted", key=b"a").get(timeout=10)
    producer.abort_transaction()
    producer.close()
    ground.commit(ground.message("a", 1))
    ground.relayed()
    with consuming(ground, result, [ground.records]) as consumer:
        until(lambda: consumer.caught_up)
    assert result.values == ["a v1"]


def test_a_topic_may_come_later(ground: Ground) -> None:
    result = Result()
    late = f"{ground.principal}.late.v1"
    ground.commit(ground.message("a", 1))
    with consuming(ground, result, [late, ground.records]):
        ground.relayed()
        until(lambda: result.values == ["a v1"])
        admin = KafkaAdminClient(**ground.kafka.options())
        admin.create_topics([NewTopic(late, 1, 1)])
        admin.close()
        producer = KafkaProducer(**ground.kafka.options(), acks="all")
        producer.send(late, value=b"late").get(timeout=10)
        producer.close()
        until(lambda: result.values == ["a v1", "late"])


def test_positions_that_kafka_does_not_have_mean_to_start_anew(ground: Ground) -> None:
    result = Result()
    result.positions = {(ground.records, 0): 1_000}
    result.values = ["of another life"]
    ground.commit(ground.message("a", 1))
    ground.relayed()
    with consuming(ground, result, [ground.records]):
        until(lambda: result.values == ["a v1"])
    assert result.lost == 1
