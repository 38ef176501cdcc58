"""Placing a request against one MongoDB transaction.

A placed request is durable and audited: request with its leg, sealed letter, domain event, audit event and idempotency
key in one transaction. The limit is a transaction that inserts one document of a request's size, same write concern.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date

from nacl.public import PrivateKey

from bench.figures import NO_BOUND, Bound, Figure, alternating, figure
from bench.setting import CLOCK, IDS, Setting
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.registry import Region, Registry
from services.common.mongo.database import MongoDatabase
from services.common.mongo.migrations import DATA_PLANE
from services.common.mongo.transactions import Transactions
from services.common.security.sealed import seal
from services.common.working_calendar import PublishedCalendar
from services.requests.adapters.mongo_requests import MIGRATIONS, MongoRequests
from services.requests.adapters.numbers import BlockNumbers
from services.requests.application.submit import Terms, submit
from services.requests.domain.request import WantedRecord
from tongdang.requests.v1 import requests_pb2

ROUND_S = 2.0
CALLERS = (1, 8, 32)
FLOOR = {32: Bound(most_ratio=5, least=500)}
AIM = {32: Bound(most_ratio=5, least=1_000)}
RECORD = WantedRecord(IDS.new(), "320000", "a320581", "A001-WS·1985-Y-MZ-0012", "关于一九八五年水利建设工作情况的报告")
REGION = Region("320000", "江苏省", "Jiangsu", "catalog-320000", "localhost:1", (), ())
BOX = seal(bytes(PrivateKey.generate().public_key), b"x" * 200)


class OneRecord:
    """A catalogue that answers at once: finding the record is another row's work."""

    def record(self, record_id: str) -> WantedRecord:
        return RECORD


def measure(setting: Setting) -> Iterator[Figure]:
    """Requests a second by so many callers; the ratio is how many plain transactions one of them costs."""
    with setting.mongo([*DATA_PLANE, *MIGRATIONS]) as database:
        database.db.create_collection("plain")
        transactions = Transactions(database, IDS, CLOCK)
        place = _placing(database, transactions)

        def plain() -> None:
            body = {"_id": IDS.new(), "day": str(date.today()), "body": "x" * 1000}
            transactions.run(lambda tx: tx.db["plain"].insert_one(body, session=tx.session))

        for callers in CALLERS:
            took: list[float] = []
            mine, theirs = alternating(
                lambda: _rate(place, callers, took),  # noqa: B023 - called at once
                lambda: _rate(plain, callers, []),  # noqa: B023
                setting.rounds,
                setting.budget_s,
            )
            p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
            yield figure(
                f"{callers} callers",
                "/s",
                0,
                mine,
                theirs,
                floor=FLOOR.get(callers, NO_BOUND),
                aim=AIM.get(callers, NO_BOUND),
                cost=True,
                note=f"p50 {p50:.1f} ms, p99 {p99:.1f} ms",
            )


def _placing(database: MongoDatabase, transactions: Transactions) -> Callable[[], None]:
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

    return place


def _rate(work: Callable[[], None], callers: int, took: list[float]) -> float:
    """Calls a second in one round; `took` gains the milliseconds of each."""
    before = len(took)
    end = time.monotonic() + ROUND_S

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
    return (len(took) - before) / (time.perf_counter() - started)
