"""Publishing reviewed records, from the director's decision until all of them lie in Kafka, audited and durable.

The limit is kafka-python alone: the same messages with the same keys and headers over the same TLS, by a producer with
the relay's own settings, in transactions of the relay's size, every future checked.
"""

from collections.abc import Iterator, Sequence

from bench.figures import Bound, Figure, alternating, figure
from bench.province import PRINCIPAL, Province
from bench.setting import Setting, seconds
from services.catalog.adapters.migrations import MIGRATIONS
from services.common.kafka.sending import MAX_MESSAGES, KafkaMessage, messages_of, open_producer, send_together
from services.common.kafka.streams import Stream

STREAM = Stream(PRINCIPAL, 1)
FLOOR, AIM = Bound(least_ratio=0.5), Bound(least_ratio=0.8)


def measure(setting: Setting) -> Iterator[Figure]:
    """Records a second at each size."""
    for count in setting.sizes:
        with setting.mongo(MIGRATIONS) as database:
            province = Province(database, setting.kafka(PRINCIPAL), count)
            province.forget_sent()
            _published(province)  # a first time, to have the messages
            messages = [message for document in province.sent() for message in messages_of(document, STREAM)]
            mine, theirs = alternating(
                lambda: count / _published(province),  # noqa: B023 - called at once
                lambda: count / _sent_alone(setting, messages),  # noqa: B023
                setting.rounds,
                setting.budget_s,
            )
        yield figure(f"{count:,} records", "records/s", count, mine, theirs, floor=FLOOR, aim=AIM)


def _published(province: Province) -> float:
    province.restore()
    with province.working():
        return province.published()


def _sent_alone(setting: Setting, messages: Sequence[KafkaMessage]) -> float:
    producer = open_producer(setting.kafka(), "operator")
    producer.init_transactions()

    def work() -> None:
        for at in range(0, len(messages), MAX_MESSAGES):
            send_together(producer, messages[at : at + MAX_MESSAGES])

    took = seconds(work)
    producer.close(timeout=3)
    return took
