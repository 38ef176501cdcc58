"""MongoDB over mutual TLS, as on Kubernetes: the user is the certificate's subject, and no password exists."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.pki import ensure_certificates, new_authority, write_certificate
from deploy.local.process import Process
from deploy.local.provision import mongod
from services.common.domain.errors import Unavailable
from services.common.mongo.connection import MongoTls
from services.common.mongo.database import MongoDatabase
from tests.integration.dataplane.ground import until

pytestmark = pytest.mark.integration

PRINCIPAL = "catalog-320000"
EXTERNAL = "authSource=%24external&authMechanism=MONGODB-X509"


@dataclass
class Server:
    """A mongod that takes nobody without a certificate of its authority."""

    port: int
    folder: Path

    def tls(self, principal: str) -> MongoTls:
        return MongoTls(self.folder / f"{principal}.keystore.pem", self.folder / "ca.pem")

    def database(self, name: str = "catalog_320000", *, tls: MongoTls, host: str = "localhost") -> MongoDatabase:
        uri = f"mongodb://{host}:{self.port}/?{EXTERNAL}"
        return MongoDatabase(uri, name, tls=tls, server_timeout_s=2)


@pytest.fixture(scope="module")
def server(test_stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a user for one service, whose rights end at its own database."""
    folder = tmp_path_factory.mktemp("mongo-tls")
    ensure_certificates(folder, [PRINCIPAL, "mongo", "stranger"])
    server = Server(test_stack.layout.base_port + 90, folder)
    (folder / "data").mkdir()
    command = [
        *(mongod(test_stack.layout.engines), "--dbpath", str(folder / "data"), "--auth", "--quiet"),
        *("--port", str(server.port), "--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"),
        *("--tlsMode", "requireTLS", "--tlsCAFile", str(folder / "ca.pem")),
        *("--tlsCertificateKeyFile", str(folder / "mongo.keystore.pem")),
        *("--setParameter", "authenticationMechanisms=SCRAM-SHA-256,MONGODB-X509"),
    ]
    process = Process("mongo-tls", command, {}, folder / "mongo.log")
    process.start()
    try:
        until(lambda: _make_users(server), 60)
        yield server
    finally:
        process.stop()


def _make_users(server: Server) -> bool:
    options = server.tls("mongo").options()
    client: MongoClient[dict[str, Any]]
    try:
        with MongoClient("localhost", server.port, serverSelectionTimeoutMS=1000, **options) as client:
            client.admin.command("createUser", "admin", pwd="admin", roles=["root"])
        with MongoClient("localhost", server.port, username="admin", password="admin", **options) as client:
            roles = [{"role": "readWrite", "db": "catalog_320000"}]
            client["$external"].command("createUser", f"CN={PRINCIPAL}", roles=roles)
    except PyMongoError:
        return False
    return True


def test_a_service_is_known_by_its_certificate_and_may_write_its_own_database_alone(server: Server) -> None:
    tls = server.tls(PRINCIPAL)
    with closing(server.database(tls=tls)) as own, closing(server.database("requests", tls=tls)) as other:
        own.ping()
        own.db["records"].insert_one({"_id": "r1"})

        assert own.db["records"].count_documents({}) == 1
        with pytest.raises(OperationFailure, match="not authorized"):
            other.db["requests"].insert_one({"_id": "r1"})


def test_a_certificate_of_the_authority_without_a_user_opens_nothing(server: Server) -> None:
    assert_closed(server.database(tls=server.tls("stranger")))


def test_a_certificate_of_another_authority_is_not_let_in(server: Server, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    write_certificate(tmp_path, PRINCIPAL, new_authority(key), key)

    assert_closed(server.database(tls=MongoTls(tmp_path / f"{PRINCIPAL}.keystore.pem", server.folder / "ca.pem")))


def test_a_server_under_another_name_or_authority_is_not_spoken_to(server: Server, tmp_path: Path) -> None:
    ensure_certificates(tmp_path, [])
    own = server.tls(PRINCIPAL)

    assert_closed(server.database(tls=own, host="127.0.0.2"))
    assert_closed(server.database(tls=MongoTls(own.certificate_key_file, tmp_path / "ca.pem")))


def test_without_a_certificate_nothing_opens(server: Server) -> None:
    assert_closed(MongoDatabase(f"mongodb://localhost:{server.port}/", "catalog_320000", server_timeout_s=2))


def assert_closed(database: MongoDatabase) -> None:
    with closing(database), pytest.raises(Unavailable):
        database.ping()
