"""Topics, and who may do what with them: one table, applied by whoever provisions Kafka (DESIGN §4, §11).

Partitions are fixed per topic version: growing them would break the order of a key under compaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

CLOSED_AFTER_H = 12
"""A message that comes so much later closes the segment of those before it, and compaction may begin: a retraction
repeated after so many hours takes the old value off the disk within a day."""
_COMPACTED = {
    "cleanup.policy": "compact",
    "max.compaction.lag.ms": str(CLOSED_AFTER_H * 3600 * 1000),
    "segment.ms": str(CLOSED_AFTER_H * 3600 * 1000),
    "min.cleanable.dirty.ratio": "0.1",
}
_FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}


@dataclass(frozen=True)
class Topic:
    """A topic with its partitions and settings."""

    name: str
    partitions: int
    settings: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class Grant:
    """One principal's right on a resource. `kind`: topic or transactional-id; `prefix`: the name is a prefix."""

    principal: str
    kind: str
    name: str
    prefix: bool
    operations: tuple[str, ...]


_WRITE = ("WRITE", "DESCRIBE")
_READ = ("READ", "DESCRIBE")
LOG_ORDER = "audit.log.order.v1"
"""Of audit alone: which messages became which leaves of the log, one record a batch."""
LOGGED = "audit.logged.v1"
"""Told by audit to every producer: up to which number its stream stands in the log, which anybody may read anyway."""
CENTRAL = ("requests", "auth", "discovery", "audit", "portal")


def catalog_principal(region_id: str) -> str:
    """Principal of a province's catalog service."""
    return f"catalog-{region_id}"


def producers(region_ids: Sequence[str]) -> list[str]:
    """Everyone who has an audit stream."""
    return [*map(catalog_principal, region_ids), *CENTRAL]


def audit_topic(principal: str) -> str:
    """Topic of one producer's audit events."""
    return f"audit.{principal}.events.v1"


def topics(region_ids: Sequence[str]) -> list[Topic]:
    """Every topic there is for these regions."""
    provincial = [
        topic
        for region_id in region_ids
        for topic in (
            Topic(f"catalog.{region_id}.records.v1", 6, _COMPACTED),
            Topic(f"catalog.{region_id}.texts.v1", 6, _COMPACTED),
            Topic(f"catalog.{region_id}.publications.v1", 1, _FOR_EVER),
        )
    ]
    return [
        *provincial,
        Topic("requests.events.v1", 6, _FOR_EVER),
        Topic("discovery.dead-letter.v1", 1, _FOR_EVER),
        Topic(LOG_ORDER, 1, {**_FOR_EVER, "flush.messages": "1", "max.message.bytes": str(5 * 1024 * 1024)}),
        Topic(LOGGED, 1, _COMPACTED),
        *(Topic(audit_topic(principal), 1, _FOR_EVER) for principal in producers(region_ids)),
    ]


def grants(region_ids: Sequence[str]) -> list[Grant]:
    """Least privilege: a principal writes its own prefix and its own transactional id, and reads what it must."""
    prefixes = {catalog_principal(region_id): f"catalog.{region_id}." for region_id in region_ids}
    prefixes |= {"requests": "requests.", "discovery": "discovery."}
    own = ("WRITE", *_READ)  # after a restore a producer reads back what it had sent
    rows = [Grant(principal, "topic", prefix, True, own) for principal, prefix in prefixes.items()]
    for principal in producers(region_ids):
        rows.append(Grant(principal, "topic", f"audit.{principal}.", True, own))
        rows.append(Grant(principal, "transactional-id", f"{principal}.relay", False, _WRITE))
        rows.append(Grant(principal, "topic", LOGGED, False, _READ))
    rows.append(Grant("discovery", "topic", "catalog.", True, _READ))
    rows.append(Grant("audit", "topic", "audit.", True, _READ))
    rows += [Grant("audit", "topic", name, False, _WRITE) for name in (LOG_ORDER, LOGGED)]
    return rows
