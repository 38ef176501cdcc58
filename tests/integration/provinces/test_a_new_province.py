"""`make province`, then `make run`: a stack that exists gains a province with no hand edit, served end to end."""

import hashlib
import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from PIL import Image

from deploy.local.client import LocalClient
from services.common.domain.errors import TongdangError
from services.common.domain.registry import Registry, load_registry
from services.common.security.sealed import seal
from tests.integration.dataplane.ground import until
from tests.integration.provinces.ground import Ground
from tests.ports import base_port
from tongdang.catalog.v1 import delivery_pb2, delivery_pb2_grpc, desk_pb2, desk_pb2_grpc
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc
from tongdang.requests.v1 import requests_pb2, requests_pb2_grpc

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
_BASE_PORT = base_port() + 5_000
OLD, NEW = "520000", "440000"
ARCHIVE, CLERK, CITIZEN = "a440000", "gd-clerk", "citizen"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    return Ground(_BASE_PORT, tmp_path, OLD)


class Play:
    """Who does what on a running stack."""

    def __init__(self, ground: Ground) -> None:
        self.registry: Registry = load_registry(ground.layout.etc / "regions.toml")
        self._tool, self._portal = LocalClient(ground.layout), LocalClient(ground.layout, "portal")
        self._discovery = discovery_pb2_grpc.DiscoveryServiceStub(self._tool.channel("discovery"))
        self._requests = requests_pb2_grpc.RequestServiceStub(self._portal.channel("requests"))
        self._desk = desk_pb2_grpc.DeskServiceStub(self._tool.channel(f"catalog-{NEW}"))
        self._delivery = delivery_pb2_grpc.DeliveryServiceStub(self._portal.channel(f"catalog-{NEW}"))

    def found(self) -> Any:
        """The first open entry of the new province's archive."""
        search = discovery_pb2.SearchRequest(query="关于", region_id=NEW)
        return until(lambda: self._tool.call(self._discovery.Search, search).hits, 90)[0].entry

    def ask(self, entry: Any) -> str:
        """The citizen's request, the details sealed to the new province; its id."""
        details = desk_pb2.ApplicantDetails(name="杨阿妹", phone="13900000000", purpose="办理退休手续")
        key = next(key.key for key in self.registry.region(NEW).keys if key.use == "sealing")
        draft = requests_pb2.SubmitRequestRequest(
            request_id=str(uuid.uuid4()),
            record_id=entry.record_id,
            sealed_applicant=seal(key, details.SerializeToString()),
            confirmed_archive_id=entry.archive_id,
        )
        return str(self._portal.call(self._requests.SubmitRequest, draft, CITIZEN).request.request_id)

    def state(self, request_id: str) -> int:
        asked = requests_pb2.GetRequestRequest(request_id=request_id)
        return int(self._portal.call(self._requests.GetRequest, asked, CITIZEN).request.state)

    def reaches(self, request_id: str, state: int) -> None:
        until(lambda: self.state(request_id) == state, 90)

    def queue(self, clerk: str = CLERK) -> Any:
        return self._tool.call(self._desk.ListCases, desk_pb2.ListCasesRequest(archive_id=ARCHIVE), clerk).cases

    def deliver(self, request_id: str) -> None:
        """The clerk accepts, attaches a scan, and hands out the certified copy."""
        [case] = [one for one in self.queue() if one.request_id == request_id]
        accept = desk_pb2.AcceptCaseRequest(request_id=str(uuid.uuid4()), case_id=case.case_id)
        self._tool.call(self._desk.AcceptCase, accept, CLERK)
        scan = io.BytesIO()
        Image.new("RGB", (300, 400), "tan").save(scan, "JPEG")
        header = desk_pb2.ScanHeader(request_id=str(uuid.uuid4()), case_id=case.case_id, file_name="扫描件.jpg")
        parts = [desk_pb2.AttachScanRequest(header=header), desk_pb2.AttachScanRequest(content=scan.getvalue())]
        self._tool.call(self._desk.AttachScan, iter(parts), CLERK)
        deliver = desk_pb2.DeliverCaseRequest(request_id=str(uuid.uuid4()), case_id=case.case_id)
        self._tool.call(self._desk.DeliverCase, deliver, CLERK)

    def download(self, request_id: str) -> str:
        """The copy's text, its digest checked."""
        wanted = delivery_pb2.OpenDeliveryRequest(request_id=request_id)
        opened = self._portal.call(self._delivery.OpenDelivery, wanted, CITIZEN)
        content = b""
        while len(content) < opened.size:
            part = delivery_pb2.ReadChunkRequest(ticket=opened.ticket, offset=len(content), length=1 << 20)
            content += self._portal.call(self._delivery.ReadChunk, part, CITIZEN).content
        assert hashlib.sha256(content).hexdigest() == opened.sha256
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_a_generated_province_joins_a_stack_serves_a_citizen_of_another_and_is_missed_when_left_out(
    ground: Ground,
) -> None:
    with ground.running(OLD):
        before = _kept(ground)
        old = load_registry(ground.layout.etc / "regions.toml")

    assert "make run PROVINCES=" in ground.make_province(NEW)
    ground.fewer_samples(NEW, "rows = 1000")

    with ground.running(OLD, NEW):
        assert before.items() <= _kept(ground).items()
        play = Play(ground)
        assert play.registry.version == old.version + 1
        assert play.registry.region(OLD) == old.region(OLD)
        assert f"catalog-{NEW}" in ground.operate("status")
        entry = play.found()
        assert (entry.archive_id, entry.region_id) == (ARCHIVE, NEW)
        request = play.ask(entry)
        play.reaches(request, requests_pb2.REQUEST_STATE_RECEIVED)
        with pytest.raises(TongdangError, match="OUT_OF_SCOPE"):
            play.queue("gz-clerk")
        play.deliver(request)
        play.reaches(request, requests_pb2.REQUEST_STATE_COMPLETED)
        copy = play.download(request)
        assert "广东省档案馆" in copy
        assert entry.title[:10] in copy.replace("\n", "")

    with ground.running(OLD) as said:
        assert f"{NEW} 广东省 is left out" in said
        play = Play(ground)
        waiting = play.ask(play.found())
        assert f"catalog-{NEW}" not in ground.operate("status")
        assert play.state(waiting) == requests_pb2.REQUEST_STATE_SUBMITTED

    with ground.running(OLD, NEW) as said:
        assert "samples" not in said
        Play(ground).reaches(waiting, requests_pb2.REQUEST_STATE_RECEIVED)


def _kept(ground: Ground) -> dict[Path, bytes]:
    """Certificates, keys and passwords."""
    folders = (ground.layout.etc / "tls", ground.layout.etc / "secrets")
    return {path: path.read_bytes() for folder in folders for path in folder.iterdir()}
