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
    for event in ranked:
        chain: dict[int, Logged] = {}
        link: Logged | None = event
        while link is not None and link.leaf_index not in ordered and link.leaf_index not in chain:
            chain[link.leaf_index] = link
            link = by_id.get(link.causation_id)
        ordered.update(reversed(chain.items()))
    return list(ordered.values())
