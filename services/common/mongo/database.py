"""One service's connection to its own database: majority, journaled, times in UTC."""

import time
from datetime import UTC
from typing import Any

import structlog
from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, ExecutionTimeout, OperationFailure, PyMongoError, WTimeoutError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from services.common.domain.errors import Unavailable
from services.common.mongo.connection import MongoTls
from services.common.mongo.measured import MeasuredCommands

log = structlog.get_logger()

Document = dict[str, Any]

DURABLE = WriteConcern(w="majority", j=True)
"""What *durable* means here (promise 1)."""


_OUT_OF_DISK_SPACE = 14031


def out_of_reach(problem: BaseException) -> bool:
    """Whether the database could not be asked, or could not write: nobody's defect, and time may heal it."""
    if isinstance(problem, OperationFailure) and problem.code == _OUT_OF_DISK_SPACE:
        return True
    if isinstance(problem, PyMongoError) and problem.has_error_label("UnknownTransactionCommitResult"):
        return True
    return isinstance(problem, ConnectionFailure | ExecutionTimeout | WTimeoutError)


class MongoDatabase:
    """Owns the driver's connection pool."""

    def __init__(self, uri: str, name: str, *, tls: MongoTls | None = None, server_timeout_s: float = 5.0) -> None:
        self.name = name
        self.uri = uri  # holds the password: never logged
        self.client: MongoClient[Document] = MongoClient(
            uri,
            tz_aware=True,
            tzinfo=UTC,
            retryWrites=True,
            serverSelectionTimeoutMS=int(server_timeout_s * 1000),
            connectTimeoutMS=int(server_timeout_s * 1000),
            socketTimeoutMS=30_000,
            maxPoolSize=100,
            event_listeners=[MeasuredCommands()],
            **(tls.options() if tls else {}),
        )
        self.db: Database[Document] = self.client.get_database(
            name,
            codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
            write_concern=DURABLE,
            read_concern=ReadConcern("majority"),
        )

    def await_primary(self, patience_s: float = 60.0, nap_s: float = 0.5) -> None:
        """Until a primary answers: engine and service may start together, or the engine anew while the service starts.

        Raises: PyMongoError: none did, or one did and refused us.
        """
        give_up = time.monotonic() + patience_s
        while True:
            try:
                self.db.command("ping")
            except PyMongoError as problem:
                if not out_of_reach(problem) or time.monotonic() > give_up:
                    raise
                log.warning("database-awaited", problem=type(problem).__name__)
                time.sleep(nap_s)
            else:
                return

    def ping(self) -> None:
        """Raises: Unavailable: no primary answers."""
        try:
            self.db.command("ping")
        except PyMongoError as problem:
            raise Unavailable("database") from problem

    def close(self) -> None:
        """Closes every connection."""
        self.client.close()


class DatabaseComponent:
    """Readiness of the database, and its end."""

    name = "mongo"

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    def start(self) -> None:
        """The driver connects by itself."""

    def stop(self) -> None:
        self._database.close()

    def check(self) -> None:
        self._database.ping()
