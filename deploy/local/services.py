"""How each service is started: its module and its environment, in one table."""

import os
import subprocess
import sys

from deploy.local.layout import LOG_ORIGIN, ROOT, WITNESSES, Layout
from deploy.local.process import Process


def module_of(service: str) -> str:
    """`catalog-320000` → `services.catalog`."""
    return "services.audit.witness" if service in WITNESSES else f"services.{service.partition('-')[0]}"


def process(layout: Layout, service: str, command: str = "run") -> Process:
    """A service as the local stack runs it: migrate, then serve."""
    arguments = [sys.executable, "-m", module_of(service), command]
    log = layout.logs / (f"{service}.log" if command == "run" else f"{service}-{command}.log")
    return Process(service, arguments, environment(layout, service), log)


def command(layout: Layout, service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `python -m services.x ARGUMENT …` to its end; answers on standard output, its log on standard error."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TONGDANG_")}
    return subprocess.run(
        [sys.executable, "-m", module_of(service), *arguments],
        env={**inherited, **environment(layout, service)},
        capture_output=True,
        text=True,
        check=False,
    )


def environment(layout: Layout, service: str) -> dict[str, str]:
    """All settings of one service; secrets by file only."""
    prefix = f"TONGDANG_{service.partition('-')[0].upper()}__"
    values = _witness(layout, service) if service in WITNESSES else _common(layout, service) | _special(layout, service)
    return {
        **{prefix + key: str(value) for key, value in values.items()},
        "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "",  # empty is off: compiled modules make the next start a second quicker
        "EVENTLET_NO_GREENDNS": "yes",  # nothing is monkey-patched, so its resolver would only cost time to import
    }


def _common(layout: Layout, service: str) -> dict[str, object]:
    tls, secrets = layout.etc / "tls", layout.etc / "secrets"
    realm, inside = (f"{url}/realms/tongdang" for url in (layout.keycloak_url, layout.keycloak_inside_url))
    values: dict[str, object] = {
        "IDENTITY__PRINCIPAL": service,
        **_ports(layout, service),
        "TLS__CERTIFICATE_FILE": tls / f"{service}.pem",
        "TLS__KEY_FILE": tls / f"{service}.key",
        "TLS__CA_FILE": tls / "ca.pem",
        "MONGO__URI_FILE": secrets / f"mongo-uri-{service}",
        "MONGO__DATABASE": service.replace("-", "_"),
        "KAFKA__BOOTSTRAP": layout.kafka_bootstrap,
        "OIDC__ISSUER": realm,
        "OIDC__AUDIENCE": "tongdang",
        "OIDC__JWKS_URL": f"{inside}/protocol/openid-connect/certs",
        "REGISTRY__FILE": layout.etc / "regions.toml",
        "TRACING__ENDPOINT": layout.tracing,
    }
    if service != "portal":  # which nobody backs up; the key that opens all backups is not for the public zone
        values |= {"BACKUP__KEY_FILE": secrets / "backup"}
        values |= {"GRPC__HOST": layout.listens_on, "GRPC__PORT": layout.grpc_port(service)}
    return values


def _ports(layout: Layout, name: str) -> dict[str, object]:
    return {
        "HTTP__HOST": layout.listens_on,
        "HTTP__PORT": layout.http_port(name),
        "METRICS__HOST": layout.listens_on,
        "METRICS__PORT": layout.metrics_port(name),
    }


def _witness(layout: Layout, name: str) -> dict[str, object]:
    """Nothing of the platform's but the log's public key."""
    return {
        "IDENTITY__PRINCIPAL": name,
        **_ports(layout, name),
        "KEYS__OWN_FILE": layout.etc / "secrets" / f"{name}.pem",
        "KEYS__LOG_FILE": layout.etc / "audit-log.vkey",
        "STATE__FILE": layout.data / name / "cosigned.json",
    }


def _special(layout: Layout, service: str) -> dict[str, object]:
    secrets = layout.etc / "secrets"
    kind, _, region = service.partition("-")
    match kind:
        case "catalog":
            return {
                "REGION__ID": region,
                "SIGNING__KEY_FILE": secrets / f"signing-{region}.pem",
                "SEALING__KEY_FILE": secrets / f"sealing-{region}",
                "CERTIFICATE__VERIFY_URL": f"{layout.portal_url}/verify",
            }
        case "audit":
            return {
                "TLOG__ORIGIN": LOG_ORIGIN,
                "TLOG__KEY_FILE": secrets / "audit-log.pem",
                "WITNESSES__FILE": layout.etc / "witnesses",
            }
        case "discovery":
            return {"INDEX__DIR": layout.data / "index"}
        case "auth":
            return {
                "KEYCLOAK__URL": layout.keycloak_inside_url,
                "KEYCLOAK__REALM": "tongdang",
                "KEYCLOAK__ADMIN_USER": "admin",
                "KEYCLOAK__ADMIN_PASSWORD_FILE": secrets / "keycloak-admin",
                "KEYS__KEK_FILE": secrets / "kek",
                "PORTAL__CLIENT_SECRET_FILE": secrets / "portal-client",
                "PORTAL__PUBLIC_URL": layout.portal_url,
                "PEOPLE__FILE": layout.etc / "people.toml",
                "PEOPLE__PASSWORD_FILE": secrets / "people",
            }
        case "portal":
            return {
                "OIDC__CLIENT_ID": "portal",
                "OIDC__CLIENT_SECRET_FILE": secrets / "portal-client",
                "OIDC__TOKEN_URL": f"{layout.keycloak_inside_url}/realms/tongdang/protocol/openid-connect/token",
                "SESSION__KEY_FILE": secrets / "portal-session",
                "SITE__PUBLIC_URL": layout.portal_url,
                "SITE__LOG_URL": layout.log_url,
            }
    return {}
