"""A province's database is destroyed and comes back from a backup: the newest one whole, an older one with a list."""

import base64
import json
import tomllib
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from nacl.public import PublicKey, SealedBox

from deploy.local.client import LocalClient
from deploy.local.mongo import admin_client
from deploy.local.services import command
from deploy.local.stack import Stack
from tests.integration.dataplane.ground import until
from tongdang.catalog.v1 import desk_pb2, desk_pb2_grpc, record_pb2, review_pb2, review_pb2_grpc
from tongdang.requests.v1 import requests_pb2, requests_pb2_grpc

pytestmark = pytest.mark.integration

SERVICE, REGION, ARCHIVE = "catalog-130000", "130000", "a130123"


class Province:
    """One province of the stack, as its staff and its operator use it."""

    def __init__(self, stack: Stack, client: LocalClient) -> None:
        self.stack = stack
        self.client = client
        channel, centre = client.channel(SERVICE), client.channel("requests")
        self.review: Any = review_pb2_grpc.ReviewServiceStub(channel)  # type: ignore[no-untyped-call]
        self.desk: Any = desk_pb2_grpc.DeskServiceStub(channel)  # type: ignore[no-untyped-call]
        self.requests: Any = requests_pb2_grpc.RequestServiceStub(centre)  # type: ignore[no-untyped-call]

    def run(self, *arguments: str) -> list[dict[str, Any]]:
        """An operator's command; its answers."""
        done = command(self.stack.layout, SERVICE, *arguments)
        assert done.returncode == 0, done.stderr[-3000:]
        return [json.loads(line) for line in done.stdout.splitlines()]

    def destroy(self) -> None:
        """kill -9, and the database is gone."""
        self.stack.kill(SERVICE)
        with admin_client(self.stack.layout) as admin:
            admin.drop_database("catalog_130000")

    def start(self) -> None:
        self.stack.start_service(SERVICE)
        self.stack.wait_ready(SERVICE)

    def sent(self) -> bool:
        """Whether everything the province has to say is in Kafka and with the centre."""
        with admin_client(self.stack.layout) as admin:
            db = admin["catalog_130000"]
            head = db["streams"].find_one({}, sort=[("incarnation", -1)])
            letters = db["letters"].find_one({"state": "waiting"})
            pending = db["outbox"].find_one({"pending": True})
            return head["mark"] == head["seq"] and letters is None and pending is None

    def open_records(self, count: int) -> list[str]:
        asked = review_pb2.ListRecordsRequest(
            archive_id=ARCHIVE, access_status=record_pb2.ACCESS_STATUS_OPEN, page_size=count
        )
        found = self.client.call(self.review.ListRecords, asked, "hb-reviewer")
        return [record.record_id for record in found.records]

    def ask(self, record_id: str) -> str:
        """A citizen of another region asks for a copy; the leg has come to the desk."""
        registry = tomllib.loads((self.stack.layout.etc / "regions.toml").read_text())
        region = next(one for one in registry["regions"] if one["region_id"] == REGION)
        sealing = next(key["key"] for key in region["keys"] if key["use"] == "sealing")
        key = PublicKey(base64.b64decode(sealing))
        request = requests_pb2.SubmitRequestRequest(
            request_id=str(uuid.uuid4()),
            record_id=record_id,
            sealed_applicant=SealedBox(key).encrypt(b"applicant"),
            confirmed_archive_id=ARCHIVE,
        )
        number = self.client.call(self.requests.SubmitRequest, request, "citizen").request.request_number
        until(lambda: any(one.request_number == number for one in self.cases()))
        return str(number)

    def cases(self) -> list[Any]:
        asked = desk_pb2.ListCasesRequest(archive_id=ARCHIVE, include_closed=True, page_size=100)
        return list(self.client.call(self.desk.ListCases, asked, "hb-clerk").cases)

    def case(self, number: str) -> Any:
        return next(one for one in self.cases() if one.request_number == number)

    def accept(self, number: str) -> None:
        step = desk_pb2.AcceptCaseRequest(request_id=str(uuid.uuid4()), case_id=self.case(number).case_id)
        self.client.call(self.desk.AcceptCase, step, "hb-clerk")

    def decline(self, number: str) -> None:
        step = desk_pb2.DeclineCaseRequest(
            request_id=str(uuid.uuid4()), case_id=self.case(number).case_id, reason="Destroyed"
        )
        self.client.call(self.desk.DeclineCase, step, "hb-clerk")

    def retract(self, record_id: str) -> None:
        found = self.client.call(self.review.GetRecord, review_pb2.GetRecordRequest(record_id=record_id), "hb-director")
        assert found.record.record_id == record_id
        step = review_pb2.RetractRecordRequest(
            request_id=str(uuid.uuid4()), record_id=record_id, rule="D1", reason="error found"
        )
        self.client.call(self.review.RetractRecord, step, "hb-director")

    def documents(self) -> Counter[str]:
        """How many documents there are of what people made."""
        with admin_client(self.stack.layout) as admin:
            db = admin["catalog_130000"]
            made = ("records", "batches", "batch_entries", "imports", "cases", "import_files.chunks")
            return Counter({name: db[name].count_documents({}) for name in made})


