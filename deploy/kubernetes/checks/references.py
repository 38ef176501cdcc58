"""Whatever an object names exists: in the overlay, or made by an operator or the installation that is named here."""

from collections.abc import Iterator, Sequence

from deploy.kubernetes.checks.kafka import codes
from deploy.kubernetes.checks.objects import SERVERS, Pod, name_of, of_kind, pods, spoken
from deploy.kubernetes.document import Document
from deploy.kubernetes.installation import config_maps
from deploy.kubernetes.keys import key_secrets

Names = set[tuple[str, str]]
"""Namespace, name."""


def check(objects: Sequence[Document]) -> list[str]:
    """`Deployment a/b: Secret x does not exist`."""
    problems = [f"{pod}: {problem}" for pod in pods(objects) for problem in _of_pod(objects, pod)]
    return [*problems, *_routes(objects), *_selectors(objects), *_targets(objects), *_engines(objects)]


def secrets(objects: Sequence[Document]) -> Names:
    """Those that cert-manager, CloudNativePG and the installation make."""
    by_certificates = {(name_of(one)[0], one["spec"]["secretName"]) for one in of_kind(objects, "Certificate")}
    by_databases = {(namespace, f"{name}-app") for namespace, name in map(name_of, of_kind(objects, "Cluster"))}
    by_installation = {(row.namespace, row.name) for row in key_secrets(codes(objects))}
    return by_certificates | by_databases | by_installation | _named(objects, "Secret")


def _named(objects: Sequence[Document], *kinds: str) -> Names:
    return {name_of(one) for one in of_kind(objects, *kinds)}


def services(objects: Sequence[Document]) -> dict[tuple[str, str], set[int]]:
    """With their ports; of operators those that we speak to."""
    found = {name_of(one): {row["port"] for row in one["spec"]["ports"]} for one in of_kind(objects, "Service")}
    for namespace, name in _named(objects, "Keycloak"):
        found[namespace, f"{name}-service"] = {8080, 8443}
    for namespace, name in _named(objects, "MongoDBCommunity"):
        found[namespace, f"{name}-svc"] = {27017}
    for namespace, name in _named(objects, "Cluster"):
        found[namespace, f"{name}-rw"] = {5432}
    for one in of_kind(objects, "Kafka"):
        namespace, name = name_of(one)
        ports = {listener["port"] for listener in one["spec"]["kafka"]["listeners"]}
        found[namespace, f"{name}-kafka-bootstrap"] = ports
    return found


def _of_pod(objects: Sequence[Document], pod: Pod) -> Iterator[str]:
    maps = _named(objects, "ConfigMap") | {(namespace, name) for namespace, name, _ in config_maps(codes(objects))}
    claims = _named(objects, "PersistentVolumeClaim")
    known_secrets = secrets(objects)
    volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", ())}
    for volume in volumes.values():
        if "secret" in volume and (pod.namespace, volume["secret"]["secretName"]) not in known_secrets:
            yield f"Secret {volume['secret']['secretName']} does not exist"
        if "configMap" in volume and (pod.namespace, volume["configMap"]["name"]) not in maps:
            yield f"ConfigMap {volume['configMap']['name']} does not exist"
        claim = volume.get("persistentVolumeClaim", {}).get("claimName")
        if claim and (pod.namespace, claim) not in claims:
            yield f"PersistentVolumeClaim {claim} does not exist"
    if (pod.namespace, pod.spec.get("serviceAccountName", "")) not in _named(objects, "ServiceAccount"):
        yield f"ServiceAccount {pod.spec.get('serviceAccountName', 'default')} does not exist"
    for container in pod.containers:
        yield from _of_container(container, {*volumes, *pod.claims}, pod, maps)


def _of_container(container: Document, volumes: set[str], pod: Pod, maps: Names) -> Iterator[str]:
    for mount in container.get("volumeMounts", ()):
        if mount["name"] not in volumes:
            yield f"volume {mount['name']} does not exist"
    for source in container.get("envFrom", ()):
        if (pod.namespace, source["configMapRef"]["name"]) not in maps:
            yield f"ConfigMap {source['configMapRef']['name']} does not exist"
    ports = {row["name"] for row in container.get("ports", ())}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        wanted = container.get(probe, {}).get("httpGet", {}).get("port", next(iter(ports), ""))
        if probe in container and wanted not in ports:
            yield f"port {wanted} does not exist"


