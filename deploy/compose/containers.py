"""How a container is confined, how it tells its health, and how each engine's official image is started."""

from collections.abc import Callable, Mapping
from typing import Any

from deploy.compose.layout import ETC, ComposeLayout
from deploy.local import mongo

Service = dict[str, Any]
USER = "10001:10001"

MONGO = "mongo:7.0.28-jammy"
KAFKA = "apache/kafka:4.1.1"
KEYCLOAK = "quay.io/keycloak/keycloak:26.4.2"
"""The engines' official images; a digest behind the tag makes the same bytes of it for ever."""

_READY = "import urllib.request as u; u.urlopen('http://127.0.0.1:{port}/readyz', timeout=4)"


def hardened() -> Service:
    """Nobody special, no capability, no way to more, nothing to write to but memory and volumes."""
    return {
        "user": USER,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "tmpfs": ["/tmp:mode=1777"],  # noqa: S108 - the container's own
    }


def health(port: int) -> Service:
    """`/readyz`, asked with what the image has; a start may take what a rebuilt index takes."""
    return {
        "test": ["CMD", "python3", "-c", _READY.format(port=port)],
        "interval": "5s", "timeout": "5s", "retries": 3, "start_period": "300s",
    }  # fmt: skip


def _mongo(layout: ComposeLayout) -> Service:
    ask = "db.hello().ok || quit(1)"
    return {
        "image": MONGO,
        "entrypoint": ["mongod"],
        "command": mongo.arguments(layout),
        "environment": {"HOME": "/tmp"},  # noqa: S108 - the container's own
        "healthcheck": _checked(["mongosh", "--quiet", "--port", str(layout.port("mongo")), "--eval", ask]),
    }


def _kafka(layout: ComposeLayout) -> Service:
    """Formatted the first time; every setting is in the file that `keys` wrote."""
    properties = f"{ETC}/kafka.properties"
    begin = (
        f"/opt/kafka/bin/kafka-storage.sh format --ignore-formatted"
        f" --cluster-id=$$(< {ETC}/kafka-cluster-id) --config={properties}"
        f" && exec /opt/kafka/bin/kafka-server-start.sh {properties}"
    )
    return {
        "image": KAFKA,
        "entrypoint": ["/bin/bash", "-c"],
        "command": [begin],
        "environment": {
            "LOG_DIR": "/tmp/kafka",  # noqa: S108 - the container's own
            "KAFKA_HEAP_OPTS": "-Xms256m -Xmx512m",
            "KAFKA_LOG4J_OPTS": f"-Dlog4j2.configurationFile={ETC}/log4j2.properties",
        },
        "healthcheck": _checked(["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{layout.port('kafka')}"]),
    }


def _keycloak(layout: ComposeLayout) -> Service:
    """Its root stays writable: the official image builds its configuration at the first start, into its own folder."""
    ready = (
        f"exec 3<>/dev/tcp/127.0.0.1/{layout.port('keycloak-management')};"
        r" printf 'GET /health/ready HTTP/1.0\r\n\r\n' >&3; read -r line <&3; [[ $$line == *' 200 '* ]]"
    )
    start = (
        f"KC_BOOTSTRAP_ADMIN_PASSWORD=$$(< {ETC}/secrets/keycloak-admin) exec /opt/keycloak/bin/kc.sh start"
        " --db=dev-file --cache=local --health-enabled=true --metrics-enabled=true"
        f" --http-enabled=true --http-port={layout.port('keycloak')}"
        f" --hostname={layout.keycloak_url} --hostname-backchannel-dynamic=true"
        f" '--db-url=jdbc:h2:file:{layout.data}/keycloak/keycloak;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE'"
    )
    return {
        "image": KEYCLOAK,
        "user": "10001:0",  # its files belong to group 0, as on OpenShift
        "read_only": False,
        "entrypoint": ["/bin/bash", "-c"],
        "command": [start],
        "environment": {"KC_BOOTSTRAP_ADMIN_USERNAME": "admin", "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m"},
        "healthcheck": _checked(["bash", "-c", ready]),
    }


def _checked(command: list[str]) -> Service:
    return {"test": ["CMD", *command], "interval": "5s", "timeout": "5s", "retries": 3, "start_period": "120s"}


ENGINE_CONTAINERS: Mapping[str, Callable[[ComposeLayout], Service]] = {
    "mongo": _mongo,
    "kafka": _kafka,
    "keycloak": _keycloak,
}
