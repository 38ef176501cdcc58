"""The local Kafka: one KRaft node, mutual TLS, ACLs on, topics and rights from the one table."""

import base64
import hashlib
import json
import os
import socket
import ssl
import subprocess
import uuid
from collections.abc import Sequence
from typing import Any

from deploy.local import system
from deploy.local.layout import Layout
from deploy.local.process import Process
from deploy.local.waiting import Alive, until
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.topics import Grant, Topic, grants, topics

_JVM = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=WARN")


def process(layout: Layout) -> Process:
    """Broker and controller in one."""
    _prepare(layout)
    command = [*_java(layout), "kafka.Kafka", str(layout.etc / "kafka.properties")]
    return Process("kafka", command, {}, layout.logs / "kafka.log")


def connection(layout: Layout, principal: str) -> KafkaConnection:
    """As a principal of this stack."""
    tls = layout.etc / "tls"
    return KafkaConnection(layout.kafka_bootstrap, tls / f"{principal}.pem", tls / f"{principal}.key", tls / "ca.pem")


def initialise(layout: Layout, alive: Alive, patience_s: float = 90) -> None:
    """Waits for the broker, then creates the topics and rights that are missing; quick when the table is unchanged.

    Raises: TimeoutError, ProcessEnded.
    """
    table, rows = topics(layout.regions), grants(layout.regions)
    digest = hashlib.sha256(json.dumps([[str(t), t.settings] for t in table] + [str(r) for r in rows]).encode())
    stamp = layout.data / f"kafka-ready-{digest.hexdigest()[:16]}"
    tls = connection(layout, "operator")
    context = ssl.create_default_context(cafile=tls.ca_file)
    context.load_cert_chain(tls.certificate_file, tls.key_file)
    until(lambda: _answers(layout, context), "kafka", alive, patience_s)
    if stamp.exists():
        return
    from kafka import KafkaAdminClient  # late: it costs most of a second, and is rarely needed

    admin = KafkaAdminClient(**tls.options())
    try:
        _create_topics(admin, table)
        _create_grants(admin, rows)
    finally:
        admin.close()
    stamp.touch()


def _answers(layout: Layout, context: ssl.SSLContext) -> bool:
    """Whether the broker shakes hands: it does so only once it serves requests."""
    host = layout.host("kafka")
    try:
        with (
            socket.create_connection((host, layout.port("kafka")), timeout=2) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except OSError:
        return False


def _create_topics(admin: Any, table: Sequence[Topic]) -> None:
    from kafka.admin import NewTopic

    known = set(admin.list_topics())
    missing = [
        NewTopic(topic.name, topic.partitions, 1, topic_configs=topic.settings)
        for topic in table
        if topic.name not in known
    ]
    if missing:
        admin.create_topics(missing)


def _create_grants(admin: Any, rows: Sequence[Grant]) -> None:
    from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

    kinds = {"topic": ResourceType.TOPIC, "transactional-id": ResourceType.TRANSACTIONAL_ID}
    patterns = {True: ACLResourcePatternType.PREFIXED, False: ACLResourcePatternType.LITERAL}
    admin.create_acls(
        [
            ACL(
                principal=f"User:{row.principal}",
                host="*",
                operation=ACLOperation[operation],
                permission_type=ACLPermissionType.ALLOW,
                resource_pattern=ResourcePattern(kinds[row.kind], row.name, patterns[row.prefix]),
            )
            for row in rows
            for operation in row.operations
        ]
    )


def _java(layout: Layout) -> list[str]:
    configuration = layout.etc / "log4j2.properties"
    classes = os.pathsep.join(str(jar) for jar in sorted((layout.engines / "kafka").glob("*.jar")))
    return [system.java(), *_JVM, f"-Dlog4j2.configurationFile={configuration}", "-cp", classes]


def write_configuration(layout: Layout) -> None:
    """`etc/kafka.properties` and `etc/log4j2.properties`."""
    (layout.etc / "log4j2.properties").write_text(_LOG4J)
    lines = (f"{key}={value}\n" for key, value in _properties(layout).items())
    (layout.etc / "kafka.properties").write_text("".join(lines))


def new_cluster_id() -> str:
    """As the storage tool makes one."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _prepare(layout: Layout) -> None:
    """Renders the configuration and formats the storage the first time."""
    data = layout.data / "kafka"
    write_configuration(layout)
    if (data / "meta.properties").exists():
        return
    formatted = subprocess.run(_format(layout, new_cluster_id()), check=False, capture_output=True, text=True)
    if formatted.returncode:
        raise RuntimeError(f"Kafka could not format its storage: {formatted.stderr.strip()}")


def _format(layout: Layout, cluster: str) -> list[str]:
    """One cluster id in sixty-four begins with a dash, so it must not stand as a word of its own."""
    properties = layout.etc / "kafka.properties"
    return [*_java(layout), "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", f"--config={properties}"]


def _properties(layout: Layout) -> dict[str, str | int]:
    broker, controller = layout.port("kafka"), layout.port("kafka-controller")
    tls = layout.etc / "tls"
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@localhost:{controller}",
        "listeners": f"CLIENT://{layout.listens_on}:{broker},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"CLIENT://{layout.host('kafka')}:{broker}",
        "listener.security.protocol.map": "CLIENT:SSL,CONTROLLER:SSL",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(layout.data / "kafka"),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(tls / "kafka.keystore.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(tls / "ca.pem"),
        "ssl.client.auth": "required",
        "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:operator;User:kafka",
        "allow.everyone.if.no.acl.found": "false",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "message.max.bytes": 5_242_880,
        "replica.fetch.max.bytes": 5_242_880,
        "group.initial.rebalance.delay.ms": 0,
        "log.cleaner.dedupe.buffer.size": 16_777_216,
    }


_LOG4J = """\
status = warn
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""
