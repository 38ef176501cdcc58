"""Supervision: reads over the log within a regulator's scope, each one recorded itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from services.audit.domain.trail import Logged, in_order
from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome
from services.common.domain.caller import Caller
from services.common.domain.canonical import sha256_hex
from services.common.domain.errors import InvalidArgument, InvalidPageToken, NotFound
from services.common.domain.ids import is_uuid
from services.common.domain.paging import Page, decode_token, encode_token
from services.common.domain.publication import PUBLISHED

MAX_TRAIL = 20_000
_TRAIL_PAGE = 500
_PAGE_BYTES = 1_500_000
"""Of leaves; an answer may hold 4 MB, and the fields repeat much of the leaf."""


@dataclass(frozen=True)
class Look:
    """Why a regulator read a trail. People's words stay out of the public log, which holds a salted commitment."""

    event_id: str
    salt: str
    purpose: str
    at: datetime


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
        """Events of a request, batch or import, by its id or a request number; without their leaves."""
        ...

    def one(self, leaf_index: int) -> Logged | None:
        """One event."""
        ...

    def leaves(self, indexes: Sequence[int]) -> dict[int, bytes]:
        """The leaves of some events."""
        ...

    def keep(self, look: Look) -> None:
        """Durable when it returns."""
        ...


def scope_of(actor: Actor) -> tuple[str, ...] | None:
    """The regions a regulator may see; None for the nation."""
    return None if "*" in actor.scope else actor.scope


def search_events(filter_: EventFilter, *, size: int, token: str, by: Actor, events: Events) -> Page[Logged]:
    """Raises: OutOfScope: a region outside the regulator's scope; InvalidPageToken."""
    if filter_.region_id:
        by.require_region(filter_.region_id)
    return events.search(replace(filter_, regions=scope_of(by)), size=size, token=token)


def trail(
    correlation: str,
    *,
    purpose: str,
    size: int,
    token: str,
    by: Caller,
    events: Events,
    record: Callable[[AuditEvent], None],
) -> Page[Logged]:
    """All events of one thing, cause before effect. The reason for the look comes first; both are durable before this
    returns, under the trail's own correlation, so that the trail shows who read it.

    Raises: InvalidArgument: no correlation or no purpose; NotFound: nothing in scope; AuditUnavailable.
    """
    correlation, purpose = correlation.strip(), purpose.strip()
    if not 1 <= len(correlation) <= 100:
        raise InvalidArgument("correlation", "an id or a request number")
    if not 2 <= len(purpose) <= 200:
        raise InvalidArgument("purpose", "why you look, 2 to 200 characters")
    found = in_order(events.correlated(correlation, scope_of(by.actor), MAX_TRAIL))
    if not found:
        raise NotFound("trail")
    page = _page(found, {"correlation": correlation}, size, token, events)
    first, salt = found[0], by.ids.new()
    looked = by.granted(
        ObjectRef("trail", first.correlation_id, first.region_id, first.archive_id),
        correlation_id=first.correlation_id,
        facts={"purpose_commitment": commitment(salt, purpose), "events": len(page.items)},
    )
    events.keep(Look(looked.event_id, salt, purpose, looked.time))
    record(looked)
    return page


def commitment(salt: str, purpose: str) -> str:
    """SHA-256, hex: without the salt nobody can guess the words."""
    return sha256_hex(f"{salt}\n{purpose}".encode())


def _page(found: list[Logged], filter_: dict[str, str], size: int, token: str, events: Events) -> Page[Logged]:
    """So many events, and fewer where their leaves are large."""
    if size < 0:
        raise InvalidArgument("page_size", f"0 to {_TRAIL_PAGE}")
    after = decode_token(filter_, token)
    places = {event.leaf_index: place for place, event in enumerate(found)}
    start = 0 if after is None else _place(places, after) + 1
    wanted = found[start : start + min(size or _TRAIL_PAGE, _TRAIL_PAGE)]
    leaves = events.leaves([event.leaf_index for event in wanted])
    items: list[Logged] = []
    total = 0
    for event in wanted:
        leaf = leaves[event.leaf_index]
        total += len(leaf)
        if items and total > _PAGE_BYTES:
            break
        items.append(replace(event, leaf=leaf))
    more = start + len(items) < len(found)
    return Page(items, encode_token(filter_, [items[-1].leaf_index]) if more and items else "")


def _place(places: dict[int, int], after: list[str | int]) -> int:
    try:
        return places[int(after[0])]
    except (IndexError, KeyError, ValueError, TypeError):
        raise InvalidPageToken from None


def locate_publication(batch_id: str, *, events: Events) -> int:
    """Leaf index of the event that ended a publication; the entries themselves are public.

    Raises: InvalidArgument, NotFound: not logged, or not yet to be found.
    """
    if not is_uuid(batch_id):
        raise InvalidArgument("batch_id", "a UUID")
    wanted = EventFilter(action=PUBLISHED, outcome=Outcome.GRANTED.value, object_id=batch_id)
    found = events.search(wanted, size=1, token="").items
    if not found:
        raise NotFound("publication")
    return found[0].leaf_index


def event_in_scope(leaf_index: int, *, by: Actor, events: Events) -> Logged:
    """Raises: NotFound, OutOfScope."""
    event = events.one(leaf_index)
    if event is None:
        raise NotFound("event")
    if scope_of(by) is not None:
        by.require_region(event.region_id)
    return event
