"""Settings of a province's catalog service; the only place that reads its environment."""

from pathlib import Path

from pydantic import BaseModel

from services.catalog.domain.rules.settings import RuleSettings
from services.common.settings import GrpcServiceSettings, settings_config


class Region(BaseModel):
    """Which province this deployment serves (GB/T 2260)."""

    id: str


class Signing(BaseModel):
    """The province's Ed25519 key, PKCS#8 PEM; signs manifests."""

    key_file: Path


class Sealing(BaseModel):
    """The province's X25519 private key, 32 bytes base64; opens applicants' details."""

    key_file: Path


class Certificate(BaseModel):
    """Where a certificate's QR leads."""

    verify_url: str


class CatalogSettings(GrpcServiceSettings):
    """`TONGDANG_CATALOG__…`"""

    model_config = settings_config("TONGDANG_CATALOG__")

    region: Region
    signing: Signing
    sealing: Sealing
    certificate: Certificate
    rules: RuleSettings = RuleSettings()
    """What the law leaves open; a change is a new version of the rule table. `…RULES__RE_EVALUATION_YEARS=5`; lists as
    JSON of the whole group: `TONGDANG_CATALOG__RULES={"early_classes": [{"name": "economy", "words": ["经济"]}]}`."""
