"""Ten people who live the story at once, each again and again until the faults are over."""

import csv
import hashlib
import io
import itertools
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from PIL import Image

from deploy.local.reviewing import People, Reviewing
from deploy.samples.generator import HEADER
from services.common.domain.errors import TongdangError
from services.common.domain.ids import record_id
from services.common.domain.registry import Registry
from services.common.security.sealed import seal
from tests.fault.client import PersistentClient
from tongdang.audit.v1 import audit_pb2, audit_pb2_grpc
from tongdang.catalog.v1 import (
    delivery_pb2,
    delivery_pb2_grpc,
    desk_pb2,
    desk_pb2_grpc,
    import_pb2,
    import_pb2_grpc,
    review_pb2,
    review_pb2_grpc,
)
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc
from tongdang.requests.v1 import requests_pb2, requests_pb2_grpc

_ROWS = 12
_CHUNK = 64 * 1024
_DELIVER_S = 60.0
_BETWEEN_S = 0.2
"""Between two looks at the same thing, so that watching does not outnumber working."""
_NUMBERS = itertools.count(20_000)
"""Of the records that publishers import; beyond the samples', and never twice in a session."""
_ENDED = (requests_pb2.REQUEST_STATE_COMPLETED, requests_pb2.REQUEST_STATE_UNFILLED)


@dataclass(frozen=True)
class Province:
    """A province's archive, the unit it reviews with, and its people's prefix."""

    region_id: str
    archive_id: str
    unit_id: str
    people: str


PROVINCES = (
    Province("320000", "a320581", "u320581-mz", "js"),
    Province("520000", "a522601", "u522601-mz", "gz"),
    Province("130000", "a130123", "u130123-mz", "hb"),
)


@dataclass
class Story:
    """What the actors share. `over` is set once the last fault has passed."""

    client: PersistentClient
    registry: Registry
    seed: int
    over: threading.Event = field(default_factory=threading.Event)

    def actors(self) -> dict[str, Callable[[], None]]:
        """Name → the actor's whole part."""
        parts: dict[str, Callable[[Random], None]] = {}
        for province in PROVINCES:
            parts[f"publisher {province.people}"] = Publisher(self, province).round
            parts[f"clerk {province.people}"] = Clerk(self, province).round
        parts["citizen"] = Citizen(self, "citizen").round
        parts["citizen2"] = Citizen(self, "citizen2").round
        parts["regulator"] = self.supervise
        parts["reader"] = self.read
        return {name: self._again_and_again(name, part) for name, part in parts.items()}

    def _again_and_again(self, name: str, part: Callable[[Random], None]) -> Callable[[], None]:
        def play() -> None:
            rng = Random(f"{self.seed}/{name}")
            while not self.over.is_set():
                part(rng)

        return play

    def supervise(self, rng: Random) -> None:
        """A regulator reads the trail of a request."""
        requests = sorted(self.client.ledger.requests)
        if not requests:
            self.over.wait(_BETWEEN_S)
            return
        audit = self.client.stub(audit_pb2_grpc.SupervisionServiceStub, "audit")
        trail = audit_pb2.GetTrailRequest(correlation=rng.choice(requests), purpose="随机抽查", page_size=50)
        try:
            self.client.ask(audit.GetTrail, trail, "regulator")
        except TongdangError as problem:
            if problem.code != "NOT_FOUND":  # its events may still be on their way
                raise
        self.over.wait(_BETWEEN_S)

    def read(self, rng: Random) -> None:
        """Somebody searches on the site and opens a record."""
        assert self.client.page("/search", q=rng.choice(("救灾", "积肥", "扫盲", "报告"))).status_code == 200
        entry = self.some_entry(rng)
        assert self.client.page(f"/records/{entry.record_id}").status_code == 200
        self.over.wait(_BETWEEN_S)

    def some_entry(self, rng: Random, username: str = "citizen") -> Any:
        """An open entry of the samples."""
        discovery = self.client.stub(discovery_pb2_grpc.DiscoveryServiceStub, "discovery")
        province = rng.choice(PROVINCES)
        search = discovery_pb2.SearchRequest(query="关于", archive_id=province.archive_id, year_to=1958, page_size=50)
        return rng.choice(self.client.ask(discovery.Search, search, username).hits).entry


