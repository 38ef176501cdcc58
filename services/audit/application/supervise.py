"""Supervision: reads over the log within a regulator's scope, each one recorded itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.audit.domain.trail import Logged, in_order
from services.common.domain.actor import Actor
from services.common.domain.errors import InvalidArgument, NotFound
from services.common.domain.paging import Page

MAX_TRAIL = 2_000


@dataclass(frozen=True)
class EventFilter:
    """Empty fields do not filter; `regions` None for the nation."""

    action: str = ""
    outcome: str = ""
    actor: str = ""
    region_id: str = ""
    archive_id: str = ""
    object_id: str = ""
    after: datetime | None = None
    before: datetime | None = None
    regions: tuple[str, ...] | None = None


class Events(Protocol):
    """The log's events as supervision reads them."""

    def search(self, filter_: EventFilter, *, size: int, token: str) -> Page[Logged]:
        """Newest first."""
        ...

    def correlated(self, correlation: str, regions: tuple[str, ...] | None, limit: int) -> list[Logged]:
        """Events of a request, batch or import, by its id or a request number."""
        ...

    def one(self, leaf_index: int) -> Logged | None:
        """One event."""
        ...


def scope_of(actor: Actor) -> tuple[str, ...] | None:
    """The regions a regulator may see; None for the nation."""
    return None if "*" in actor.scope else actor.scope


def search_events(filter_: EventFilter, *, size: int, token: str, by: Actor, events: Events) -> Page[Logged]:
    """Raises: OutOfScope: a region outside the regulator's scope; InvalidPageToken."""
    if filter_.region_id:
        by.require_region(filter_.region_id)
    scoped = EventFilter(**{**vars(filter_), "regions": scope_of(by)})
    return events.search(scoped, size=size, token=token)


def trail(correlation: str, *, purpose: str, by: Actor, events: Events) -> Sequence[Logged]:
    """All events of one thing, cause before effect. The reason for the look comes first and is recorded.

    Raises: InvalidArgument: no correlation or no purpose; NotFound: nothing in scope.
    """
    if not correlation.strip():
        raise InvalidArgument("correlation", "an id or a request number")
    if not 2 <= len(purpose.strip()) <= 200:
        raise InvalidArgument("purpose", "why you look, 2 to 200 characters")
    found = events.correlated(correlation.strip(), scope_of(by), MAX_TRAIL)
    if not found:
        raise NotFound("trail")
    return in_order(found)


def event_in_scope(leaf_index: int, *, by: Actor, events: Events) -> Logged:
    """Raises: NotFound, OutOfScope."""
    event = events.one(leaf_index)
    if event is None:
        raise NotFound("event")
    if scope_of(by) is not None:
        by.require_region(event.region_id)
    return event
