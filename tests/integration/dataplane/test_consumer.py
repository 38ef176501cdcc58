"""The consumer on a real broker: positions are the caller's, nothing is skipped, what is lost is told."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
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
        self.batches = 0

    def handle(self, batch: Sequence[Consumed], after: Positions) -> None:
        if self.fails:
            self.fails -= 1
            raise Unavailable("on purpose")
        self.batches += 1
        self.values = self.values + [(one.value or b"").decode() for one in batch]
        self.positions = {**self.positions, **after}

    def clear(self) -> None:
        self.lost += 1
        self.values, self.positions = [], {}


@contextmanager
def consuming(
    ground: Ground, result: Result, topics: Sequence[str], silent_s: float = 60, rest_s: float = 0
) -> Iterator[TopicConsumer]:
    consumer = TopicConsumer(
        ground.kafka,
        topics,
        lambda: dict(result.positions),
        result.handle,
        "test",
        on_lost=result.clear,
        silent_s=silent_s,
        rest_s=rest_s,
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


def test_what_follows_close_behind_the_first_comes_together(ground: Ground) -> None:
    result = Result()
    producer = KafkaProducer(**ground.kafka.options(), acks="all")
    with consuming(ground, result, [ground.records], rest_s=2) as consumer:
        until(lambda: consumer.caught_up)
        for number in range(20):
            producer.send(ground.records, value=b"%d" % number, key=b"a").get(timeout=10)
        until(lambda: len(result.values) == 20)
        assert result.values == [str(number) for number in range(20)]
        assert result.batches <= 4, "the first, what was already on its way, the rest"
    producer.close()


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


def test_a_client_that_never_comes_back_is_replaced_and_what_it_brings_late_counts_for_nothing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, clients, released, brought = Result(), list[Any](), threading.Event(), threading.Event()
    poll = KafkaConsumer.poll

    def silent_at_first(client: Any, *arguments: Any, **options: Any) -> Any:
        clients.append(client)
        found = poll(client, *arguments, **options)
        if client is clients[0] and found:
            released.wait()
            brought.set()
        return found

    monkeypatch.setattr(KafkaConsumer, "poll", silent_at_first)
    ground.commit(ground.message("a", 1))
    ground.relayed()
    with consuming(ground, result, [ground.records], silent_s=3):
        until(lambda: result.values == ["a v1"])
        assert not brought.is_set(), "another client read it"
        released.set()
        until(brought.is_set)
        ground.commit(ground.message("a", 2))
        ground.relayed()
        until(lambda: len(result.values) > 1)
    assert result.values == ["a v1", "a v2"]
