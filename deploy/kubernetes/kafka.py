"""Topics and users of Kafka as Strimzi's resources, from the one table of topics and rights."""

from collections.abc import Sequence
from itertools import groupby

from deploy.kubernetes.document import Document, object_
from deploy.kubernetes.zones import EXCHANGE
from services.common.kafka.topics import Grant, Topic, grants, topics

API = "kafka.strimzi.io/v1"
_LABELS = {"strimzi.io/cluster": "kafka"}
_KINDS = {"topic": "topic", "transactional-id": "transactionalId"}
_OPERATIONS = {"READ": "Read", "WRITE": "Write", "DESCRIBE": "Describe"}


def central() -> list[Document]:
    """What is there whatever provinces there are."""
    return _resources(topics(()), grants(()))


def provincial(code: str) -> list[Document]:
    """What a province adds."""
    shared_topics, shared_grants = topics(()), grants(())
    return _resources(
        [topic for topic in topics([code]) if topic not in shared_topics],
        [row for row in grants([code]) if row not in shared_grants],
    )


def _resources(table: Sequence[Topic], rows: Sequence[Grant]) -> list[Document]:
    by_principal = groupby(sorted(rows, key=lambda row: row.principal), key=lambda row: row.principal)
    return [*map(_topic, table), *(_user(principal, list(own)) for principal, own in by_principal)]


def _topic(topic: Topic) -> Document:
    spec = {"partitions": topic.partitions, "replicas": 1, "config": dict(topic.settings)}
    return object_(API, "KafkaTopic", topic.name, EXCHANGE, labels=_LABELS, spec=spec)


def _user(principal: str, rows: Sequence[Grant]) -> Document:
    """Known by the certificate that the service has anyway: its subject is the principal and nothing else."""
    spec = {
        "authentication": {"type": "tls-external"},
        "authorization": {"type": "simple", "acls": [_acl(row) for row in rows]},
    }
    return object_(API, "KafkaUser", principal, EXCHANGE, labels=_LABELS, spec=spec)


def _acl(row: Grant) -> Document:
    pattern = "prefix" if row.prefix else "literal"
    resource = {"type": _KINDS[row.kind], "name": row.name, "patternType": pattern}
    return {"resource": resource, "operations": [_OPERATIONS[operation] for operation in row.operations]}
