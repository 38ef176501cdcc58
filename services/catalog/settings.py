"""Settings of a province's catalog service; the only place that reads its environment."""

from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from services.catalog.domain.issues import Rhythm
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


class Dump(BaseModel):
    """The dump of the open catalogue: when it is written (Asia/Shanghai), and how many are offered at a time.

    `conditions`: of use; what a province asks of whoever uses its catalogue, in both languages.
    """

    at: time = time(3, 30)
    keep: Annotated[int, Field(ge=1)] = 3
    conditions: str = (
        "本目录可自由检索、复制和再利用，请注明来源（保管馆、档号）和取得日期；其中不含档案原文。"
        "再次提供时，请删除已撤回的条目。"
    )
    conditions_en: str = (
        "This catalogue may be searched, copied and reused freely; name its source (holding archive, reference code) "
        "and the day you took it. It holds no text of records. Whoever passes it on deletes what was retracted."
    )


class CatalogSettings(GrpcServiceSettings):
    """`TONGDANG_CATALOG__…`"""

    model_config = settings_config("TONGDANG_CATALOG__")

    region: Region
    signing: Signing
    sealing: Sealing
    certificate: Certificate
    dump: Dump = Dump()
    rules: RuleSettings = RuleSettings()
    """What the law leaves open; a change is a new version of the rule table. `…RULES__RE_EVALUATION_YEARS=5`; lists as
    JSON of the whole group: `TONGDANG_CATALOG__RULES={"early_classes": [{"name": "economy", "words": ["经济"]}]}`."""
    issues: Rhythm = Rhythm()
    """When archives publish whose director set nothing else: quarterly on the 15th, from January."""
