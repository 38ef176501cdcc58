"""A small country for tests: two provinces, the requests service, real MongoDB, real processes, mutual TLS.

Only the union catalogue and the identity provider are stood in for: one gRPC servicer and one page of keys.
"""

import base64
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from nacl.public import PrivateKey

from deploy.local.pki import ensure_certificates
from deploy.local.process import Process
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds, record_id
from services.common.grpc.channel import call, secure_channel
from services.common.mongo.database import MongoDatabase
from services.common.security.sealed import seal
from services.common.settings import Tls
from tests.ports import free_port
from tongdang.catalog.v1 import delivery_pb2_grpc, desk_pb2, desk_pb2_grpc, record_pb2
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc
from tongdang.fulfilment.v1 import fulfilment_pb2_grpc
from tongdang.requests.v1 import requests_pb2, requests_pb2_grpc

ROOT = Path(__file__).parents[3]
JIANGSU, GUIZHOU = "320000", "520000"
CHANGSHU, KAILI = "a320581", "a522601"
HOLDER = {JIANGSU: CHANGSHU, GUIZHOU: KAILI}
PRINCIPALS = ["portal", "requests", "discovery", "operator", f"catalog-{JIANGSU}", f"catalog-{GUIZHOU}"]
CITIZEN, OTHER_CITIZEN, CLERK = "c" * 32, "d" * 32, "e" * 32
IDS = RandomIds()


def until(happened: Callable[[], Any], seconds: float = 30) -> Any:
    """Waits for something to become true; fails the test if it never does."""
    give_up = time.monotonic() + seconds
    while not (result := happened()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)
    return result


