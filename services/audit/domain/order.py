"""The order of the log: which messages became which leaves. With it and the messages the same tree grows again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.audit.domain.streams import Arrived

NOTHING_BEFORE = -1
"""What the first batch of a log follows."""


@dataclass(frozen=True)
class Run:
    """Every committed message of a partition from offset `first` to below `end`."""

    topic: str
    partition: int
    first: int
    end: int


Part = Run | Arrived
"""Leaves that lie in Kafka, or one that lies nowhere else: a finding of the log's own."""


@dataclass(frozen=True)
class OrderedBatch:
    """One batch: the record it follows, the log's size before and after, the root after (32 bytes), the leaves, and
    where reading goes on in the partitions that moved."""

    after: int
    first: int
    size: int
    root: bytes
    parts: tuple[Part, ...]
    positions: Mapping[tuple[str, int], int]


def parts_of(leaves: Iterable[Arrived]) -> tuple[Part, ...]:
    """Leaves that lie side by side are one run."""
    parts: list[Part] = []
    topic, partition, first, end = "", 0, 0, 0
    for leaf in leaves:
        place = leaf.place
        if place is not None and place.offset == end and place.partition == partition and place.topic == topic:
            end += 1
            continue
        if topic:
            parts.append(Run(topic, partition, first, end))
        if place is None:
            parts.append(leaf)
            topic = ""
        else:
            topic, partition, first, end = place.topic, place.partition, place.offset, place.offset + 1
    if topic:
        parts.append(Run(topic, partition, first, end))
    return tuple(parts)