@pytest.fixture(scope="module")
def province(stack: Stack) -> Province:
    return Province(stack, LocalClient(stack.layout, "portal"))


def test_the_newest_backup_brings_everything_back(province: Province, tmp_path: Path) -> None:
    number = province.ask(province.open_records(1)[0])
    province.accept(number)
    until(province.sent)
    before = province.documents()
    backup = str(tmp_path / "newest.backup")
    [report] = province.run("backup", backup)
    assert report["documents"] > before["records"]
    until(province.sent)
    province.destroy()

    [restored] = province.run("restore", backup)
    assert restored["stream"] == f"{SERVICE}/2", "the next incarnation"
    assert province.run("reconcile") == [{"differences": 0}]
    assert province.run("repair") == [{"differences": 0}]
    province.start()
    until(province.sent)
    assert province.documents() == before
    assert province.case(number).state == desk_pb2.CASE_STATE_ACCEPTED
    assert province.run("reconcile") == [{"differences": 0}]


def test_an_older_backup_comes_back_with_a_list_of_what_is_missing(province: Province, tmp_path: Path) -> None:
    retracted, asked = province.open_records(2)
    known = province.ask(asked)
    until(province.sent)
    backup = str(tmp_path / "older.backup")
    province.run("backup", backup)
    # what the backup does not know
    province.retract(retracted)
    province.decline(known)
    later = province.ask(asked)
    province.accept(later)
    until(province.sent)
    declined, accepted = province.case(known).case_id, province.case(later).case_id
    province.destroy()

    [restored] = province.run("restore", backup)
    assert restored["stream"] == f"{SERVICE}/3"
    assert restored["events_after_backup"] >= 4
    done = command(province.stack.layout, SERVICE, "serve")
    assert "RESTORE_UNFINISHED" in done.stderr, "nothing is served before the comparison"

    found = province.run("reconcile")
    listed = Counter(one["difference"] for one in found if "difference" in one)
    by_id = {one["id"]: one["difference"] for one in found if "id" in one}
    assert by_id[retracted] == "record-behind"
    assert by_id[accepted] == "case-absent"
    assert by_id[declined] == "case-behind"
    lost = sorted(one["there"].split(" ", 1)[1] for one in found if one.get("difference") == "write-lost")
    assert lost == sorted(
        [
            f"record.retract record {retracted}",
            f"case.decline case {declined}",
            f"case.receive case {accepted}",
            f"case.accept case {accepted}",
        ]
    )
    assert listed == {"record-behind": 1, "case-absent": 1, "case-behind": 1, "write-lost": 4}

    left = province.run("repair")
    assert {one["difference"] for one in left if "difference" in one} == {"write-lost"}
    province.start()
    until(province.sent)
    assert province.case(known).state == desk_pb2.CASE_STATE_DECLINED
    assert province.case(later).state == desk_pb2.CASE_STATE_ACCEPTED
    get = review_pb2.GetRecordRequest(record_id=retracted)
    record = province.client.call(province.review.GetRecord, get, "hb-director").record
    assert record.access_status == record_pb2.ACCESS_STATUS_DEFERRED
    province.decline(later)  # the conversation goes on where the centre left it
    until(province.sent)
    mine = requests_pb2.ListRequestsRequest(page_size=50)

    def told() -> bool:
        requests = province.client.call(province.requests.ListRequests, mine, "citizen").requests
        return any(one.request_number == later and one.iso_status == "Unfilled" for one in requests)

    until(told)
    with admin_client(province.stack.layout) as admin:
        opened = admin["audit"]["entries"].find_one({"action": "stream.open", "object_id": f"{SERVICE}/3"})
        until(lambda: admin["audit"]["entries"].find_one({"stream": f"{SERVICE}/3"}))
        findings = admin["audit"]["entries"].count_documents({"stream": "audit-log"})
    assert opened is not None
    assert findings == 0, "no equivocation, no gap"


def test_a_backup_is_read_by_its_own_service_with_its_own_key(province: Province, tmp_path: Path) -> None:
    layout = province.stack.layout
    backup = tmp_path / "a.backup"
    before = province.documents()
    province.run("backup", str(backup))
    again = command(layout, SERVICE, "backup", str(backup))
    assert again.returncode != 0 and "FileExistsError" in again.stderr
    other = command(layout, "catalog-320000", "restore", str(backup), "replace")
    assert "BACKUP_UNREADABLE" in other.stderr, "another province's"
    not_empty = command(layout, SERVICE, "restore", str(backup))
    assert "DATABASE_NOT_EMPTY" in not_empty.stderr
    content = backup.read_bytes()
    changed = content[:500] + bytes([content[500] ^ 1]) + content[501:]
    for name, damaged in (("cut", content[:-20]), ("changed", changed)):
        broken = tmp_path / name
        broken.write_bytes(damaged)
        told = command(layout, SERVICE, "restore", str(broken), "replace")
        assert "BACKUP_UNREADABLE" in told.stderr
    assert backup.stat().st_mode & 0o077 == 0
    assert province.documents() == before, "nothing was touched"
