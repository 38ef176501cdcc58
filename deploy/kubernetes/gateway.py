"""The way in: one gateway, and what each of its names leads to."""

from deploy.kubernetes.document import Document, object_
from deploy.kubernetes.site import Site
from deploy.kubernetes.workloads import HTTP
from deploy.kubernetes.zones import GOVERNMENT, PUBLIC, ZONE

_API = "gateway.networking.k8s.io/v1"
_GATEWAY = {"name": "tongdang", "namespace": PUBLIC}
_ROUTES = {"namespaces": {"from": "Selector", "selector": {"matchExpressions": [
    {"key": ZONE, "operator": "In", "values": ["public", "government"]}]}}}  # fmt: skip


def gateway(site: Site) -> list[Document]:
    """TLS ends here; certificates come from the issuer `tongdang-public`."""
    names = {"portal": site.domain, "identity": site.identity_host, "log": site.log_host}
    secured = [_listener(name, host) for name, host in names.items()]
    plain = {"name": "plain", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Same"}}}
    issuer = {"name": "tongdang-public", "kind": "ClusterIssuer", "group": "cert-manager.io"}
    certificate = {"secretName": "site-tls", "dnsNames": list(names.values()), "issuerRef": issuer}
    return [
        object_("cert-manager.io/v1", "Certificate", "site", PUBLIC, spec=certificate),
        object_(_API, "Gateway", "tongdang", PUBLIC,
                spec={"gatewayClassName": "tongdang", "listeners": [*secured, plain]}),
        _route("portal", PUBLIC, "portal", site.domain, "/", "portal", HTTP),
        _to_tls(),
    ]  # fmt: skip


def government_routes(site: Site) -> list[Document]:
    """What the public reaches in the government zone: signing in, and the audit log's public reads.

    Keycloak's administration and the services' health are not led to.
    """
    keycloak = {"identity-realm": "/realms/tongdang", "identity-resources": "/resources"}
    return [
        *(_route(name, GOVERNMENT, "identity", site.identity_host, path, "keycloak-service", 8080)
          for name, path in keycloak.items()),
        _route("log", GOVERNMENT, "log", site.log_host, "/log", "audit", HTTP),
    ]  # fmt: skip


def _listener(name: str, host: str) -> Document:
    return {
        "name": name,
        "hostname": host,
        "port": 443,
        "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [{"name": "site-tls"}]},
        "allowedRoutes": _ROUTES,
    }


def _route(name: str, namespace: str, listener: str, host: str, path: str, service: str, port: int) -> Document:
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": path}}],
        "backendRefs": [{"name": service, "port": port}],
    }
    spec = {"parentRefs": [{**_GATEWAY, "sectionName": listener}], "hostnames": [host], "rules": [rule]}
    return object_(_API, "HTTPRoute", name, namespace, spec=spec)


def _to_tls() -> Document:
    redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
    spec = {"parentRefs": [{**_GATEWAY, "sectionName": "plain"}], "rules": [{"filters": [redirect]}]}
    return object_(_API, "HTTPRoute", "to-tls", PUBLIC, spec=spec)
