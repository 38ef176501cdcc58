"""Following the provinces' catalogues: published states into the index, unreadable values out of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.discovery.application.ports import Entry, Positions, UnionIndex


@dataclass(frozen=True)
class Unreadable:
    """A value that could not be read; it goes to the dead letters with its origin."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes


def follow(
    states: Sequence[Entry | Unreadable],
    positions: Positions,
    *,
    index: UnionIndex,
    bury: Callable[[Sequence[Unreadable]], None],
) -> None:
    """Applies a batch in its order. Dead letters are stored first: a repeat buries the same letter again."""
    unreadable = [state for state in states if isinstance(state, Unreadable)]
    if unreadable:
        bury(unreadable)
    latest: dict[str, Entry | Unreadable] = {}
    for state in states:
        key = state.key if isinstance(state, Unreadable) else state.record_id
        earlier = latest.get(key)
        if isinstance(state, Entry) and isinstance(earlier, Entry) and state.version < earlier.version:
            continue
        latest[key] = state
    index.apply(
        [state for state in latest.values() if isinstance(state, Entry)],
        [key for key, state in latest.items() if isinstance(state, Unreadable)],
        positions,
    )
