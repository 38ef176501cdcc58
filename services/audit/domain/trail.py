"""The order of a trail: cause before effect, then time, then leaf index (DESIGN §11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Logged:
    """One event of the log as supervision reads it; empty strings where the leaf has no such field."""

    leaf_index: int
    stream: str
    seq: int
    leaf: bytes
    event_id: str
    time: datetime | None
    action: str
    outcome: str
    reason: str
    actor: str
    actor_role: str
    via: str
    region_id: str
    archive_id: str
    object_type: str
    object_id: str
    correlation_id: str
    causation_id: str


def in_order(events: Sequence[Logged]) -> list[Logged]:
    """By time and leaf index, except that an event never stands before the one that caused it."""
    ranked = sorted(events, key=lambda event: (event.time.timestamp() if event.time else 0.0, event.leaf_index))
    by_id = {event.event_id: event for event in ranked if event.event_id}
    ordered: dict[int, Logged] = {}

    def place(event: Logged, above: frozenset[str]) -> None:
        cause = by_id.get(event.causation_id)
        if cause is not None and cause.event_id not in above and cause.leaf_index not in ordered:
            place(cause, above | {event.event_id})
        ordered.setdefault(event.leaf_index, event)

    for event in ranked:
        place(event, frozenset())
    return list(ordered.values())
