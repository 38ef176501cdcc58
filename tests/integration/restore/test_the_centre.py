"""An older backup of the centre's requests: compared with the provinces, and caught up from their letters."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.client import LocalClient
from deploy.local.mongo import admin_client, database_of
from deploy.local.services import command
from deploy.local.stack import Stack
from tests.integration.dataplane.ground import until
from tests.integration.restore.test_a_province import SERVICE, Province
from tongdang.catalog.v1 import desk_pb2
from tongdang.fulfilment.v1 import fulfilment_pb2, fulfilment_pb2_grpc
from tongdang.requests.v1 import requests_pb2

pytestmark = pytest.mark.integration

REQUESTS = "requests"


class Centre:
    """The requests service, as citizens and its operator use it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.province = Province(stack, LocalClient(stack.layout, "portal"))

    def run(self, *arguments: str) -> list[dict[str, Any]]:
        """An operator's command; its answers."""
        done = command(self.stack.layout, REQUESTS, *arguments)
        assert done.returncode == 0, done.stderr[-3000:]
        return [json.loads(line) for line in done.stdout.splitlines()]

    def destroy(self) -> None:
        """kill -9, and the database is gone."""
        self.stack.kill(REQUESTS)
        with admin_client(self.stack.layout) as admin:
            admin.drop_database(REQUESTS)

    def forget_orphans(self) -> None:
        """Cases whose request is gone for good are taken out by hand: the stack is the other tests' too."""
        with admin_client(self.stack.layout) as admin:
            province = admin[database_of(SERVICE)]
            legs = admin[REQUESTS]["requests"].distinct("leg_id")
            orphans = [case["_id"] for case in province["cases"].find({"_id": {"$nin": legs}}, {"_id": 1})]
            province["cases"].delete_many({"_id": {"$in": orphans}})
            province["letters"].delete_many({"conversation": {"$in": orphans}})

    def start(self) -> None:
        self.stack.start_service(REQUESTS)
        self.stack.wait_ready(REQUESTS)

    def settled(self) -> bool:
        """Whether every letter has arrived, in both directions, and every event is in Kafka."""
        with admin_client(self.stack.layout) as admin:
            db = admin[REQUESTS]
            head = db["streams"].find_one({}, sort=[("incarnation", -1)])
            waiting = db["letters"].find_one({"state": "waiting"}) or db["outbox"].find_one({"pending": True})
            return waiting is None and head["mark"] == head["seq"] and self.province.sent()

    def request(self, number: str) -> Any:
        mine = requests_pb2.ListRequestsRequest(page_size=50)
        found = self.province.client.call(self.province.requests.ListRequests, mine, "citizen").requests
        return next(one for one in found if one.request_number == number)

    def withdraw(self, number: str) -> None:
        step = requests_pb2.CancelRequestRequest(
            request_id=str(uuid.uuid4()), target_request_id=self.request(number).request_id
        )
        self.province.client.call(self.province.requests.CancelRequest, step, "citizen")


@pytest.fixture
def centre(stack: Stack) -> Iterator[Centre]:
    centre = Centre(stack)
    yield centre
    centre.forget_orphans()


def by_finding(found: list[dict[str, Any]]) -> dict[str, set[str]]:
    rows: dict[str, set[str]] = {}
    for one in found:
        if "difference" in one:
            rows.setdefault(one["difference"], set()).add(one["id"])
    return rows


def test_an_older_centre_is_listed_against_the_provinces_and_catches_up(centre: Centre, tmp_path: Path) -> None:
    province = centre.province
    record = province.open_records(1)[0]
    declined, withdrawn, going_on, untouched = (province.ask(record) for _ in range(4))
    until(centre.settled)
    backup = str(tmp_path / "older.backup")
    centre.run("backup", backup)
    # what the backup does not know
    province.decline(declined)
    centre.withdraw(withdrawn)
    province.accept(going_on)
    forgotten = province.ask(record)
    until(lambda: centre.request(withdrawn).iso_status == "Cancelled")
    until(centre.settled)
    legs = {number: province.case(number).case_id for number in (declined, withdrawn, going_on, untouched, forgotten)}
    centre.destroy()

    [restored] = centre.run("restore", backup)
    assert restored["state"] == "loaded"
    done = command(centre.stack.layout, REQUESTS, "serve")
    assert "RESTORE_UNFINISHED" in done.stderr, "nothing is served before the comparison"

    found = centre.run("reconcile")
    rows = by_finding(found)
    assert rows["request-behind"] == {legs[declined], legs[withdrawn], legs[going_on]}
    assert rows["request-absent"] == {legs[forgotten]}
    assert set(rows) == {"request-behind", "request-absent", "write-lost"}
    of_declined = next(one for one in found if one.get("id") == legs[declined])
    assert "received" in of_declined["here"] and "Unfilled" in of_declined["there"]
    lost = Counter(one["there"].split(" ")[1] for one in found if one.get("difference") == "write-lost")
    assert lost == {"request.submit": 1, "request.cancel": 1, "request.answer": 4}

    assert set(by_finding(centre.run("repair"))) == {"request-absent", "write-lost"}
    centre.start()
    states = {number: centre.request(number).iso_status for number in (declined, withdrawn, going_on, untouched)}
    assert states == {
        declined: "Unfilled",
        withdrawn: "Cancelled",
        going_on: "ExpectToSupply",
        untouched: "RequestReceived",
    }
    # both sides go on where they were
    centre.withdraw(going_on)
    until(lambda: centre.request(going_on).iso_status == "Cancelled")
    assert province.case(going_on).state == desk_pb2.CASE_STATE_CANCELLED
    assert province.ask(record) != forgotten, "no number is given twice"
    until(centre.settled)
    assert set(by_finding(centre.run("reconcile"))) == {"request-absent"}, "the writes are history now"
    with admin_client(centre.stack.layout) as admin:
        assert admin[REQUESTS]["letters"].count_documents({"state": "parked"}) == 0
        findings = admin["audit"]["entries"].count_documents({"stream": "audit-log"})
    assert findings == 0, "no equivocation, no gap"


def test_a_province_that_is_down_is_named_and_holds_nobody_up(centre: Centre) -> None:
    centre.stack.kill(SERVICE)
    try:
        rows = by_finding(centre.run("reconcile"))
    finally:
        centre.province.start()
    assert rows["province-silent"] == {SERVICE.rpartition("-")[2]}


@pytest.mark.parametrize("caller", ["portal", "catalog-320000"])
def test_only_the_centre_is_told_what_a_province_holds(stack: Stack, caller: str) -> None:
    channel = LocalClient(stack.layout, caller).channel(SERVICE)
    stub: Any = fulfilment_pb2_grpc.CaseReconciliationServiceStub(channel)  # type: ignore[no-untyped-call]
    with pytest.raises(Exception, match="CALLER_NOT_ALLOWED"):
        stub.ListHeldCases(fulfilment_pb2.ListHeldCasesRequest(), timeout=10)
