"""Kafka's topics and rights are those of the one table, for the provinces that the overlay has."""

from collections.abc import Iterable, Sequence

from deploy.kubernetes.checks.objects import name_of, of_kind
from deploy.kubernetes.document import Document
from deploy.kubernetes.zones import EXCHANGE
from services.common.kafka.topics import grants, topics

_KINDS = {"topic": "topic", "transactionalId": "transactional-id"}
Right = tuple[str, str, str, bool, str]
"""Principal, kind, name, whether it is a prefix, operation."""
_MIN_ISR = "min.insync.replicas"


def codes(objects: Sequence[Document]) -> list[str]:
    """Of the provinces, by the label of their namespaces."""
    labels = (one["metadata"].get("labels", {}) for one in of_kind(objects, "Namespace"))
    return sorted(own["tongdang/region"] for own in labels if "tongdang/region" in own)


def check(objects: Sequence[Document]) -> list[str]:
    """`topic x: partitions 3, expected 6`, `right …: missing`."""
    return [*_topics(objects), *_rights(objects), *_replicas(objects)]


def _topics(objects: Sequence[Document]) -> list[str]:
    expected = {topic.name: (topic.partitions, topic.settings) for topic in topics(codes(objects))}
    found = {}
    for one in of_kind(objects, "KafkaTopic"):
        spec = one["spec"]
        settings = {key: value for key, value in spec["config"].items() if key != _MIN_ISR}
        found[spec.get("topicName", one["metadata"]["name"])] = (spec["partitions"], settings)
    return [
        *_differences("topic", expected.keys(), found.keys()),
        *(
            f"topic {name}: {found[name]}, expected {expected[name]}"
            for name in sorted(expected.keys() & found.keys())
            if found[name] != expected[name]
        ),
    ]


def _rights(objects: Sequence[Document]) -> list[str]:
    expected = {
        (row.principal, row.kind, row.name, row.prefix, operation)
        for row in grants(codes(objects))
        for operation in row.operations
    }
    found: set[Right] = set()
    problems = []
    for one in of_kind(objects, "KafkaUser"):
        namespace, name = name_of(one)
        if namespace != EXCHANGE or one["spec"]["authentication"] != {"type": "tls-external"}:
            problems.append(f"user {name}: not known by its certificate, or not beside Kafka")
        for acl in one["spec"]["authorization"]["acls"]:
            resource = acl["resource"]
            kind, prefix = _KINDS.get(resource["type"], resource["type"]), resource.get("patternType") == "prefix"
            found |= {(name, kind, resource["name"], prefix, operation.upper()) for operation in acl["operations"]}
    return [*problems, *_differences("right", expected, found)]


def _replicas(objects: Sequence[Document]) -> list[str]:
    """No topic wants more copies than there are brokers, or can be written with fewer than it says."""
    brokers = sum(pool["spec"]["replicas"] for pool in of_kind(objects, "KafkaNodePool"))
    problems = []
    for one in of_kind(objects, "KafkaTopic"):
        replicas, minimum = one["spec"]["replicas"], int(one["spec"]["config"].get(_MIN_ISR, 1))
        if replicas > brokers or (brokers > 1 and not 1 < minimum < replicas):
            problems.append(
                f"topic {one['metadata']['name']}: {replicas} copies, {minimum} at least, {brokers} brokers"
            )
    return problems


def _differences(what: str, expected: Iterable[object], found: Iterable[object]) -> list[str]:
    wanted, there = set(expected), set(found)
    missing = sorted(map(str, wanted - there))
    surplus = sorted(map(str, there - wanted))
    return [*(f"{what} {one}: missing" for one in missing), *(f"{what} {one}: not in the table" for one in surplus)]