@dataclass
class Publisher:
    """A province's clerk, reviewer, unit officer and director: import, review, two signatures, publish, retract."""

    story: Story
    province: Province

    def round(self, rng: Random) -> None:
        records = self._import()
        batch = self._reviewed()
        self._publish(batch)
        self._retract(rng.choice(records))

    def _import(self) -> list[str]:
        client, province = self.story.client, self.province
        imports = client.stub(import_pb2_grpc.ImportServiceStub, f"catalog-{province.region_id}")
        request_id, codes = str(uuid.uuid4()), _fresh_codes()
        header = import_pb2.UploadHeader(
            request_id=request_id, archive_id=province.archive_id, file_name=f"{request_id}.csv"
        )

        def parts() -> Iterable[import_pb2.UploadCatalogueRequest]:
            yield import_pb2.UploadCatalogueRequest(header=header)
            yield import_pb2.UploadCatalogueRequest(content=_catalogue(codes))

        clerk = f"{province.people}-clerk"
        job = client.ask(imports.UploadCatalogue, parts, clerk).job
        client.ledger.imports[job.import_id] = _ROWS
        while job.state in (import_pb2.IMPORT_STATE_QUEUED, import_pb2.IMPORT_STATE_RUNNING):
            self.story.over.wait(_BETWEEN_S)
            asked = import_pb2.GetImportRequest(import_id=job.import_id)
            job = client.ask(imports.GetImport, asked, clerk).job
        assert (job.rows_created, job.rows_rejected) == (_ROWS, 0), job
        return [record_id(province.archive_id, code) for code in codes]

    def _reviewed(self) -> review_pb2.Batch:
        client, people = self.story.client, self.province.people
        channel = client.channel(f"catalog-{self.province.region_id}")
        officers = People(f"{people}-reviewer", f"{people}-unit", f"{people}-director")
        desk = Reviewing(client.ask, channel, self.province.archive_id, officers)
        batch = desk.gather(self.province.unit_id)
        assert batch is not None, "what was imported is there to review"
        client.ledger.batches.add(batch.batch_id)
        return desk.ready(batch)

    def _publish(self, batch: review_pb2.Batch) -> None:
        client, director = self.story.client, f"{self.province.people}-director"
        review = client.stub(review_pb2_grpc.ReviewServiceStub, f"catalog-{self.province.region_id}")
        publish = review_pb2.PublishBatchRequest(request_id=str(uuid.uuid4()), batch_id=batch.batch_id)
        batch = client.ask(review.PublishBatch, publish, director).batch
        client.ledger.published.add(batch.batch_id)
        while batch.state != review_pb2.BATCH_STATE_PUBLISHED:
            self.story.over.wait(_BETWEEN_S)
            asked = review_pb2.GetBatchRequest(batch_id=batch.batch_id)
            batch = client.ask(review.GetBatch, asked, director).batch

    def _retract(self, record: str) -> None:
        review = self.story.client.stub(review_pb2_grpc.ReviewServiceStub, f"catalog-{self.province.region_id}")
        retract = review_pb2.RetractRecordRequest(
            request_id=str(uuid.uuid4()), record_id=record, rule="D1", reason="复核"
        )
        self.story.client.ask(review.RetractRecord, retract, f"{self.province.people}-director")
        self.story.client.ledger.retracted.add(record)


