"""The audit recorder against one group commit of the same store: `python -m bench.recorder MONGODB_URI [CALLERS]`.

Prints for each number of callers the median and 99th percentile of one `record`, the rate, and the events a commit.
The limit is one durable insert of a document with as many events as a commit held on average, by a single thread.
"""

import statistics
import sys
import threading
import time
from collections.abc import Callable

from services.common.audit.recorder import Recorder
from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds
from services.common.mongo.database import MongoDatabase
from services.common.mongo.migrations import DATA_PLANE, migrate
from services.common.mongo.outbox import outbox_document

CLOCK, IDS = SystemClock(), RandomIds()
ACTOR = Actor.service("catalog-320000")
EVENTS = 6_400
LIMIT_ROUNDS = 300


def event() -> AuditEvent:
    return AuditEvent(
        IDS.new(), CLOCK.now(), "record.read", Outcome.GRANTED, ACTOR, "service", ObjectRef("record", IDS.new())
    )


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def recorded(recorder: Recorder, callers: int) -> tuple[list[float], float]:
    """Milliseconds of each call, and events a second."""
    took: list[float] = []
    each = EVENTS // 32 if callers < 32 else EVENTS // callers

    def caller() -> None:
        for _ in range(each):
            one = event()
            took.append(timed(lambda: recorder.record(one)))  # noqa: B023 - called at once

    threads = [threading.Thread(target=caller) for _ in range(callers)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, len(took) / (time.perf_counter() - started)


def group_commits(database: MongoDatabase, events: int) -> float:
    """Median milliseconds of one durable insert with so many events."""
    leaves = [event().leaf() for _ in range(events)]
    outbox = database.db["outbox"]
    documents = [outbox_document(IDS.new(), CLOCK.now(), [], leaves) for _ in range(LIMIT_ROUNDS)]
    return statistics.median(timed(lambda: outbox.insert_one(document)) for document in documents)  # noqa: B023


def main() -> None:
    database = MongoDatabase(sys.argv[1], "bench_recorder")
    database.client.drop_database(database.name)
    migrate(database, DATA_PLANE, "bench")
    recorder = Recorder(database, IDS, CLOCK)
    recorder.start()
    print("callers  p50 ms  p99 ms  events/s  events/commit  commit alone ms  p50 / commit")
    for callers in [int(number) for number in sys.argv[2:]] or [1, 8, 32]:
        before = database.db["outbox"].count_documents({})
        took, rate = recorded(recorder, callers)
        commits = database.db["outbox"].count_documents({}) - before
        shared = max(1, round(len(took) / commits))
        limit = group_commits(database, shared)
        p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
        print(f"{callers:7}{p50:8.2f}{p99:8.2f}{rate:10.0f}{shared:15}{limit:17.2f}{p50 / limit:14.1f}")
    recorder.stop()
    database.client.drop_database(database.name)
    database.close()


if __name__ == "__main__":
    main()
