"""What may be appended next of each producer's stream: one after the other, repeats dropped, gaps held, lies logged."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

OWN_STREAM = "audit-log"
"""Findings of the log itself: equivocations, gaps, unreadable bytes. They have no number: positions make them once."""


class Verdict(StrEnum):
    """What becomes of an event that arrived."""

    APPEND = "append"
    REPEAT = "repeat"
    EQUIVOCATION = "equivocation"
    GAP = "gap"


class Finding(StrEnum):
    """What the log has to say of its own."""

    EQUIVOCATION = "equivocation"
    GAP = "gap"
    UNREADABLE = "unreadable"


class Place(NamedTuple):
    """Where a message lies in Kafka."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True)
class Arrived:
    """One event. `stream` is empty where the bytes could not be read; `place` is None where it lies not in Kafka."""

    stream: str
    seq: int
    leaf: bytes
    place: Place | None = None


@dataclass
class Streams:
    """Last sequence number and leaf hash of each stream, and the gaps that the log has already spoken of."""

    last: dict[str, tuple[int, str]] = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)

    def judge(self, arrived: Arrived, logged: str | None) -> Verdict:
        """`logged`: digest of the leaf logged under the same number, where the number is not above the last one."""
        last = self.last_seq(arrived.stream)
        if arrived.seq == last + 1:
            return Verdict.APPEND
        if arrived.seq > last + 1:
            return Verdict.GAP
        return Verdict.REPEAT if logged == digest(arrived.leaf) else Verdict.EQUIVOCATION

    def last_seq(self, stream: str) -> int:
        """0 for a stream of which nothing is logged."""
        return self.last.get(stream, (0, ""))[0]

    def append(self, arrived: Arrived) -> None:
        """The event is the stream's last one now."""
        self.last[arrived.stream] = (arrived.seq, digest(arrived.leaf))

    def gap_is_news(self, stream: str) -> bool:
        """Whether the event now missing of the stream was not spoken of yet; from now on it was."""
        missing = self.last_seq(stream) + 1
        news = self.gaps.get(stream) != missing
        self.gaps[stream] = missing
        return news

    def copy(self) -> "Streams":
        """A copy to work on."""
        return Streams(dict(self.last), dict(self.gaps))


def digest(leaf: bytes) -> str:
    """SHA-256 of a leaf, hex."""
    return hashlib.sha256(leaf).hexdigest()
