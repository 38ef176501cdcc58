"""Reads topics by assign and seek; positions are kept by whoever keeps the result, never by Kafka."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from opentelemetry.trace import SpanKind
from pymongo.errors import PyMongoError

from services.common.domain.errors import TongdangError, Unavailable
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.consumed import Consumed, consumed_of
from services.common.kafka.freshness import Freshness
from services.common.kafka.positions import positions
from services.common.kafka.turns import Turn, TurnOver
from services.common.metrics import CONSUMER_LAG, WORK_INTERRUPTED
from services.common.tracing import continued, traceparent_of

Positions = Mapping[tuple[str, int], int]
_MAX_BATCH = 5_000
_POLL_MS = 500
_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_LOOK_FOR_TOPICS_S = 2.0
_SILENT_S = 60.0
"""Without a word from the client, which should come back twice a second."""
_WATCH_S = 1.0
_FEW = 500
"""Messages; after fewer the consumer rests, where it was told to."""

log = structlog.get_logger()


class TopicConsumer:
    """A thread that hands batches to `handle(batch, next_positions)`, which stores result and positions together.

    An exception from `handle` is waited out and the batch is read again from `positions()`. A topic that does not
    exist yet is waited for. Positions that Kafka no longer has mean the result must be rebuilt: `on_lost`. A client
    that stands still although there is more is replaced, and so is one that never comes back from a call.
    """

    def __init__(
        self,
        kafka: KafkaConnection,
        topics: Sequence[str],
        positions: Callable[[], dict[tuple[str, int], int]],
        handle: Callable[[Sequence[Consumed], Positions], None],
        name: str,
        on_lost: Callable[[], None] | None = None,
        moved: Callable[[], bool] | None = None,
        max_batch: int = _MAX_BATCH,
        silent_s: float = _SILENT_S,
        rest_s: float = 0.0,
    ) -> None:
        """`moved`: asked between two batches; True where the result was replaced, so that reading starts from its
        positions. `max_batch`: messages handed on at once, where so many are waiting. `silent_s`: for how long the
        client may say nothing. `rest_s`: after a batch of few, so that those that follow close behind come together;
        what comes after a silence is handed on at once."""
        self.name = name
        self._kafka = kafka
        self._topics = list(topics)
        self._positions = positions
        self._handle = handle
        self._on_lost = on_lost
        self._moved = moved or (lambda: False)
        self._max_batch = max_batch
        self._stop = threading.Event()
        self._caught_up = threading.Event()
        self._behind = 0
        self._freshness = Freshness(name)
        self._silent_s = silent_s
        self._rest_s = rest_s
        self._turn, self._thread = self._reader()
        self._watch = threading.Thread(target=self._replace_silent, name=f"{name}-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._watch.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=9)

    def check(self) -> None:
        """Raises: Unavailable: a thread died."""
        if not (self._thread.is_alive() and self._watch.is_alive()):
            raise Unavailable(self.name)

    @property
    def caught_up(self) -> bool:
        """Whether everything there was at some moment since the start has been handled."""
        return self._caught_up.is_set()

    def wait_caught_up(self, seconds: float) -> bool:
        """Whether everything there was at some moment since the start was handled in time."""
        return self._caught_up.wait(seconds)

    def lag(self) -> int:
        """Messages between what was handled and the topics' ends, as last seen."""
        return self._behind

    def _reader(self) -> tuple[Turn, threading.Thread]:
        turn = Turn()
        return turn, threading.Thread(target=self._run, args=(turn,), name=self.name, daemon=True)

    def _replace_silent(self) -> None:
        """The thread of a silent client is left behind: whatever it brings, its turn is over."""
        while not self._stop.wait(_WATCH_S):
            if self._turn.ends_by_silence(self._silent_s):
                WORK_INTERRUPTED.labels(worker=self.name, problem="ClientSilent").inc()
                log.error("consumer-replaced", consumer=self.name)
                self._turn, self._thread = self._reader()
                self._thread.start()

    def _run(self, turn: Turn) -> None:
        failures = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                turn.heard()
                self._read_or_rebuild(turn)
                continue
            except TurnOver:
                return
            except (KafkaError, PyMongoError, TongdangError) as problem:
                WORK_INTERRUPTED.labels(worker=self.name, problem=type(problem).__name__).inc()
                log.warning("consumer-interrupted", consumer=self.name, problem=type(problem).__name__)
            except Exception as defect:  # the thread's own boundary: the batch is read again
                WORK_INTERRUPTED.labels(worker=self.name, problem=type(defect).__name__).inc()
                log.exception("consumer-failed", consumer=self.name, defect=type(defect).__name__)
            failures = 0 if time.monotonic() > began + 30 else failures
            self._stop.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
            failures += 1

    def _read_or_rebuild(self, turn: Turn) -> None:
        """Raises: Unavailable: Kafka no longer has what the positions name, and nobody can rebuild the result."""
        try:
            self._read(turn)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError) as lost:
            log.warning("offsets-lost", consumer=self.name)
            self._caught_up.clear()
            if self._on_lost is None:
                raise Unavailable(f"{self.name}: offsets lost") from lost
            with turn.working():
                self._on_lost()

    def _read(self, turn: Turn) -> None:
        consumer = KafkaConsumer(
            **self._kafka.options(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_records=self._max_batch,
            fetch_max_wait_ms=500,
            bootstrap_timeout_ms=5_000,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        try:
            missing = self._assign(consumer)
            look_again = time.monotonic() + _LOOK_FOR_TOPICS_S
            while not self._stop.is_set():
                with turn.working():
                    moved = self._moved()
                if moved:
                    return  # assign again, from other positions
                self._poll(consumer, turn)
                self._freshness.ask_when_due(consumer)
                if missing and time.monotonic() > look_again:
                    if set(missing) & set(consumer.topics()):
                        return  # assign again, with the topics that came into being
                    look_again = time.monotonic() + _LOOK_FOR_TOPICS_S
        finally:
            consumer.close()

    def _poll(self, consumer: KafkaConsumer, turn: Turn) -> None:
        if not consumer.assignment():
            self._stop.wait(_POLL_MS / 1000)
            return
        polled = consumer.poll(timeout_ms=_POLL_MS)
        turn.heard()
        batch = [consumed_of(row) for rows in polled.values() for row in rows]
        if batch:
            after = {(one.topic, one.partition): one.offset + 1 for one in batch}
            parents = (traceparent_of(one.headers) for one in batch)
            system = {"messaging.system": "kafka"}
            with turn.working(), continued(f"{self.name} process", SpanKind.CONSUMER, parents, system):
                self._handle(batch, after)
            self._freshness.handled(batch)
        lag = _lag(consumer)
        if lag is not None:
            self._behind = lag
            CONSUMER_LAG.labels(consumer=self.name).set(lag)
            if lag == 0:
                self._caught_up.set()
        if 0 < len(batch) < _FEW:
            self._stop.wait(self._rest_s)

    def _assign(self, consumer: KafkaConsumer) -> list[str]:
        """Assigns every partition of the topics there are; returns the topics there are not."""
        partitions, missing = [], []
        for topic in self._topics:
            found = consumer.partitions_for_topic(topic)
            partitions += [TopicPartition(topic, number) for number in sorted(found or ())]
            missing += [] if found else [topic]
        consumer.assign(partitions)
        known = self._positions()
        for partition in partitions:
            position = known.get((partition.topic, partition.partition))
            if position is None:
                consumer.seek_to_beginning(partition)
            else:
                consumer.seek(partition, position)
        return missing


def _lag(consumer: KafkaConsumer) -> int | None:
    """Messages between the positions and the ends; None until every partition has answered once."""
    lag = 0
    for partition, at in positions(consumer, consumer.assignment()).items():
        end = consumer.highwater(partition)
        if end is None or at is None:
            return None
        lag += max(0, end - at)
    return lag