def _routes(objects: Sequence[Document]) -> Iterator[str]:
    known = services(objects)
    gateways = {
        (*name_of(one), listener["name"])
        for one in of_kind(objects, "Gateway")
        for listener in one["spec"]["listeners"]
    }
    for one in of_kind(objects, "HTTPRoute"):
        namespace, _ = name_of(one)
        for parent in one["spec"]["parentRefs"]:
            if (parent["namespace"], parent["name"], parent["sectionName"]) not in gateways:
                yield f"{spoken(one)}: listener {parent['name']}/{parent['sectionName']} does not exist"
        for rule in one["spec"]["rules"]:
            for backend in rule.get("backendRefs", ()):
                if backend["port"] not in known.get((namespace, backend["name"]), set()):
                    yield f"{spoken(one)}: Service {backend['name']}:{backend['port']} does not exist"
    for one in of_kind(objects, "Gateway"):
        for listener in one["spec"]["listeners"]:
            for reference in listener.get("tls", {}).get("certificateRefs", ()):
                if (name_of(one)[0], reference["name"]) not in secrets(objects):
                    yield f"{spoken(one)}: Secret {reference['name']} does not exist"


def _selectors(objects: Sequence[Document]) -> Iterator[str]:
    """Services and budgets choose some pod, and ports that it has."""
    servers = [pod for pod in pods(objects) if pod.kind in SERVERS]
    for one in of_kind(objects, "Service", "PodDisruptionBudget"):
        selector = one["spec"]["selector"]
        wanted = selector.get("matchLabels", selector)
        chosen = [pod for pod in servers if pod.namespace == name_of(one)[0] and wanted.items() <= pod.labels.items()]
        if not chosen:
            yield f"{spoken(one)}: chooses no pod"
        ports = {row["name"] for pod in chosen for container in pod.containers for row in container.get("ports", ())}
        for row in one["spec"].get("ports", ()):
            if row["targetPort"] not in ports:
                yield f"{spoken(one)}: port {row['targetPort']} does not exist"


def _targets(objects: Sequence[Document]) -> Iterator[str]:
    known = {(one["kind"], *name_of(one)) for one in objects}
    for one in of_kind(objects, "HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]
        if (target["kind"], name_of(one)[0], target["name"]) not in known:
            yield f"{spoken(one)}: {target['kind']} {target['name']} does not exist"
    issuers = {name for _, name in _named(objects, "ClusterIssuer")}
    for one in of_kind(objects, "Certificate"):
        if one["spec"]["issuerRef"]["name"] not in issuers:
            yield f"{spoken(one)}: ClusterIssuer {one['spec']['issuerRef']['name']} does not exist"


def _engines(objects: Sequence[Document]) -> Iterator[str]:
    """Secrets and the cluster that operators' resources name."""
    known = secrets(objects)
    clusters = {name for _, name in _named(objects, "Kafka")}
    for one in of_kind(objects, "KafkaTopic", "KafkaUser", "KafkaNodePool"):
        if one["metadata"].get("labels", {}).get("strimzi.io/cluster") not in clusters:
            yield f"{spoken(one)}: belongs to no Kafka"
    for one in of_kind(objects, "Kafka", "MongoDBCommunity", "Keycloak"):
        for name in _secret_names(one["spec"]):
            if (name_of(one)[0], name) not in known:
                yield f"{spoken(one)}: Secret {name} does not exist"


def _secret_names(part: object, under: str = "") -> Iterator[str]:
    """Wherever operators put them: `secretName`, `tlsSecret`, `…Secret: {name}`, `…SecretRef: {name}`."""
    if isinstance(part, list):
        for one in part:
            yield from _secret_names(one, under)
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        named = key in ("secretName", "tlsSecret", "secret") or (
            key == "name" and under.endswith(("Secret", "SecretRef"))
        )
        if named and isinstance(value, str):
            yield value
        else:
            yield from _secret_names(value, key)
