"""The audit recorder against one group commit of the same store.

The limit is one durable insert of a document with as many events as a commit held on average, by a single thread.
"""

import statistics
import threading
from collections.abc import Iterator

from bench.figures import NO_BOUND, Bound, Figure, alternating, figure
from bench.setting import CLOCK, IDS, Setting, seconds
from services.common.audit.recorder import Recorder
from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome
from services.common.mongo.database import MongoDatabase
from services.common.mongo.migrations import DATA_PLANE
from services.common.mongo.outbox import outbox_document

ACTOR = Actor.service("catalog-320000")
CALLERS = (1, 32)
COMMITS_A_ROUND = 100
FLOOR = {32: Bound(most=2)}


def measure(setting: Setting) -> Iterator[Figure]:
    """Median milliseconds of one `record`; the 99th percentile is told beside."""
    with setting.mongo(DATA_PLANE) as database:
        recorder = Recorder(database, IDS, CLOCK)
        recorder.start()
        for callers in CALLERS:
            yield _measured(recorder, database, callers, setting)
        recorder.stop()


def _measured(recorder: Recorder, database: MongoDatabase, callers: int, setting: Setting) -> Figure:
    outbox = database.db["outbox"]
    tails: list[float] = []
    shared = [1]
    each = setting.sizes[0] // max(CALLERS)

    def ours() -> float:
        before = outbox.count_documents({})
        took = _recorded(recorder, callers, each)
        shared.append(max(1, round(len(took) / (outbox.count_documents({}) - before))))
        tails.append(statistics.quantiles(took, n=100)[98])
        return statistics.median(took)

    def limit() -> float:
        return _commit(database, round(statistics.median(shared)))

    mine, theirs = alternating(ours, limit, setting.rounds, setting.budget_s)
    note = f"p99 {statistics.median(tails):.1f} ms, {statistics.median(shared):.0f} events a commit"
    floor = FLOOR.get(callers, NO_BOUND)
    return figure(f"{callers} callers", "ms p50", 0, mine, theirs, floor=floor, note=note)


def _event() -> AuditEvent:
    return AuditEvent(
        IDS.new(), CLOCK.now(), "record.read", Outcome.GRANTED, ACTOR, "service", ObjectRef("record", IDS.new())
    )


def _recorded(recorder: Recorder, callers: int, each: int) -> list[float]:
    """Milliseconds of each call."""
    took: list[float] = []

    def caller() -> None:
        for _ in range(each):
            one = _event()
            took.append(seconds(lambda: recorder.record(one)) * 1000)  # noqa: B023 - called at once

    threads = [threading.Thread(target=caller) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def _commit(database: MongoDatabase, events: int) -> float:
    """Median milliseconds of one durable insert with so many events."""
    leaves = [_event().leaf() for _ in range(events)]
    outbox = database.db["outbox"]
    documents = [outbox_document(IDS.new(), CLOCK.now(), [], leaves) for _ in range(COMMITS_A_ROUND)]
    return statistics.median(seconds(lambda: outbox.insert_one(document)) for document in documents) * 1000  # noqa: B023
