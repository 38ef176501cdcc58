"""A certificate that has ended: peers refuse it, a metric tells, nothing is lost, and a new one is all it takes."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from deploy.files import write_private
from deploy.local.pki import new_authority, write_certificate
from services.common.domain.errors import TongdangError
from services.common.grpc.channel import call, secure_channel
from tests.integration.requests.rig import GUIZHOU, JIANGSU, PRINCIPALS, Rig, until
from tongdang.requests.v1 import requests_pb2, requests_pb2_grpc

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]
_LONG = timedelta(days=30)
_ENDED = timedelta(minutes=-30)
_HOLDER = f"catalog-{JIANGSU}"


@dataclass
class Authority:
    """Whom everybody in the rig trusts."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.certificate = new_authority(self.key)
        write_private(self.folder / "ca.pem", self.certificate.public_bytes(Encoding.PEM))

    def issue(self, principal: str, valid: timedelta = _LONG) -> None:
        """A new certificate in the principal's files; whoever runs goes on with what it has read."""
        write_certificate(self.folder, principal, self.certificate, self.key, valid)


@pytest.fixture
def rig(engines: Any, tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(engines, tmp_path)
    with rig.realm():
        try:
            yield rig
        finally:
            rig.stop()


@pytest.fixture
def authority(rig: Rig) -> Authority:
    authority = Authority(rig.folder / "tls")
    for principal in PRINCIPALS:
        authority.issue(principal)
    return authority


def expiry(rig: Rig, name: str) -> float | None:
    """End of the service's own certificate, in seconds since 1970, as its metric tells; None while it is starting."""
    try:
        page = httpx.get(f"http://127.0.0.1:{rig.ports[f'{name}-metrics']}/metrics").text
    except httpx.HTTPError:
        return None
    found = re.findall(r"^tongdang_certificate_expiry_timestamp_seconds\{.*\} (\S+)$", page, re.MULTILINE)
    return min(map(float, found), default=None)


def refused(rig: Rig, principal: str) -> str:
    """What a call over a new connection is answered with."""
    requests = requests_pb2_grpc.RequestServiceStub(secure_channel(rig.address("requests"), rig.tls(principal)))  # type: ignore[no-untyped-call]
    with pytest.raises(TongdangError) as caught:
        call(requests.ListRequests, requests_pb2.ListRequestsRequest(), metadata=rig.citizen())
    return caught.value.code


def test_letters_wait_while_a_certificate_has_ended_and_go_out_under_the_next(rig: Rig, authority: Authority) -> None:
    with rig.discovery():
        rig.start(_HOLDER)
        rig.start(f"catalog-{GUIZHOU}")
        rig.start("requests")
        rig.add_record(JIANGSU)
        rig.kill(_HOLDER)
        request = rig.submit(rig.draft())
        rig.kill("requests")

        authority.issue("requests", _ENDED)
        rig.launch("requests")
        assert until(lambda: expiry(rig, "requests"), 60) < time.time()
        rig.start(_HOLDER)
        letters = rig.databases["requests"].db["letters"]
        tried = {"conversation": {"$exists": True}, "attempts": {"$gte": 1}}
        assert until(lambda: letters.find_one(tried), 60)["state"] == "waiting", "not parked: time heals it"
        assert refused(rig, "portal") == "UNAVAILABLE"
        rig.kill("requests")

        authority.issue("requests")
        rig.start("requests")
        assert (until(lambda: expiry(rig, "requests"), 60)) > time.time()
        rig.reaches(request.request_id, requests_pb2.REQUEST_STATE_RECEIVED, 60)


def test_a_caller_whose_certificate_has_ended_is_refused_until_it_has_the_next(rig: Rig, authority: Authority) -> None:
    with rig.discovery():
        rig.start(f"catalog-{GUIZHOU}")
        rig.start(_HOLDER)
        rig.start("requests")
        rig.add_record(JIANGSU)
        authority.issue("portal", _ENDED)
        assert refused(rig, "portal") == "UNAVAILABLE", "the connection is not made"
        authority.issue("portal")
        rig.submit(rig.draft())
