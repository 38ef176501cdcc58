"""The groups of settings every service has. Names: `TONGDANG_<SERVICE>__<GROUP>__<FIELD>`, secrets as `…_FILE`."""

import base64
from pathlib import Path

from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.common.kafka.connection import KafkaConnection
from services.common.mongo.connection import MongoTls


class Identity(BaseModel):
    """Which deployment this is."""

    principal: str


class Grpc(BaseModel):
    """The gRPC port."""

    host: str = "127.0.0.1"
    port: int
    threads: int = 32


class Http(BaseModel):
    """The small HTTP port: health and public reads."""

    host: str = "127.0.0.1"
    port: int


class Metrics(BaseModel):
    """Where Prometheus reads; a port of its own, so that whatever makes the others public leaves this one alone."""

    host: str = "127.0.0.1"
    port: int


class Tls(BaseModel):
    """Certificate (CN = principal), its key, and the authority both sides trust; PEM."""

    certificate_file: Path
    key_file: Path
    ca_file: Path


class Mongo(BaseModel):
    """The service's own database.

    `certificate_key_file`: the certificate of `Tls` and its key in one PEM file, as the driver wants them. With it the
    connection is mutual TLS, and the user may be the certificate's subject (`authMechanism=MONGODB-X509`).
    """

    uri_file: Path
    database: str
    certificate_key_file: Path | None = None


class Kafka(BaseModel):
    """Brokers; the certificate of `Tls` is used."""

    bootstrap: str


class Oidc(BaseModel):
    """Whose access tokens are believed."""

    issuer: str
    audience: str = "tongdang"
    jwks_url: str


class RegistryFile(BaseModel):
    """The registry of regions."""

    file: Path


class Backup(BaseModel):
    """The key that backups are encrypted with, 32 bytes base64; it has to outlive the machine."""

    key_file: Path


class Tracing(BaseModel):
    """Where spans go, e.g. `http://collector:4318` (OTLP over HTTP); empty: nowhere. `ratio`: share of traces kept."""

    endpoint: str = ""
    ratio: float = 1.0


class Log(BaseModel):
    """Verbosity of our own logs."""

    level: str = "INFO"


class ServiceSettings(BaseSettings):
    """What every service reads."""

    identity: Identity
    tls: Tls
    mongo: Mongo
    kafka: Kafka
    oidc: Oidc
    registry: RegistryFile
    http: Http
    metrics: Metrics
    log: Log = Log()
    tracing: Tracing = Tracing()
    backup: Backup | None = None
    """Wanted by the commands `backup` and `restore` alone."""

    def kafka_connection(self) -> KafkaConnection:
        """Kafka with this service's certificate."""
        tls = self.tls
        return KafkaConnection(self.kafka.bootstrap, tls.certificate_file, tls.key_file, tls.ca_file)

    def mongo_uri(self) -> str:
        """The connection string, with its password."""
        return read_secret(self.mongo.uri_file)

    def mongo_tls(self) -> MongoTls | None:
        """None where the connection is plain, as on one machine."""
        own = self.mongo.certificate_key_file
        return MongoTls(own, self.tls.ca_file) if own else None


class GrpcServiceSettings(ServiceSettings):
    """Settings of a service with a gRPC port."""

    grpc: Grpc


def settings_config(prefix: str) -> SettingsConfigDict:
    """Environment only, nested by double underscores; an unknown variable of ours is a mistake."""
    return SettingsConfigDict(env_prefix=prefix, env_nested_delimiter="__", extra="ignore", frozen=True)


def read_secret(path: Path) -> str:
    """A secret from its mounted file, without the trailing newline."""
    return path.read_text(encoding="utf-8").strip()


def read_key(path: Path) -> bytes:
    """32 bytes stored as base64."""
    key = base64.b64decode(read_secret(path), validate=True)
    if len(key) != 32:
        raise ValueError(f"{path.name} holds {len(key)} bytes, expected 32")
    return key
