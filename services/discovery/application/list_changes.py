"""Listing what was opened and retracted, oldest first: what harvesters and feeds are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.common.domain.errors import InvalidArgument, InvalidPageToken
from services.common.domain.paging import decode_token, encode_token, page_size
from services.discovery.application.ports import Changed, UnionIndex
from services.discovery.domain.changes import Window


@dataclass(frozen=True)
class ChangesPage:
    """Some states, each the newest of its record, and the token of the next ones."""

    changes: Sequence[Changed]
    next_token: str


def list_changes(window: Window, *, size: int, newest_first: bool, token: str, index: UnionIndex) -> ChangesPage:
    """A record stands where it changed last. The token continues behind a change, whatever was published since.

    Raises: InvalidArgument: the window ends before it begins; InvalidPageToken.
    """
    if window.first and window.last and window.first > window.last:
        raise InvalidArgument("from", "not after until")
    bound = {**{name: str(value) for name, value in vars(window).items()}, "newest_first": newest_first}
    after = decode_token(bound, token)
    if after is not None and (len(after) != 1 or not isinstance(after[0], int) or not 0 <= after[0] < 1 << 62):
        raise InvalidPageToken
    behind = int(after[0]) if after else None
    found = index.changes(window, behind=behind, limit=page_size(size), newest_first=newest_first)
    return ChangesPage(found.changes, "" if found.last is None else encode_token(bound, [found.last]))
