"""What a reader of a file gets who has a part of it, or all of it, already (RFC 9110 §13, §14)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.portal.domain.ranges import is_beyond, requested_range

WHOLE, PART, NOT_MODIFIED, BEYOND = 200, 206, 304, 416


@dataclass(frozen=True)
class Wanted:
    """`status`: one of the four. `first`, `last`: bytes to send, where there are any."""

    status: int
    first: int = 0
    last: int = -1


def wanted(headers: Mapping[str, str], etag: str, size: int) -> Wanted:
    """From a request's headers, their names in lower case. `etag`: strong, in quotes."""
    held = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
    if etag in held or "*" in held:
        return Wanted(NOT_MODIFIED)
    asked = headers.get("range", "")
    if headers.get("if-range", etag) != etag:
        asked = ""
    if is_beyond(asked, size):
        return Wanted(BEYOND)
    first, last, partial = requested_range(asked, size)
    return Wanted(PART if partial else WHOLE, first, last)