@dataclass
class Citizen:
    """Asks for a copy of a record from anywhere, follows the request, downloads the copy."""

    story: Story
    username: str

    def round(self, rng: Random) -> None:
        client = self.story.client
        entry = self.story.some_entry(rng, self.username)
        requests = client.stub(requests_pb2_grpc.RequestServiceStub, "requests", "portal")
        request = client.ask(requests.SubmitRequest, self.draft(entry), self.username).request
        client.ledger.requests.add(request.request_id)
        asked = requests_pb2.GetRequestRequest(request_id=request.request_id)
        while request.state not in _ENDED and not self.story.over.wait(_BETWEEN_S):
            request = client.ask(requests.GetRequest, asked, self.username).request
        if request.state == requests_pb2.REQUEST_STATE_COMPLETED:
            self._download(request)

    def draft(self, entry: Any) -> requests_pb2.SubmitRequestRequest:
        """A request under an id of its own, the applicant's details sealed to the holding province."""
        details = desk_pb2.ApplicantDetails(name="龙·买提", phone="13900000000", purpose="办理退休手续")
        region = self.story.registry.region(entry.region_id)
        key = region.key("sealing", region.keys[0].valid_from)
        return requests_pb2.SubmitRequestRequest(
            request_id=str(uuid.uuid4()),
            record_id=entry.record_id,
            sealed_applicant=seal(key, details.SerializeToString()),
            confirmed_archive_id=entry.archive_id,
        )

    def _download(self, request: requests_pb2.Request) -> None:
        client = self.story.client
        delivery = client.stub(delivery_pb2_grpc.DeliveryServiceStub, f"catalog-{request.supplier_region_id}", "portal")
        wanted = delivery_pb2.OpenDeliveryRequest(request_id=request.request_id)
        opened = client.ask(delivery.OpenDelivery, wanted, self.username)
        content = b""
        while len(content) < opened.size:
            part = delivery_pb2.ReadChunkRequest(ticket=opened.ticket, offset=len(content), length=_CHUNK)
            content += client.ask(delivery.ReadChunk, part, self.username).content
        assert hashlib.sha256(content).hexdigest() == opened.sha256
        client.ledger.downloads += 1


@dataclass
class Clerk:
    """Takes the oldest case of the queue, attaches a scan and delivers; declines one in five."""

    story: Story
    province: Province

    def round(self, rng: Random) -> None:
        client, clerk = self.story.client, f"{self.province.people}-clerk"
        desk = client.stub(desk_pb2_grpc.DeskServiceStub, f"catalog-{self.province.region_id}")
        queue = desk_pb2.ListCasesRequest(archive_id=self.province.archive_id, page_size=10)
        cases = [
            case
            for case in client.ask(desk.ListCases, queue, clerk).cases
            if case.state == desk_pb2.CASE_STATE_RECEIVED
        ]
        if not cases:
            self.story.over.wait(_BETWEEN_S)
            return
        case_id = cases[0].case_id
        client.ask(desk.GetCase, desk_pb2.GetCaseRequest(case_id=case_id), clerk)
        accept = desk_pb2.AcceptCaseRequest(request_id=str(uuid.uuid4()), case_id=case_id)
        client.ask(desk.AcceptCase, accept, clerk)
        if rng.random() < 0.2:
            decline = desk_pb2.DeclineCaseRequest(request_id=str(uuid.uuid4()), case_id=case_id, reason="Destroyed")
            client.ask(desk.DeclineCase, decline, clerk)
            client.ledger.declined.add(case_id)
            return
        header = desk_pb2.ScanHeader(request_id=str(uuid.uuid4()), case_id=case_id, file_name="扫描件.jpg")
        scan = _scan(rng)

        def parts() -> Iterable[desk_pb2.AttachScanRequest]:
            yield desk_pb2.AttachScanRequest(header=header)
            yield desk_pb2.AttachScanRequest(content=scan)

        client.ask(desk.AttachScan, parts, clerk)
        deliver = desk_pb2.DeliverCaseRequest(request_id=str(uuid.uuid4()), case_id=case_id)
        client.ask(desk.DeliverCase, deliver, clerk, _DELIVER_S)
        client.ledger.delivered.add(case_id)


def _fresh_codes() -> list[str]:
    return [f"A001-WS·1971-Y-MZ-{next(_NUMBERS)}" for _ in range(_ROWS)]


def _catalogue(codes: Sequence[str]) -> bytes:
    """A file of records that are due for opening."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for code in codes:
        title = f"关于{code[-5:]}号水利工程情况的报告"
        writer.writerow((code, title, "县民政局", "19710607", "", "永久", "未审核", "", "3", ""))
    return text.getvalue().encode()


def _scan(rng: Random) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 400), (rng.randrange(256), rng.randrange(256), 180)).save(out, "JPEG", quality=90)
    return out.getvalue()
