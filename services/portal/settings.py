"""Settings of the portal; the only place that reads its environment."""

from pathlib import Path

from pydantic import BaseModel

from services.common.settings import Oidc, ServiceSettings, settings_config


class PortalOidc(Oidc):
    """The portal is the one client that signs people in."""

    client_id: str
    client_secret_file: Path
    token_url: str = ""
    """Where codes are exchanged, if the issuer's own address is for browsers alone."""


class Session(BaseModel):
    """Fernet key, 32 bytes URL-safe base64: sessions and drafts at rest."""

    key_file: Path


class Site(BaseModel):
    """How the site is reached, and what it shows of the platform."""

    public_url: str
    log_url: str
    phone: str = "400-000-0000"
    contact_email: str = "contact@tongdang.invalid"


class PortalSettings(ServiceSettings):
    """`TONGDANG_PORTAL__…`"""

    model_config = settings_config("TONGDANG_PORTAL__")

    oidc: PortalOidc
    session: Session
    site: Site
