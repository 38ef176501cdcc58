"""The running stack as readers, staff and verifiers of its publications use it."""

import csv
import io
import json
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deploy.local.client import LocalClient
from deploy.local.layout import ROOT
from deploy.local.reviewing import People, Reviewing
from deploy.local.stack import Stack
from deploy.samples.generator import HEADER
from services.common.domain.errors import TongdangError
from tongdang.catalog.v1 import import_pb2, import_pb2_grpc, review_pb2, review_pb2_grpc


def until(happened: Callable[[], Any], seconds: float = 60) -> Any:
    """Waits for something to become true; fails the test if it never does."""
    give_up = time.monotonic() + seconds
    while not (result := happened()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.1)
    return result


class Site:
    """The portal of a stack, as anybody reaches it, and its verifier."""

    def __init__(self, stack: Stack) -> None:
        self.layout = stack.layout

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        try:
            with urllib.request.urlopen(f"{self.layout.portal_url}{path}", timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read()

    def json(self, path: str) -> Any:
        return json.loads(self.get(path)[1])

    def verify(self, *what: str, registry: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """`tongdang-verify record …` with the log's public key."""
        command = [str(ROOT / "bin" / "tongdang-verify"), "record", *what, "--url", self.layout.log_url]
        command += ["--key", str(self.layout.etc / "audit-log.vkey")]
        command += ["--registry", str(registry)] if registry else []
        return subprocess.run(command, capture_output=True, text=True, check=False)


class Province:
    """Staff of one archive."""

    def __init__(self, client: LocalClient, region_id: str, archive_id: str, people: str) -> None:
        self.client = client
        self.archive_id = archive_id
        self.people = people
        self._channel = client.channel(f"catalog-{region_id}")
        self.imports: Any = import_pb2_grpc.ImportServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self.review: Any = review_pb2_grpc.ReviewServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def take_in(self, rows: Sequence[dict[str, str]]) -> None:
        """Imports these rows, under the headings of the samples."""
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, HEADER, restval="")
        writer.writeheader()
        writer.writerows(rows)
        header = import_pb2.UploadHeader(request_id=str(uuid.uuid4()), archive_id=self.archive_id, file_name="目录.csv")
        parts = [
            import_pb2.UploadCatalogueRequest(header=header),
            import_pb2.UploadCatalogueRequest(content=out.getvalue().encode()),
        ]
        clerk = f"{self.people}-clerk"
        job = self.client.call(self.imports.UploadCatalogue, iter(parts), clerk).job
        get = import_pb2.GetImportRequest(import_id=job.import_id)

        def done() -> Any:
            now = self.client.call(self.imports.GetImport, get, clerk).job
            return now if now.state == import_pb2.IMPORT_STATE_COMPLETED else None

        assert until(done).rows_created == len(rows)

    def publish(self, unit_id: str, officer: str, limit: int) -> str:
        """Gathers, reviews, signs on both sides, publishes; the batch's id."""
        desk = self._desk(officer)
        batch = desk.gather(unit_id, limit=limit)
        assert batch is not None, "there are records to review"
        desk.ready(batch)
        return str(desk.publish(batch.batch_id).batch_id)

    def _desk(self, officer: str = "") -> Reviewing:
        people = People(f"{self.people}-reviewer", officer, f"{self.people}-director")
        return Reviewing(self.client.call, self._channel, self.archive_id, people)

    def state(self, batch_id: str) -> int:
        get = review_pb2.GetBatchRequest(batch_id=batch_id)
        try:
            return int(self.client.call(self.review.GetBatch, get, f"{self.people}-director").batch.state)
        except TongdangError:
            return review_pb2.BATCH_STATE_UNSPECIFIED

    def records(self, batch_id: str) -> list[str]:
        """Ids, in the list's order."""
        return self._desk().records(batch_id)

    def retract(self, record_id: str) -> None:
        step = review_pb2.RetractRecordRequest(
            request_id=str(uuid.uuid4()), record_id=record_id, rule="D2", reason="涉及个人隐私"
        )
        self.client.call(self.review.RetractRecord, step, f"{self.people}-director")
