"""Every address is one that somebody answers at, under a certificate that carries it; every principal has its user."""

import re
from collections.abc import Iterator, Mapping, Sequence

from deploy.kubernetes.checks.kafka import codes
from deploy.kubernetes.checks.objects import config_map, name_of, of_kind, pods, spoken, variables
from deploy.kubernetes.checks.references import services
from deploy.kubernetes.document import Document
from deploy.kubernetes.installation import addresses
from deploy.kubernetes.workloads import workloads

_ADDRESS = re.compile(r"\b([a-z0-9-]+)\.([a-z0-9-]+)\.svc:(\d+)")
_TLS_PORTS = (8443, 9093, 27017)


def check(objects: Sequence[Document]) -> list[str]:
    """`address x.y.svc:1 in …: nobody answers there`."""
    return [*_addresses(objects), *_principals(objects)]


def _addresses(objects: Sequence[Document]) -> Iterator[str]:
    known = services(objects)
    certified = {name for one in of_kind(objects, "Certificate") for name in one["spec"].get("dnsNames", ())}
    for where, text in _texts(objects).items():
        for name, namespace, port in _ADDRESS.findall(text):
            if int(port) not in known.get((namespace, name), set()):
                yield f"address {name}.{namespace}.svc:{port} in {where}: nobody answers there"
            elif int(port) in _TLS_PORTS and f"{name}.{namespace}.svc" not in certified:
                yield f"address {name}.{namespace}.svc:{port} in {where}: no certificate carries it"


def _texts(objects: Sequence[Document]) -> Mapping[str, str]:
    """Where → what it says: settings, connection strings, the registry."""
    texts = {"the registry": " ".join(addresses(codes(objects)).values())}
    for pod in pods(objects):
        texts[str(pod)] = " ".join(map(str, variables(objects, pod).values()))
        for volume in pod.spec.get("volumes", ()):
            name = volume.get("configMap", {}).get("name", "")
            texts[f"ConfigMap {name} of {pod}"] = " ".join((config_map(objects, pod.namespace, name) or {}).values())
    return texts


def _principals(objects: Sequence[Document]) -> Iterator[str]:
    """One certificate, database user and Kafka user for each service: the three are one name."""
    rows = workloads(codes(objects))
    subjects = {
        (name_of(one)[0], one["spec"]["secretName"]): one["spec"]["commonName"]
        for one in of_kind(objects, "Certificate")
        if "commonName" in one["spec"] and "subject" not in one["spec"]
    }
    kafka = {one["metadata"]["name"] for one in of_kind(objects, "KafkaUser")}
    for row in rows:
        if subjects.get((row.namespace, f"{row.name}-tls")) != row.principal:
            yield f"{row.principal}: its certificate has another subject"
        if row.principal not in kafka:
            yield f"{row.principal}: no user of Kafka"
    for one in of_kind(objects, "MongoDBCommunity"):
        own = [row for row in rows if row.namespace == name_of(one)[0]]
        expected = {(f"CN={row.principal}", "$external", (("readWrite", row.database),)) for row in own}
        found = {
            (user["name"], user["db"], tuple((role["name"], role["db"]) for role in user["roles"]))
            for user in one["spec"].get("users", ())
        }
        if found != expected:
            yield f"{spoken(one)}: users {sorted(found ^ expected)} differ from the services there"
