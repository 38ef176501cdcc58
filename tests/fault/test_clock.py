"""A clock jumps ahead and back: what was promised meanwhile is kept, and waits for no future that is over."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.common.grpc.channel import call
from tests.integration.requests.rig import GUIZHOU, IDS, JIANGSU, Rig, until
from tongdang.catalog.v1 import desk_pb2
from tongdang.requests.v1 import requests_pb2

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]
_HOLDER = f"catalog-{JIANGSU}"
_LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
_AHEAD = "+4m"
"""Less than a token lives, far more than any wait between two tries."""


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """The file that the province's processes take their offset from, as they run."""
    if _LIBRARY is None or shutil.which("faketime") is None:
        pytest.skip("faketime is missing; on Debian: apt-get install faketime")
    path = tmp_path / "clock"
    path.write_text("+0")
    return path


@pytest.fixture
def rig(engines: Any, tmp_path: Path, clock: Path) -> Iterator[Rig]:
    rig = Rig(engines, tmp_path)
    rig.extra[_HOLDER] = {
        "LD_PRELOAD": str(_LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with rig.realm(), rig.discovery():
        try:
            for name in (f"catalog-{GUIZHOU}", _HOLDER, "requests"):
                rig.start(name)
            rig.add_record(JIANGSU)
            yield rig
        finally:
            rig.stop()


def test_a_letter_written_while_the_clock_ran_ahead_does_not_wait_for_that_time(rig: Rig, clock: Path) -> None:
    request = rig.submit(rig.draft())
    rig.reaches(request.request_id, requests_pb2.REQUEST_STATE_RECEIVED)
    rig.kill("requests")
    case_id = rig.case(JIANGSU, request.request_id).case_id
    clock.write_text(_AHEAD)
    accept = desk_pb2.AcceptCaseRequest(request_id=IDS.new(), case_id=case_id)
    accepted = call(rig.desk(JIANGSU).AcceptCase, accept, metadata=rig.clerk(JIANGSU)).case
    letters = rig.databases[_HOLDER].db["letters"]
    until(lambda: letters.find_one({"state": "waiting", "attempts": {"$gte": 1}}), 60)
    clock.write_text("+0")
    rig.start("requests")
    rig.reaches(request.request_id, requests_pb2.REQUEST_STATE_ACCEPTED, 60)
    again = call(rig.desk(JIANGSU).AcceptCase, accept, metadata=rig.clerk(JIANGSU)).case
    assert again == accepted
    answers = rig.leaves("requests", correlation_uid=request.request_id, activity_name="request.answer")
    told = [leaf["unmapped"]["status"] for leaf in answers if leaf["unmapped"]]
    assert told == ["RequestReceived", "ExpectToSupply"]
