"""HTTP ranges (RFC 9110 §14): one range of bytes, so that a broken download goes on where it stopped."""

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def requested_range(header: str, size: int) -> tuple[int, int, bool]:
    """First and last byte to send, and whether that is a part; anything unclear means the whole."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or size == 0 or match.groups() == ("", ""):
        return 0, size - 1, False
    start, end = match.groups()
    if not start:
        return max(0, size - int(end)), size - 1, True
    first = int(start)
    last = min(int(end) if end else size - 1, size - 1)
    return (first, last, True) if first <= last else (0, size - 1, False)


def is_beyond(header: str, size: int) -> bool:
    """Whether a range begins behind the end: whoever goes on with a file that is whole already asks so."""
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        return False
    start, end = match.groups()
    if not start:
        return end != "" and int(end) == 0
    return int(start) >= size and (not end or int(start) <= int(end))
