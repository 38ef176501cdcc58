"""The local MongoDB: a replica set of one, since transactions need one, and a user per service database.

`TONGDANG_LOCAL_MONGODB_URI` names a replica set of the machine's own instead, with the rights of its administrator.
"""

import os
from typing import Any
from urllib.parse import quote_plus

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from deploy.files import write_private
from deploy.local.keys import secret
from deploy.local.layout import Layout
from deploy.local.process import Process
from deploy.local.provision import EXTERNAL_MONGO, mongod
from deploy.local.waiting import Alive, until

Client = MongoClient[dict[str, Any]]
_UNAUTHORIZED, _ALREADY_INITIALISED, _USER_EXISTS = 13, 23, 51003


_EVICTION = ",".join(
    f"eviction_{kind}_{limit}={percent}"
    for kind in ("dirty", "updates")
    for limit, percent in (("target", 50), ("trigger", 75))
)
"""How much of a small cache may be changed before it is written out. At the default, 5 per cent, two thirds of mongod's
time went into writing the same pages again and again; durability is the journal's and stays as it was."""


def is_external() -> bool:
    """Whether we use a server that is not ours to start."""
    return EXTERNAL_MONGO in os.environ


def process(layout: Layout) -> Process:
    """mongod on loopback, journaled, with a small cache."""
    data = layout.data / "mongo"
    data.mkdir(parents=True, exist_ok=True)
    return Process("mongo", [mongod(layout.engines), *arguments(layout)], {}, layout.logs / "mongo.log")


def arguments(layout: Layout) -> list[str]:
    """How mongod is started."""
    return [
        *("--dbpath", str(layout.data / "mongo")),
        *("--port", str(layout.port("mongo")), "--bind_ip", layout.listens_on),
        *("--replSet", "rs0", "--keyFile", str(layout.etc / "secrets" / "mongo-keyfile")),
        *("--wiredTigerCacheSizeGB", "0.5", "--wiredTigerEngineConfigString", _EVICTION),
        *("--oplogSize", "512", "--nounixsocket", "--quiet"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        # a transaction that a killed process left open holds its documents no longer than this
        *("--setParameter", "transactionLifetimeLimitSeconds=15"),
    ]


def initialise(layout: Layout, alive: Alive, patience_s: float = 60) -> None:
    """Waits for the server; the first time makes it a replica set with its users.

    Raises: TimeoutError, ProcessEnded.
    """

    def ready() -> bool:
        try:
            return _initialise(layout)
        except PyMongoError:
            return False

    until(ready, "mongo", alive, patience_s)


def write_uris(layout: Layout) -> None:
    """A connection string for each service, in a file only its owner may read."""
    host, replica_set = _address(layout), "rs0"
    if is_external():
        told = parse_uri(os.environ[EXTERNAL_MONGO])
        host = ",".join(f"{name}:{port}" for name, port in told["nodelist"])
        replica_set = str(told["options"].get("replicaSet", replica_set))
    for service in layout.services:
        database, password = database_of(service), quote_plus(secret(layout, f"mongo-{service}"))
        uri = f"mongodb://{service}:{password}@{host}/{database}?authSource={database}&replicaSet={replica_set}"
        write_private(layout.etc / "secrets" / f"mongo-uri-{service}", uri.encode())


def database_of(service: str) -> str:
    """`catalog-320000` → `catalog_320000`."""
    return service.replace("-", "_")


def admin_client(layout: Layout) -> Client:
    """The administrator of the server."""
    if is_external():
        return MongoClient(os.environ[EXTERNAL_MONGO], serverSelectionTimeoutMS=5000)
    return MongoClient(
        _direct(layout),
        username="admin",
        password=secret(layout, "mongo-admin"),
        serverSelectionTimeoutMS=1000,
    )


def _initialise(layout: Layout) -> bool:
    stamp = layout.data / ("mongo-external-ready" if is_external() else "mongo-ready")
    if not stamp.exists() and not is_external():
        _found(layout)
    with admin_client(layout) as client:
        if not client.admin.command("hello")["isWritablePrimary"]:
            _follow_port(layout, client)
            return False
        for service in layout.services:
            if not (user := stamp.with_name(f"{stamp.name}-{service}")).exists():
                _user(client, database_of(service), service, secret(layout, f"mongo-{service}"))
                stamp.parent.mkdir(parents=True, exist_ok=True)
                user.touch()
        stamp.touch()
    return True


def _found(layout: Layout) -> None:
    """Through the localhost exception, which ends with the first user."""
    client: Client
    with MongoClient(_direct(layout), serverSelectionTimeoutMS=1000) as client:
        try:
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [_member(layout)]})
        except OperationFailure as problem:
            if problem.code not in (_ALREADY_INITIALISED, _UNAUTHORIZED):
                raise
        if not client.admin.command("hello")["isWritablePrimary"]:
            raise PyMongoError("no primary yet")
        try:
            _user(client, "admin", "admin", secret(layout, "mongo-admin"), role="root")
        except OperationFailure as problem:
            if problem.code != _UNAUTHORIZED:
                raise


def _follow_port(layout: Layout, client: Client) -> None:
    """The set remembers its member's address: after a change of port it must be told."""
    config = client.admin.command("replSetGetConfig")["config"]
    if config["members"][0]["host"] != _member(layout)["host"]:
        changed = {**config, "version": config["version"] + 1, "members": [_member(layout)]}
        client.admin.command("replSetReconfig", changed, force=True)


def _member(layout: Layout) -> dict[str, Any]:
    return {"_id": 0, "host": _address(layout)}


def _address(layout: Layout) -> str:
    return f"{layout.host('mongo')}:{layout.port('mongo')}"


def _direct(layout: Layout) -> str:
    """Through the loopback in any case: only there the first user can be made."""
    return f"mongodb://localhost:{layout.port('mongo')}/?directConnection=true"


def _user(client: Client, database: str, name: str, password: str, role: str = "readWrite") -> None:
    user: dict[str, Any] = {"pwd": password, "roles": [{"role": role, "db": database}]}
    try:
        client[database].command("createUser", name, **user)
    except OperationFailure as problem:
        if problem.code != _USER_EXISTS:
            raise
        if database != "admin":  # an external server may know an older stack's password
            client[database].command("updateUser", name, **user)
