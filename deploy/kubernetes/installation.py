"""What an installation has and the repository has not: its keys as Secrets, the registry with their public halves."""

import base64
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from nacl.public import PrivateKey

from deploy.kubernetes.document import Document, object_
from deploy.kubernetes.keys import ensure, key_secrets, place, signing_public
from deploy.kubernetes.site import Site
from deploy.kubernetes.workloads import GRPC, HTTP, WITNESS, WITNESS_PRINCIPALS, workloads
from deploy.kubernetes.zones import GOVERNMENT
from deploy.local.keys import verifier_key
from deploy.provinces.registry import registry_text
from services.common.domain.registry import PublicKey, load_registry

_VALID_YEARS = 10
_COSIGNATURE = b"\x04"
REGISTRY, WITNESS_LIST, LOG_KEY = "regions.toml", "witnesses", "audit-log.vkey"


def manifests(folder: Path, codes: Sequence[str], site: Site, today: date) -> list[Document]:
    """Secrets and ConfigMaps to apply. Makes missing keys; `witnesses` is written once and then the operator's.

    Args: today: from the day before, keys that the registry did not know yet are valid.
    """
    ensure(folder, codes)
    _write_registry(folder, codes, today)
    log_key = verifier_key(site.log_origin, signing_public(folder, "audit-log.pem"))
    place(folder / LOG_KEY, f"{log_key}\n".encode(), over=True)
    place(folder / WITNESS_LIST, _witnesses(folder).encode())
    secrets = [
        object_("v1", "Secret", row.name, row.namespace, type="Opaque",
                data={file: _encoded((folder / key).read_bytes()) for file, key in row.files.items()}
                | {file: _encoded(text.encode()) for file, text in row.fixed.items()})
        for row in key_secrets(codes)
    ]  # fmt: skip
    return [*secrets, *(_config(folder, namespace, name, file) for namespace, name, file in config_maps(codes))]


def config_maps(codes: Sequence[str]) -> list[tuple[str, str, str]]:
    """Namespace, name, file."""
    namespaces = dict.fromkeys(row.namespace for row in workloads(codes))
    return [
        *((namespace, "registry", REGISTRY) for namespace in namespaces),
        (GOVERNMENT, "witnesses", WITNESS_LIST),
        (WITNESS.namespace, "audit-log", LOG_KEY),
    ]


def addresses(codes: Sequence[str]) -> dict[str, str]:
    """Principal → gRPC address, as its certificate names it."""
    return {row.principal: f"{row.host}:{GRPC}" for row in workloads(codes) if row.serves_grpc}


def _write_registry(folder: Path, codes: Sequence[str], today: date) -> None:
    """A key that was announced keeps its days; the version rises when something else is said."""
    file = folder / REGISTRY
    former = load_registry(file) if file.exists() else None
    announced = {key.key: key for region in former.regions for key in region.keys} if former else {}
    keys = {code: [announced.get(key.key, key) for key in _public(folder, code, today)] for code in codes}

    def text(version: int) -> str:
        return registry_text(codes, version=version, addresses=addresses(codes), keys=keys)

    if former is None:
        place(file, text(1).encode())
    elif file.read_text(encoding="utf-8") != text(former.version):
        place(file, text(former.version + 1).encode(), over=True)


def _public(folder: Path, code: str, today: date) -> list[PublicKey]:
    sealing = PrivateKey(base64.b64decode((folder / f"sealing-{code}").read_bytes())).public_key
    halves = {"signing": signing_public(folder, f"signing-{code}.pem"), "sealing": bytes(sealing)}
    days = today - timedelta(days=1), date(today.year + _VALID_YEARS, 12, 31)
    return [PublicKey(use, key, *days) for use, key in halves.items()]


def _witnesses(folder: Path) -> str:
    """Those of the component, a line for each: where it is, and its key."""
    lines = []
    for name in WITNESS_PRINCIPALS:
        key = verifier_key(name, signing_public(folder, f"{name}.pem"), _COSIGNATURE)
        lines.append(f"http://{name}.{WITNESS.name}.{WITNESS.namespace}.svc:{HTTP} {key}\n")
    return "".join(lines)


def _config(folder: Path, namespace: str, name: str, file: str) -> Document:
    return object_("v1", "ConfigMap", name, namespace, data={file: (folder / file).read_text(encoding="utf-8")})


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
