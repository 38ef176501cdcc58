"""The environment of each workload: the settings classes' names, the paths where a pod finds its files."""

from deploy.kubernetes.site import Site
from deploy.kubernetes.workloads import GRPC, HTTP, METRICS, Workload
from deploy.kubernetes.zones import EXCHANGE, GOVERNMENT

ETC = "/etc/tongdang"
TLS, KEYS, REGISTRY, DATABASE, KEYCLOAK, WITNESS_LIST = (
    f"{ETC}/{folder}" for folder in ("tls", "keys", "registry", "mongodb", "keycloak", "witnesses")
)
STATE = "/var/lib/tongdang"
ANYWHERE = "0.0.0.0"  # noqa: S104 - of a pod: its network policy says who comes
KAFKA = f"kafka-kafka-bootstrap.{EXCHANGE}.svc:9093"
IDENTITY = f"https://keycloak-service.{GOVERNMENT}.svc:8443"
_REALM = "realms/tongdang"


def environment(workload: Workload, site: Site) -> dict[str, str]:
    """Variable → value; secrets by file only."""
    values = (_witness() if workload.name == "witness" else _common(workload, site)) | _special(workload, site)
    prefix = str(workload.settings.model_config["env_prefix"])
    return {prefix + key: value for key, value in values.items()}


def _ports() -> dict[str, str]:
    return {
        "HTTP__HOST": ANYWHERE,
        "HTTP__PORT": str(HTTP),
        "METRICS__HOST": ANYWHERE,
        "METRICS__PORT": str(METRICS),
    }


def _common(workload: Workload, site: Site) -> dict[str, str]:
    values = {
        "IDENTITY__PRINCIPAL": workload.principal,
        **_ports(),
        "TLS__CERTIFICATE_FILE": f"{TLS}/tls.crt",
        "TLS__KEY_FILE": f"{TLS}/tls.key",
        "TLS__CA_FILE": f"{TLS}/ca.crt",
        "MONGO__URI_FILE": f"{DATABASE}/uri",
        "MONGO__DATABASE": workload.database,
        "MONGO__CERTIFICATE_KEY_FILE": f"{TLS}/tls-combined.pem",
        "KAFKA__BOOTSTRAP": KAFKA,
        "OIDC__ISSUER": f"https://{site.identity_host}/{_REALM}",
        "OIDC__JWKS_URL": f"{IDENTITY}/{_REALM}/protocol/openid-connect/certs",
        "REGISTRY__FILE": f"{REGISTRY}/regions.toml",
    }
    if workload.serves_grpc:
        values |= {"GRPC__HOST": ANYWHERE, "GRPC__PORT": str(GRPC)}
    if workload.is_backed_up:
        values["BACKUP__KEY_FILE"] = f"{KEYS}/backup"
    return values


def _witness() -> dict[str, str]:
    """Its name and own key are each pod's, so the manifest sets them."""
    return {**_ports(), "KEYS__LOG_FILE": f"{ETC}/log/audit-log.vkey", "STATE__FILE": f"{STATE}/cosigned.json"}


def _special(workload: Workload, site: Site) -> dict[str, str]:
    match workload.name:
        case "catalog":
            return {
                "REGION__ID": workload.region,
                "SIGNING__KEY_FILE": f"{KEYS}/signing.pem",
                "SEALING__KEY_FILE": f"{KEYS}/sealing",
                "CERTIFICATE__VERIFY_URL": f"{site.portal_url}/verify",
            }
        case "audit":
            return {
                "TLOG__ORIGIN": site.log_origin,
                "TLOG__KEY_FILE": f"{KEYS}/audit-log.pem",
                "WITNESSES__FILE": f"{WITNESS_LIST}/witnesses",
            }
        case "discovery":
            return {"INDEX__DIR": f"{STATE}/index"}
        case "auth":
            return {
                "KEYCLOAK__URL": IDENTITY,
                "KEYCLOAK__ADMIN_USER": "admin",
                "KEYCLOAK__ADMIN_PASSWORD_FILE": f"{KEYCLOAK}/password",
                "KEYS__KEK_FILE": f"{KEYS}/kek",
                "PORTAL__CLIENT_SECRET_FILE": f"{KEYS}/portal-client",
                "PORTAL__PUBLIC_URL": site.portal_url,
            }
        case "portal":
            return {
                "OIDC__CLIENT_ID": "portal",
                "OIDC__CLIENT_SECRET_FILE": f"{KEYS}/portal-client",
                "OIDC__TOKEN_URL": f"{IDENTITY}/{_REALM}/protocol/openid-connect/token",
                "SESSION__KEY_FILE": f"{KEYS}/portal-session",
                "SITE__PUBLIC_URL": site.portal_url,
                "SITE__LOG_URL": f"https://{site.log_host}/log",
            }
    return {}
