"""The order in which entries were opened and retracted: by second, then by key, as one number.

A number of fifty-odd bits costs a fast field less than seven bytes a record, and sorts; second and key apart would need
two fields and a sort that the index does not have. Entries of one second whose keys begin alike share a number, so a
page ends only where the number changes. The last bit tells a retraction.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

_EPOCH = 1_577_836_800
"""2020-01-01T00:00:00Z in Unix seconds."""
_KEY_BITS, _LOW_BITS = 19, 20
LAST = (1 << 62) - 1


@dataclass(frozen=True)
class Window:
    """Which changes: seconds, both inclusive, None for open ended; empty ids do not filter."""

    region_id: str = ""
    archive_id: str = ""
    first: datetime | None = None
    last: datetime | None = None

    @property
    def numbers(self) -> tuple[int, int]:
        """The first and the last number of the window."""
        low = place(self.first, bytes(16), retracted=False) if self.first else 0
        return low, place(self.last, b"\xff" * 16, retracted=True) if self.last else LAST


def place(moment: datetime, key: bytes, *, retracted: bool) -> int:
    """The number of a change. `key`: sixteen bytes; a moment before 2020 counts as its first second."""
    seconds = min(max(0, int(moment.timestamp()) - _EPOCH), LAST >> _LOW_BITS)
    return seconds << _LOW_BITS | int.from_bytes(key[:4], "big") >> 32 - _KEY_BITS << 1 | retracted


def moment_of(number: int) -> datetime:
    """The second of a change, UTC."""
    return datetime.fromtimestamp((number >> _LOW_BITS) + _EPOCH, UTC)


def is_retraction(number: int) -> bool:
    """Whether the change took an entry back."""
    return bool(number & 1)
