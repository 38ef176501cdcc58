"""Both overlays stand up to every check, and every check finds the faults that it is for."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from deploy.kubernetes.checks import CHECKS
from deploy.kubernetes.checks.objects import name_of, of_kind
from deploy.kubernetes.document import Document
from deploy.kubernetes.render import OVERLAYS

Rendered = Callable[[str], Sequence[Document]]
Objects = list[Document]
Fault = Callable[[Objects], None]
GOVERNMENT = "tongdang-government"


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_as_it_should_be(overlay: str, check: str, rendered: Rendered, known_schemas: Any) -> None:
    assert CHECKS[check](rendered(overlay)) == []


def one(objects: Objects, kind: str, name: str, namespace: str = "") -> Document:
    return next(
        row
        for row in of_kind(objects, kind)
        if name_of(row)[1] == name and (not namespace or name_of(row)[0] == namespace)
    )


def container(objects: Objects, kind: str, name: str) -> Any:
    return one(objects, kind, name)["spec"]["template"]["spec"]["containers"][0]


def pod(objects: Objects, kind: str, name: str) -> Any:
    return one(objects, kind, name)["spec"]["template"]["spec"]


def settings(objects: Objects, of: str) -> Any:
    return next(row for row in of_kind(objects, "ConfigMap") if row["metadata"]["name"].startswith(f"{of}-settings"))[
        "data"
    ]


def without(name: str, part: str) -> Fault:
    def fault(objects: Objects) -> None:
        del container(objects, "Deployment", name)[part]

    return fault


def setting(name: str, key: str, value: Any) -> Fault:
    def fault(objects: Objects) -> None:
        container(objects, "Deployment", name)["securityContext"][key] = value

    return fault


def of_pod(name: str, key: str, value: Any) -> Fault:
    def fault(objects: Objects) -> None:
        pod(objects, "Deployment", name)[key] = value

    return fault


def opened(objects: Objects) -> None:
    """The portal gets a way to the database of the government zone, at both ends."""
    there = {"matchLabels": {"kubernetes.io/metadata.name": GOVERNMENT}}
    here = {"matchLabels": {"kubernetes.io/metadata.name": "tongdang-public"}}
    ports = [{"protocol": "TCP", "port": 27017}]
    one(objects, "NetworkPolicy", "portal")["spec"]["egress"].append(
        {"to": [{"namespaceSelector": there, "podSelector": {}}], "ports": ports}
    )
    one(objects, "NetworkPolicy", "mongodb-government")["spec"]["ingress"].append(
        {"from": [{"namespaceSelector": here, "podSelector": {}}], "ports": ports}
    )


def provinces_meet(objects: Objects) -> None:
    """Each province's service reaches every province's database."""
    peer = {"namespaceSelector": {"matchLabels": {"tongdang/zone": "inner"}}}
    for policy in of_kind(objects, "NetworkPolicy"):
        for direction, end in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(direction, ()):
                if any(row["port"] == 27017 for row in rule.get("ports", ())):
                    rule[end] = [{**peer, **row} for row in rule[end]]


def closed(objects: Objects) -> None:
    rules = one(objects, "NetworkPolicy", "requests")["spec"]["egress"]
    rules[:] = [rule for rule in rules if {"protocol": "TCP", "port": 8443} not in rule["ports"]]


def undenied(objects: Objects) -> None:
    objects.remove(one(objects, "NetworkPolicy", "deny", GOVERNMENT))


def everybody(objects: Objects) -> None:
    del one(objects, "Kafka", "kafka")["spec"]["kafka"]["listeners"][0]["networkPolicyPeers"]


def topic(objects: Objects, key: str, value: Any) -> None:
    one(objects, "KafkaTopic", "catalog.320000.records.v1")["spec"][key] = value


def wide_right(objects: Objects) -> None:
    acls = one(objects, "KafkaUser", "catalog-320000")["spec"]["authorization"]["acls"]
    acls[0]["resource"]["name"] = "catalog."


def lost_right(objects: Objects) -> None:
    one(objects, "KafkaUser", "audit")["spec"]["authorization"]["acls"].pop()


def renamed_key(objects: Objects) -> None:
    variables = settings(objects, "requests")
    variables["TONGDANG_REQUESTS__GRPC__PROT"] = variables.pop("TONGDANG_REQUESTS__GRPC__PORT")


def on_loopback(objects: Objects) -> None:
    settings(objects, "auth")["TONGDANG_AUTH__GRPC__HOST"] = "127.0.0.1"


def other_listener(objects: Objects) -> None:
    container(objects, "Deployment", "auth")["ports"][0]["containerPort"] = 9443


def other_module(objects: Objects) -> None:
    container(objects, "Deployment", "auth")["args"] = ["services.audit", "serve"]


def other_broker(objects: Objects) -> None:
    settings(objects, "portal")["TONGDANG_PORTAL__KAFKA__BOOTSTRAP"] = "kafka-kafka-bootstrap.elsewhere.svc:9093"


def uncertified(objects: Objects) -> None:
    one(objects, "Certificate", "requests")["spec"]["dnsNames"] = ["other"]


def other_subject(objects: Objects) -> None:
    one(objects, "Certificate", "auth")["spec"]["commonName"] = "requests"


def wider_user(objects: Objects) -> None:
    users = one(objects, "MongoDBCommunity", "mongodb", "tongdang-public")["spec"]["users"]
    users[0]["roles"][0]["name"] = "readWriteAnyDatabase"


def no_volume(objects: Objects) -> None:
    pod(objects, "Deployment", "audit")["volumes"].pop(0)


def other_secret(objects: Objects) -> None:
    one(objects, "Keycloak", "keycloak")["spec"]["http"]["tlsSecret"] = "absent"


def lost(kind: str, name: str, namespace: str = "") -> Fault:
    def fault(objects: Objects) -> None:
        objects.remove(one(objects, kind, name, namespace))

    return fault


def other_backend(objects: Objects) -> None:
    one(objects, "HTTPRoute", "log")["spec"]["rules"][0]["backendRefs"][0]["port"] = 9090


def other_port(objects: Objects) -> None:
    container(objects, "Deployment", "portal")["readinessProbe"]["httpGet"]["port"] = "https"


def other_target(objects: Objects) -> None:
    one(objects, "HorizontalPodAutoscaler", "portal")["spec"]["scaleTargetRef"]["name"] = "gone"


def text_for_number(objects: Objects) -> None:
    one(objects, "Deployment", "auth")["spec"]["replicas"] = "two"


def misspelt(objects: Objects) -> None:
    pod(objects, "Deployment", "auth")["serviceAcountName"] = "auth"


def operators_field(objects: Objects) -> None:
    one(objects, "Certificate", "auth")["spec"]["dnsName"] = "auth"


FAULTS: list[tuple[str, Fault, str]] = [
    ("pods", without("auth", "resources"), "Deployment tongdang-government/auth, container service: lacks limits"),
    ("pods", without("portal", "livenessProbe"), "lacks probes"),
    ("pods", without("portal", "lifecycle"), "lacks time to stop"),
    ("pods", setting("auth", "readOnlyRootFilesystem", False), "lacks a read-only root"),
    ("pods", setting("auth", "allowPrivilegeEscalation", True), "lacks no privilege escalation"),
    ("pods", setting("auth", "capabilities", {"drop": ["NET_RAW"]}), "lacks all capabilities dropped"),
    (
        "pods",
        of_pod("auth", "securityContext", {"runAsNonRoot": True, "runAsUser": 0}),
        "lacks a user that is not root",
    ),
    ("pods", of_pod("auth", "securityContext", {"runAsUser": 1}), "lacks a seccomp profile"),
    ("pods", of_pod("auth", "automountServiceAccountToken", True), "lacks no token of the cluster"),
    ("pods", of_pod("auth", "hostNetwork", True), "lacks no part of the node"),
    ("environment", renamed_key, "TONGDANG_REQUESTS__GRPC__PORT is not set"),
    ("environment", renamed_key, "TONGDANG_REQUESTS__GRPC__PROT is no setting"),
    ("environment", on_loopback, "TONGDANG_AUTH__GRPC__HOST listens for its own pod alone"),
    ("environment", other_listener, "listens at [8080, 8443, 9090], opens [8080, 9090, 9443]"),
    ("environment", other_module, "starts services.audit, expected services.auth"),
    ("kafka", lambda objects: topic(objects, "partitions", 3), "topic catalog.320000.records.v1: (3, "),
    (
        "kafka",
        lambda objects: topic(objects, "config", {"cleanup.policy": "delete"}),
        "topic catalog.320000.records.v1",
    ),
    ("kafka", lambda objects: topic(objects, "replicas", 1), "1 copies, 2 at least, 3 brokers"),
    ("kafka", lost("KafkaTopic", "audit.portal.events.v1"), "topic audit.portal.events.v1: missing"),
    ("kafka", wide_right, "('catalog-320000', 'topic', 'catalog.', True, 'WRITE'): not in the table"),
    ("kafka", lost_right, "missing"),
    ("network", opened, "tongdang-public/portal → tongdang-government/mongodb-government:27017 is open, and no edge"),
    ("network", provinces_meet, "tongdang-inner-130000/catalog → tongdang-inner-320000/mongodb-inner:27017 is open"),
    ("network", closed, "tongdang-government/requests → tongdang-inner-320000/catalog:8443 is an edge, and closed"),
    ("network", undenied, "Namespace tongdang-government: nothing is denied"),
    ("network", everybody, "listener tls is open to all"),
    ("names", other_broker, "address kafka-kafka-bootstrap.elsewhere.svc:9093"),
    ("names", uncertified, "address requests.tongdang-government.svc:8443 in the registry: no certificate carries it"),
    ("names", other_subject, "auth: its certificate has another subject"),
    ("names", wider_user, "MongoDBCommunity tongdang-public/mongodb: users"),
    ("names", lost("KafkaUser", "portal"), "portal: no user of Kafka"),
    ("references", no_volume, "volume registry does not exist"),
    ("references", lost("Certificate", "auth"), "Deployment tongdang-government/auth: Secret auth-tls does not exist"),
    ("references", lost("ServiceAccount", "auth"), "ServiceAccount auth does not exist"),
    ("references", lost("PersistentVolumeClaim", "backup"), "PersistentVolumeClaim backup does not exist"),
    ("references", lost("Deployment", "auth"), "Service tongdang-government/auth: chooses no pod"),
    ("references", other_secret, "Keycloak tongdang-government/keycloak: Secret absent does not exist"),
    ("references", lost("Cluster", "keycloak-db"), "Secret keycloak-db-app does not exist"),
    ("references", lost("Kafka", "kafka"), "belongs to no Kafka"),
    ("references", lost("ClusterIssuer", "tongdang"), "ClusterIssuer tongdang does not exist"),
    ("references", other_backend, "HTTPRoute tongdang-government/log: Service audit:9090 does not exist"),
    ("references", lost("Gateway", "tongdang"), "listener tongdang/portal does not exist"),
    ("references", other_port, "port https does not exist"),
    ("references", other_target, "Deployment gone does not exist"),
    ("schemas", text_for_number, "Deployment tongdang-government/auth: spec.replicas"),
    ("schemas", misspelt, "serviceAcountName"),
    ("schemas", operators_field, "Certificate tongdang-government/auth: spec: no field dnsName"),
]


@pytest.mark.parametrize(
    ("check", "fault", "words"), FAULTS, ids=[f"{check}-{words[:40]}" for check, _, words in FAULTS]
)
def test_a_check_finds_a_planted_fault(
    check: str, fault: Fault, words: str, rendered: Rendered, known_schemas: Any
) -> None:
    """On the objects that the fault is in, where the whole would take long."""
    objects = copy.deepcopy(list(rendered("national")))
    fault(objects)
    if check == "schemas":
        objects = [one(objects, "Deployment", "auth"), one(objects, "Certificate", "auth")]

    assert any(words in problem for problem in CHECKS[check](objects)), CHECKS[check](objects)[:5]
