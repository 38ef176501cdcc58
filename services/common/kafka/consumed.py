"""A message as a consumer hands it on."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Consumed:
    """One message as it lay in Kafka."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]
    timestamp_ms: int


def consumed_of(row) -> Consumed:  # type: ignore[no-untyped-def]  # kafka-python is untyped
    """From kafka-python's own record."""
    return Consumed(row.topic, row.partition, row.offset, row.key, row.value, dict(row.headers or ()), row.timestamp)
