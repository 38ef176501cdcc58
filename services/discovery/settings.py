"""Settings of discovery; the only place that reads its environment."""

from pathlib import Path

from pydantic import BaseModel

from services.common.settings import GrpcServiceSettings, settings_config


class Index(BaseModel):
    """Where the index lies. It can be deleted at any time: Kafka rebuilds it."""

    dir: Path


class DiscoverySettings(GrpcServiceSettings):
    """`TONGDANG_DISCOVERY__…`"""

    model_config = settings_config("TONGDANG_DISCOVERY__")

    index: Index
