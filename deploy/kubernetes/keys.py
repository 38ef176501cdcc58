"""The keys of an installation, made once into a folder of its own, and which Secret each of them goes to.

The folder is outside of the repository. Who loses it cannot go on with the log, read backups, or open what applicants
sealed (docs/operations.md).
"""

import base64
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from deploy.kubernetes.workloads import WITNESS, WITNESS_PRINCIPALS, Workload, workloads
from deploy.kubernetes.zones import GOVERNMENT


@dataclass(frozen=True)
class KeySecret:
    """A Secret: file in it → key in the folder. `fixed`: entries that are no secret."""

    namespace: str
    name: str
    files: Mapping[str, str]
    fixed: Mapping[str, str]


_SHARED: Mapping[str, Mapping[str, str]] = {
    "requests": {},
    "discovery": {},
    "auth": {"kek": "kek", "portal-client": "portal-client"},
    "audit": {"audit-log.pem": "audit-log.pem"},
    "portal": {"portal-client": "portal-client", "portal-session": "portal-session"},
}


def key_secrets(codes: Sequence[str]) -> list[KeySecret]:
    """All Secrets that are made from keys; the others come from operators."""
    witnesses = {f"{name}.pem": f"{name}.pem" for name in WITNESS_PRINCIPALS}
    return [
        *(KeySecret(row.namespace, f"{row.name}-keys", _files(row), {}) for row in workloads(codes)),
        KeySecret(GOVERNMENT, "keycloak-admin", {"password": "keycloak-admin"}, {"username": "admin"}),
        KeySecret(WITNESS.namespace, f"{WITNESS.name}-keys", witnesses, {}),
    ]


def ensure(folder: Path, codes: Sequence[str]) -> None:
    """Makes what is missing; never changes what is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in {key for secret in key_secrets(codes) for key in secret.files.values()}:
        place(folder / name, _maker(name)())


def place(path: Path, content: bytes, *, over: bool = False) -> None:
    """Whole or not at all, its owner's alone. What is there stays unless `over`: half a key would stay for ever."""
    if path.exists() and not over:
        return
    with tempfile.NamedTemporaryFile(dir=path.parent) as file:  # made with mode 0600
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        if over:
            path.unlink(missing_ok=True)
        with suppress(FileExistsError):  # somebody else was first
            os.link(file.name, path)


def signing_public(folder: Path, name: str) -> bytes:
    """The public half of an Ed25519 key, 32 bytes."""
    key = serialization.load_pem_private_key((folder / name).read_bytes(), None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    return key.public_key().public_bytes_raw()


def _files(workload: Workload) -> dict[str, str]:
    backup = {"backup": "backup"} if workload.is_backed_up else {}
    if not workload.region:
        return {**_SHARED[workload.name], **backup}
    own = {"signing.pem": f"signing-{workload.region}.pem", "sealing": f"sealing-{workload.region}"}
    return {**own, **backup}


def _maker(name: str) -> Callable[[], bytes]:
    if name.endswith(".pem"):
        return _ed25519
    return _PASSWORDS.get(name, _random)


def _random() -> bytes:
    return base64.b64encode(secrets.token_bytes(32))


def _password() -> bytes:
    return secrets.token_urlsafe(24).encode()


def _fernet() -> bytes:
    return base64.urlsafe_b64encode(secrets.token_bytes(32))


def _ed25519() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


_PASSWORDS = {"portal-client": _password, "keycloak-admin": _password, "portal-session": _fernet}
