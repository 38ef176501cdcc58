"""Secrets and signing keys of one local stack, made once and kept in files only their owner may read."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import tomli_w
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from nacl.public import PrivateKey

from deploy.files import write_private, write_public
from deploy.local.layout import LOG_ORIGIN, WITNESSES, Layout
from deploy.local.pki import ensure_certificates
from deploy.local.registry import write_registry
from deploy.provinces.catalogue import people_of
from services.common.domain.registry import PublicKey

_VALID_YEARS = 10
PASSWORDS = ("mongo-admin", "keycloak-admin", "portal-client", "people")


def materialise(layout: Layout) -> None:
    """Makes what is missing under `etc/` and renders the registry; never changes what is there."""
    etc = layout.etc
    ensure_certificates(etc / "tls", [*layout.services, "operator", "kafka"])
    for name in (*PASSWORDS, *(f"mongo-{service}" for service in layout.services)):
        _once(etc / "secrets" / name, lambda: secrets.token_urlsafe(18).encode())
    _once(etc / "secrets" / "mongo-keyfile", lambda: base64.b64encode(secrets.token_bytes(96)))
    _once(etc / "secrets" / "kek", _random_key)
    _once(etc / "secrets" / "backup", _random_key)
    _once(etc / "secrets" / "portal-session", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)))
    _once(etc / "secrets" / "audit-log.pem", _ed25519)
    for region in layout.regions:
        _once(etc / "secrets" / f"signing-{region}.pem", _ed25519)
        _once(etc / "secrets" / f"sealing-{region}", _random_key)
    for witness in WITNESSES:
        _once(etc / "secrets" / f"{witness}.pem", _ed25519)
        (layout.data / witness).mkdir(parents=True, exist_ok=True)
    (etc / "witnesses").write_text(_witnesses(layout), encoding="utf-8")
    (etc / "audit-log.vkey").write_text(verifier_key(LOG_ORIGIN, _public(layout, "audit-log.pem")) + "\n")
    write_registry(layout, {region: _provincial(layout, region) for region in layout.regions})
    write_public(etc / "people.toml", tomli_w.dumps({"people": people_of(layout.regions)}))


def secret(layout: Layout, name: str) -> str:
    """A secret's text."""
    return (layout.etc / "secrets" / name).read_text().strip()


def verifier_key(name: str, public_key: bytes, kind: bytes = b"\x01") -> str:
    """A public key as C2SP signed-note writes it: `<name>+<hash>+<base64>`; kind 1 signs a log, 4 cosigns it."""
    typed = kind + public_key
    digest = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    return f"{name}+{digest.hex()}+{base64.b64encode(typed).decode()}"


def _witnesses(layout: Layout) -> str:
    """A line for each: where it is, and its key."""
    keys = {name: verifier_key(name, _public(layout, f"{name}.pem"), b"\x04") for name in WITNESSES}
    return "".join(f"http://{layout.host(name)}:{layout.http_port(name)} {key}\n" for name, key in keys.items())


def _public(layout: Layout, name: str) -> bytes:
    key = serialization.load_pem_private_key(secret(layout, name).encode(), None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    return key.public_key().public_bytes_raw()


def _provincial(layout: Layout, region: str) -> list[PublicKey]:
    """A province's two public keys, valid from the day before they were made."""
    sealing = PrivateKey(base64.b64decode(secret(layout, f"sealing-{region}"))).public_key
    public = {
        "signing": (f"signing-{region}.pem", _public(layout, f"signing-{region}.pem")),
        "sealing": (f"sealing-{region}", bytes(sealing)),
    }
    found = []
    for use, (name, key) in public.items():
        made = datetime.fromtimestamp((layout.etc / "secrets" / name).stat().st_mtime, UTC).date()
        found.append(PublicKey(use, key, made - timedelta(days=1), date(made.year + _VALID_YEARS, 12, 31)))
    return found


def _once(path: Path, make: Callable[[], bytes]) -> None:
    if not path.exists():
        write_private(path, make())


def _random_key() -> bytes:
    return base64.b64encode(secrets.token_bytes(32))


def _ed25519() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
