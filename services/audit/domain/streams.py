"""What may be appended next of each producer's stream: one after the other, repeats dropped, gaps held, lies logged."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What becomes of an event that arrived."""

    APPEND = "append"
    REPEAT = "repeat"
    EQUIVOCATION = "equivocation"
    GAP = "gap"


@dataclass(frozen=True)
class Arrived:
    """One event as read from Kafka. `stream` is empty where the bytes could not be read."""

    stream: str
    seq: int
    leaf: bytes


@dataclass
class Streams:
    """Last sequence number and leaf hash of each stream."""

    last: dict[str, tuple[int, str]] = field(default_factory=dict)

    def judge(self, arrived: Arrived, stored_hash: str | None) -> Verdict:
        """`stored_hash`: hex of the leaf logged under the same number, when it is not above the last one."""
        last, _ = self.last.get(arrived.stream, (0, ""))
        if arrived.seq == last + 1:
            return Verdict.APPEND
        if arrived.seq > last + 1:
            return Verdict.GAP
        return Verdict.REPEAT if stored_hash == digest(arrived.leaf) else Verdict.EQUIVOCATION

    def append(self, arrived: Arrived) -> None:
        """The event is the stream's last one now."""
        self.last[arrived.stream] = (arrived.seq, digest(arrived.leaf))

    def copy(self) -> "Streams":
        """A copy to work on."""
        return Streams(dict(self.last))


def digest(leaf: bytes) -> str:
    """SHA-256 of a leaf, hex."""
    return hashlib.sha256(leaf).hexdigest()
