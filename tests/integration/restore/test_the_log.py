"""The audit service's database is destroyed; an older backup and Kafka make the same log of it, and it goes on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.client import LocalClient
from deploy.local.layout import ROOT
from deploy.local.mongo import admin_client
from deploy.local.services import command
from deploy.local.stack import Stack
from tests.integration.dataplane.ground import until
from tongdang.catalog.v1 import review_pb2, review_pb2_grpc

pytestmark = pytest.mark.integration


_NOT_CHECKED = 2
"""The log is replayed before it is served again."""


def _verified(stack: Stack, state: Path) -> int:
    """The size that an outsider verified, consistent with what it saw before; 0 while the log serves nothing."""
    layout = stack.layout
    told = subprocess.run(
        [sys.executable, "-m", "services.audit.verifier", "--url", layout.log_url,
         "--key", str(layout.etc / "audit-log.vkey"), "--state", str(state)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode in (0, _NOT_CHECKED), told.stdout + told.stderr
    if told.returncode == _NOT_CHECKED:
        return 0
    size = re.search(r"Verified: (\d+) entries", told.stdout)
    assert size is not None
    return int(size.group(1))


def test_an_older_backup_grows_into_the_published_log(stack: Stack, client: LocalClient, tmp_path: Path) -> None:
    backup, state = tmp_path / "audit.backup", tmp_path / "state"
    before = _verified(stack, state)
    done = command(stack.layout, "audit", "backup", str(backup))
    assert done.returncode == 0, done.stderr
    review = review_pb2_grpc.ReviewServiceStub(client.channel("catalog-320000"))  # type: ignore[no-untyped-call]
    for _ in range(30):
        client.call(review.ListRecords, review_pb2.ListRecordsRequest(archive_id="a320581"), "js-reviewer")
    until(lambda: _verified(stack, state) >= before + 30, 60)
    published = _verified(stack, state)
    stack.kill("audit")
    with admin_client(stack.layout) as admin:
        admin.drop_database("audit")

    restored = command(stack.layout, "audit", "restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    stack.start_service("audit")
    stack.wait_ready("audit")
    until(lambda: _verified(stack, state) >= published, 60)
    with admin_client(stack.layout) as admin:
        entries = admin["audit"]["entries"]
        until(lambda: entries.find_one({"action": "stream.open", "object_id": "audit/2"}), 60)
        assert entries.find_one({"stream": "audit-log"}) is None, "no gap, no equivocation"
    client.call(review.ListRecords, review_pb2.ListRecordsRequest(archive_id="a320581"), "js-reviewer")
    until(lambda: _verified(stack, state) > published, 60)
