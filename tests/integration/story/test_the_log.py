"""The verifiable log of the running stack: it passes, and one changed byte makes it fail."""

import subprocess

import pytest

from deploy.local.layout import ROOT
from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from tests.integration.dataplane.ground import until

pytestmark = pytest.mark.integration


def _verify(stack: Stack) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "bin" / "tongdang-verify"), "--url", stack.layout.log_url]
    command += ["--key", str(stack.layout.etc / "audit-log.vkey")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_changed_byte_of_an_entry_is_found(stack: Stack) -> None:
    assert _verify(stack).returncode == 0
    with admin_client(stack.layout) as admin:
        pieces = admin["audit"]["leaves"]
        piece = pieces.find_one({"_id": {"$lte": 7}}, sort=[("_id", -1)])
        assert piece is not None
        other = bytes(piece["leaves"]).replace(b"granted", b"grantee")
        assert other != piece["leaves"]
        pieces.update_one({"_id": piece["_id"]}, {"$set": {"leaves": other}})
        try:
            done = _verify(stack)
        finally:
            pieces.replace_one({"_id": piece["_id"]}, piece)
    assert done.returncode == 1, done.stdout
    assert "FAILED" in done.stdout
    assert _verify(stack).returncode == 0


def test_each_stream_is_logged_without_gap_or_double(stack: Stack) -> None:
    with admin_client(stack.layout) as admin:
        until(lambda: not admin["audit"]["held"].estimated_document_count())  # one of this moment may be on its way
        rows = admin["audit"]["entries"].find({"seq": {"$gt": 0}}, {"stream": 1, "seq": 1})
        streams: dict[str, list[int]] = {}
        for row in rows:
            streams.setdefault(row["stream"], []).append(row["seq"])
    assert {"catalog-320000/1", "auth/1"} <= set(streams)
    for stream, numbers in streams.items():
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), stream
