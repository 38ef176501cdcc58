"""Settings of auth; the only place that reads its environment."""

from pathlib import Path

from pydantic import BaseModel

from services.common.settings import GrpcServiceSettings, settings_config


class Keycloak(BaseModel):
    """The identity provider and its administrator."""

    url: str
    realm: str = "tongdang"
    admin_user: str
    admin_password_file: Path


class Keys(BaseModel):
    """32 bytes each, base64: `kek_file` wraps people's signing keys.

    `former_kek_file` still opens them while the key is being replaced: until `python -m services.auth rewrap` ran.
    """

    kek_file: Path
    former_kek_file: Path | None = None


class Portal(BaseModel):
    """The one client that signs people in."""

    client_secret_file: Path
    public_url: str


class People(BaseModel):
    """Sample people of a local stack; absent elsewhere, where people come from the registrars."""

    file: Path | None = None
    password_file: Path | None = None


class AuthSettings(GrpcServiceSettings):
    """`TONGDANG_AUTH__…`"""

    model_config = settings_config("TONGDANG_AUTH__")

    keycloak: Keycloak
    keys: Keys
    portal: Portal
    people: People = People()
