"""Settings of a witness; the only place that reads its environment."""

from pathlib import Path

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from services.common.settings import Http, Identity, Log, Metrics, settings_config


class Keys(BaseModel):
    """`own_file`: the witness's Ed25519 key, PKCS#8 PEM. `log_file`: the verifier key of the log it watches."""

    own_file: Path
    log_file: Path


class State(BaseModel):
    """Where it remembers what it cosigned last. Losing the file means retiring the witness and its key."""

    file: Path


class WitnessSettings(BaseSettings):
    """`TONGDANG_WITNESS__…`; `identity.principal` is the name in its key and before its signatures."""

    model_config = settings_config("TONGDANG_WITNESS__")

    identity: Identity
    keys: Keys
    state: State
    http: Http
    metrics: Metrics
    log: Log = Log()
