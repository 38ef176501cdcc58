"""Placing a request against one MongoDB transaction: `python -m bench.place_request MONGODB_URI [CALLERS]`.

A placed request is durable and audited: request with its leg, sealed letter, domain event, audit event and idempotency
key in one transaction. The limit is a transaction that inserts one document of a request's size, same write concern.
"""

import statistics
import sys
import threading
import time
from collections.abc import Callable
from datetime import date

from nacl.public import PrivateKey

from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds
from services.common.domain.registry import Region, Registry
from services.common.mongo.database import MongoDatabase
from services.common.mongo.migrations import DATA_PLANE, migrate
from services.common.mongo.transactions import Transactions
from services.common.security.sealed import seal
from services.common.working_calendar import PublishedCalendar
from services.requests.adapters.mongo_requests import MIGRATIONS, MongoRequests
from services.requests.adapters.numbers import BlockNumbers
from services.requests.application.submit import Terms, submit
from services.requests.domain.request import WantedRecord
from tongdang.requests.v1 import requests_pb2

CLOCK, IDS = SystemClock(), RandomIds()
SECONDS = 8.0
RECORD = WantedRecord(IDS.new(), "320000", "a320581", "A001-WS·1985-Y-MZ-0012", "关于一九八五年水利建设工作情况的报告")
REGION = Region("320000", "江苏省", "Jiangsu", "catalog-320000", "localhost:1", (), ())
BOX = seal(bytes(PrivateKey.generate().public_key), b"x" * 200)


class OneRecord:
    """A catalogue that answers at once: finding the record is another row's work."""

    def record(self, record_id: str) -> WantedRecord:
        return RECORD


def measured(work: Callable[[], None], callers: int) -> tuple[float, float, float]:
    """Calls a second, and median and 99th percentile of one call in milliseconds."""
    took: list[float] = []
    end = time.monotonic() + SECONDS

    def caller() -> None:
        while time.monotonic() < end:
            started = time.perf_counter()
            work()
            took.append((time.perf_counter() - started) * 1000)

    threads = [threading.Thread(target=caller) for _ in range(callers)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / (time.perf_counter() - started), statistics.median(took), statistics.quantiles(took, n=100)[98]


def main() -> None:
    database = MongoDatabase(sys.argv[1], "bench_place_request")
    database.client.drop_database(database.name)
    migrate(database, [*DATA_PLANE, *MIGRATIONS], "bench")
    database.db.create_collection("plain")
    transactions = Transactions(database, IDS, CLOCK)
    requests, numbers = MongoRequests(database, transactions), BlockNumbers(database)
    terms = Terms(10, PublishedCalendar())
    registry = Registry(1, (REGION,), {})
    actor = Actor("c" * 32, frozenset({Role.CITIZEN}), "portal", region_id="520000", proof_checked=True)

    def place() -> None:
        by = Caller(actor, Role.CITIZEN, "request.submit", "", "", CLOCK, IDS)
        message = requests_pb2.SubmitRequestRequest(
            request_id=IDS.new(), record_id=RECORD.record_id, sealed_applicant=BOX, confirmed_archive_id="a320581"
        )
        submit(
            message,
            by=by,
            requests=requests,
            catalogue=OneRecord(),
            numbers=numbers,
            registry=registry,
            terms=terms,
        )

    def plain() -> None:
        body = {"_id": IDS.new(), "day": str(date.today()), "body": "x" * 1000}
        transactions.run(lambda tx: tx.db["plain"].insert_one(body, session=tx.session))

    print("callers  placed/s  p50 ms  p99 ms  plain tx/s  plain p50 ms  plain / placed")
    for callers in [int(number) for number in sys.argv[2:]] or [1, 8, 32]:
        rate, p50, p99 = measured(place, callers)
        limit, limit_p50, _ = measured(plain, callers)
        print(f"{callers:7} {rate:9.0f} {p50:7.1f} {p99:7.1f} {limit:11.0f} {limit_p50:13.1f} {limit / rate:15.2f}")
    database.client.drop_database(database.name)
    database.close()


if __name__ == "__main__":
    main()
