"""Settings of audit; the only place that reads its environment."""

from pathlib import Path

from pydantic import BaseModel

from services.common.settings import GrpcServiceSettings, settings_config


class Tlog(BaseModel):
    """The log's name (first line of each checkpoint) and its Ed25519 key, PKCS#8 PEM."""

    origin: str
    key_file: Path


class Witnesses(BaseModel):
    """Who cosigns checkpoints; without a file nobody does.

    `file`: a line for each witness, its URL and its verifier key. `quorum`: so many of them make a checkpoint cosigned.
    """

    file: Path | None = None
    quorum: int = 2


class AuditSettings(GrpcServiceSettings):
    """`TONGDANG_AUDIT__…`"""

    model_config = settings_config("TONGDANG_AUDIT__")

    tlog: Tlog
    witnesses: Witnesses = Witnesses()
