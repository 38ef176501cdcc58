"""Settings of requests; the only place that reads its environment."""

from pydantic import BaseModel, Field

from services.common.settings import GrpcServiceSettings, settings_config


class Deadlines(BaseModel):
    """Working days granted, by kind of service. No law names them, so they are configuration (DOMAIN §10)."""

    certified_copy: int = Field(default=10, ge=1, le=250)


class RequestsSettings(GrpcServiceSettings):
    """`TONGDANG_REQUESTS__…`"""

    model_config = settings_config("TONGDANG_REQUESTS__")

    deadlines: Deadlines = Deadlines()
