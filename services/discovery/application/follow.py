"""Following the provinces' catalogues: published states into the index, unreadable values out of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.discovery.application.ports import Entry, Positions, Text, Texts, UnionIndex


@dataclass(frozen=True)
class Unreadable:
    """A value that could not be read; it goes to the dead letters with its origin. `of_text`: of a topic of texts."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    of_text: bool = False


def follow(
    states: Sequence[Entry | Text | Unreadable],
    positions: Positions,
    *,
    index: UnionIndex,
    bury: Callable[[Sequence[Unreadable]], None],
) -> None:
    """Applies a batch in its order. Dead letters are stored first: a repeat buries the same letter again."""
    unreadable = [state for state in states if isinstance(state, Unreadable)]
    if unreadable:
        bury(unreadable)
    entries, hidden = _latest(one for one in states if isinstance(one, Entry) or _unread(one, of_text=False))
    texts, without = _latest(one for one in states if isinstance(one, Text) or _unread(one, of_text=True))
    index.apply(entries, hidden, positions, Texts(texts, without))


def _unread(state: Entry | Text | Unreadable, *, of_text: bool) -> bool:
    return isinstance(state, Unreadable) and state.of_text is of_text


def _latest(states: Iterable[Any]) -> tuple[list[Any], list[str]]:
    """The newest state of each record, and the records whose newest value cannot be read."""
    latest: dict[str, Any] = {}
    for state in states:
        unreadable = isinstance(state, Unreadable)
        key = state.key if unreadable else state.record_id
        earlier = latest.get(key)
        if unreadable or earlier is None or isinstance(earlier, Unreadable) or state.version >= earlier.version:
            latest[key] = state
    return (
        [state for state in latest.values() if not isinstance(state, Unreadable)],
        [key for key, state in latest.items() if isinstance(state, Unreadable)],
    )