@dataclass
class Rig:
    """`engines`: the lead's fixture; `folder`: for keys, settings and logs."""

    engines: Any
    folder: Path
    databases: dict[str, MongoDatabase] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)
    """Region → id of its open record."""
    extra: dict[str, dict[str, str]] = field(default_factory=dict)
    """Service → environment that its process has besides its settings."""

    def __post_init__(self) -> None:
        ensure_certificates(self.folder / "tls", PRINCIPALS)
        self.realm_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.sealing = {region: PrivateKey.generate() for region in HOLDER}
        for name in ("requests", "discovery", f"catalog-{JIANGSU}", f"catalog-{GUIZHOU}"):
            self.ports |= {name: free_port(), f"{name}-http": free_port(), f"{name}-metrics": free_port()}
        (self.folder / "regions.toml").write_text(self._registry(), encoding="utf-8")

    def launch(self, name: str) -> None:
        """Starts a service without waiting for it."""
        if name not in self.databases:
            self.databases[name] = self.engines.databases.fresh(name.replace("-", "_"))
            (self.folder / f"uri-{name}").write_text(self.databases[name].uri)
        module = f"services.{name.partition('-')[0]}"
        command = [sys.executable, "-m", module, "run"]
        process = Process(
            name, command, {**self._environment(name), **self.extra.get(name, {})}, self.folder / f"{name}.log"
        )
        process.start()
        self.processes[name] = process

    def start(self, name: str) -> None:
        """Starts a service and waits until it answers."""
        self.launch(name)
        channel = secure_channel(self.address(name), self.tls("operator"))
        try:
            grpc.channel_ready_future(channel).result(timeout=40)
        except grpc.FutureTimeoutError:
            raise AssertionError((self.folder / f"{name}.log").read_text()[-3000:]) from None
        finally:
            channel.close()

    def kill(self, name: str) -> None:
        """kill -9."""
        self.processes.pop(name).kill()

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
        for database in self.databases.values():
            database.client.drop_database(database.name)
            database.close()

    def address(self, name: str) -> str:
        return f"localhost:{self.ports[name]}"

    def tls(self, principal: str) -> Tls:
        folder = self.folder / "tls"
        return Tls(
            certificate_file=folder / f"{principal}.pem",
            key_file=folder / f"{principal}.key",
            ca_file=folder / "ca.pem",
        )

    def add_record(self, region: str, code: str = "A001-WS·1985-Y-MZ-0012") -> str:
        """An open record of the region's archive, as the catalogue stores it."""
        archive = HOLDER[region]
        number = record_id(archive, code)
        self.databases[f"catalog-{region}"].db["records"].update_one(
            {"_id": number}, {"$set": record_document(region, archive, code)}, upsert=True
        )
        self.records[region] = number
        return number

    def token(self, pseudonym: str, **claims: Any) -> list[tuple[str, str]]:
        """Metadata with a live token."""
        now = datetime.now(UTC)
        body = {
            "iss": self.issuer,
            "aud": "tongdang",
            "sub": pseudonym,
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "pseudonym": pseudonym,
            "acr": "1",
            **claims,
        }
        return [("authorization", "Bearer " + jwt.encode(body, self.realm_key, "RS256", {"kid": "k1"}))]

    def citizen(self, pseudonym: str = CITIZEN, *, proof: str = "checked") -> list[tuple[str, str]]:
        return self.token(pseudonym, roles=["citizen"], region_id=GUIZHOU, proof=proof)

    def clerk(self, region: str) -> list[tuple[str, str]]:
        return self.token(CLERK, roles=["clerk"], region_id=region, archive_id=HOLDER[region])

    def channel(self, name: str, principal: str = "portal") -> grpc.Channel:
        key = f"{name} as {principal}"
        if key not in self._channels:
            self._channels[key] = secure_channel(self.address(name), self.tls(principal))
        return self._channels[key]

    @cached_property
    def _channels(self) -> dict[str, grpc.Channel]:
        return {}

    @cached_property
    def requests(self) -> requests_pb2_grpc.RequestServiceStub:
        return requests_pb2_grpc.RequestServiceStub(self.channel("requests"))

    def answers(self, principal: str) -> fulfilment_pb2_grpc.RequestingAgencyServiceStub:
        return fulfilment_pb2_grpc.RequestingAgencyServiceStub(self.channel("requests", principal))

    def desk(self, region: str) -> desk_pb2_grpc.DeskServiceStub:
        return desk_pb2_grpc.DeskServiceStub(self.channel(f"catalog-{region}"))

    def delivery(self, region: str) -> delivery_pb2_grpc.DeliveryServiceStub:
        return delivery_pb2_grpc.DeliveryServiceStub(self.channel(f"catalog-{region}"))

    def draft(self, region: str = JIANGSU, request_id: str = "") -> requests_pb2.SubmitRequestRequest:
        details = desk_pb2.ApplicantDetails(name="䶮㛃·买提", phone="13900000000", purpose="办理退休手续")
        box = seal(bytes(self.sealing[region].public_key), details.SerializeToString())
        return requests_pb2.SubmitRequestRequest(
            request_id=request_id or IDS.new(),
            record_id=self.records[region],
            sealed_applicant=box,
            confirmed_archive_id=HOLDER[region],
        )

    def submit(self, draft: requests_pb2.SubmitRequestRequest, **who: Any) -> requests_pb2.Request:
        return call(self.requests.SubmitRequest, draft, metadata=self.citizen(**who)).request

    def request(self, request_id: str) -> requests_pb2.Request:
        asked = requests_pb2.GetRequestRequest(request_id=request_id)
        return call(self.requests.GetRequest, asked, metadata=self.citizen()).request

    def reaches(self, request_id: str, state: int, seconds: float = 30) -> requests_pb2.Request:
        """Waits until the citizen sees a state."""

        def seen() -> requests_pb2.Request | None:
            request = self.request(request_id)
            return request if request.state == state else None

        return until(seen, seconds)

    def case(self, region: str, request_id: str) -> desk_pb2.Case:
        """The case of a request, from the desk's queue."""
        asked = desk_pb2.ListCasesRequest(archive_id=HOLDER[region], include_closed=True, page_size=100)
        cases = call(self.desk(region).ListCases, asked, metadata=self.clerk(region)).cases
        return next(case for case in cases if case.request_id == request_id)

    def leaves(self, name: str, **wanted: str) -> list[dict[str, Any]]:
        """Audit events of a service, as they stand in its outbox, oldest first."""
        found = []
        for row in self.databases[name].db["outbox"].find({"leaves.0": {"$exists": True}}).sort("_id", 1):
            found += [json.loads(leaf) for leaf in row["leaves"]]
        return [leaf for leaf in found if all(leaf[key] == value for key, value in wanted.items())]

    def _environment(self, name: str) -> dict[str, str]:
        prefix = f"TONGDANG_{name.partition('-')[0].upper()}__"
        tls, region = self.tls(name), name.partition("-")[2]
        values: dict[str, Any] = {
            "IDENTITY__PRINCIPAL": name,
            "GRPC__PORT": self.ports[name],
            "HTTP__PORT": self.ports[f"{name}-http"],
            "METRICS__PORT": self.ports[f"{name}-metrics"],
            "TLS__CERTIFICATE_FILE": tls.certificate_file,
            "TLS__KEY_FILE": tls.key_file,
            "TLS__CA_FILE": tls.ca_file,
            "MONGO__URI_FILE": self.folder / f"uri-{name}",
            "MONGO__DATABASE": self.databases[name].name,
            "KAFKA__BOOTSTRAP": "127.0.0.1:9",
            "GRPC__THREADS": 8,
            "OIDC__ISSUER": self.issuer,
            "OIDC__JWKS_URL": f"{self.issuer}/certs",
            "REGISTRY__FILE": self.folder / "regions.toml",
        }
        if region:
            (self.folder / f"sealing-{region}").write_bytes(base64.b64encode(bytes(self.sealing[region])))
            (self.folder / f"signing-{region}.pem").write_bytes(_ed25519())
            values |= {
                "REGION__ID": region,
                "SEALING__KEY_FILE": self.folder / f"sealing-{region}",
                "SIGNING__KEY_FILE": self.folder / f"signing-{region}.pem",
                "CERTIFICATE__VERIFY_URL": "http://localhost:8080/verify",
            }
        path = os.pathsep.join([str(ROOT), str(ROOT / "gen")])
        settings = {prefix + key: str(value) for key, value in values.items()}
        return {**settings, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore", "EVENTLET_NO_GREENDNS": "yes"}

    def _registry(self) -> str:
        text = 'version = 1\n[services]\nauth = "localhost:9"\naudit = "localhost:9"\n'
        text += f'requests = "{self.address("requests")}"\ndiscovery = "{self.address("discovery")}"\n'
        for region, archive in HOLDER.items():
            key = base64.b64encode(bytes(self.sealing[region].public_key)).decode()
            text += f"""
[[regions]]
region_id = "{region}"
name = "省{region}"
name_en = "Province {region}"
principal = "catalog-{region}"
grpc_address = "{self.address(f"catalog-{region}")}"
keys = [{{ use = "sealing", key = "{key}", valid_from = 2020-01-01, valid_until = 2099-12-31 }}]
[[regions.archives]]
archive_id = "{archive}"
name = "某县档案馆"
name_en = "County Archives"
code = "432581"
district_code = "{archive[1:]}"
address = "某县某路"
phone = "0512-00000001"
sample = true
units = []
fonds = [{{ code = "A001", name = "某县民政局" }}]
"""
        return text

    @contextmanager
    def realm(self) -> Iterator[None]:
        """Serves the realm's public keys."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.realm_key.public_key()))
        page = json.dumps({"keys": [{**key, "kid": "k1", "use": "sig", "alg": "RS256"}]}).encode()

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        self.issuer = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()

    @contextmanager
    def discovery(self) -> Iterator[None]:
        """The union catalogue, as far as requests asks it."""
        server = grpc.server(ThreadPoolExecutor(4))
        discovery_pb2_grpc.add_DiscoveryServiceServicer_to_server(_Union(self), server)
        tls = self.tls("discovery")
        pair = (tls.key_file.read_bytes(), tls.certificate_file.read_bytes())
        credentials = grpc.ssl_server_credentials([pair], tls.ca_file.read_bytes(), require_client_auth=True)
        server.add_secure_port(self.address("discovery"), credentials)
        server.start()
        try:
            yield
        finally:
            server.stop(None).wait()


class _Union(discovery_pb2_grpc.DiscoveryServiceServicer):
    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def GetEntry(  # noqa: N802 - named by the contract
        self, request: discovery_pb2.GetEntryRequest, context: Any
    ) -> discovery_pb2.GetEntryResponse:
        for region, archive in HOLDER.items():
            row = self._rig.databases[f"catalog-{region}"].db["records"].find_one({"_id": request.record_id})
            if row is not None and row["access_status"] == "open":
                entry = record_pb2.OpenEntry(
                    record_id=row["_id"],
                    region_id=region,
                    archive_id=archive,
                    reference_code=row["reference_code"],
                    title=row["title"],
                )
                return discovery_pb2.GetEntryResponse(entry=entry)
        return context.abort(grpc.StatusCode.NOT_FOUND, "no such record")


def record_document(region: str, archive: str, code: str) -> dict[str, Any]:
    """A published record, by the fields of the catalogue's schema."""
    now = SystemClock().now()
    date = {"raw": "19850607", "earliest": "1985-06-07", "latest": "1985-06-07", "precision": "day", "attested": False}
    return {
        "region_id": region,
        "archive_id": archive,
        "reference_code": code,
        "reference_code_raw": code,
        "fonds": "A001",
        "level": "item",
        "title": "关于一九八五年水利建设工作情况的报告",
        "creator": "某县民政局",
        "date": date,
        "retention_period": "永久",
        "access_status": "open",
        "security_classification": "",
        "disclosure": "",
        "pages": 3,
        "eligible_on": "2010-06-08",
        "content_hash": "0" * 64,
        "import_id": "i",
        "version": 2,
        "batch_id": None,
        "decision": None,
        "rule": None,
        "reason": None,
        "created_at": now,
        "updated_at": now,
    }


def _ed25519() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
