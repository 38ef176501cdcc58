"""The leaves that arriving events add to the log, in their order."""

from collections.abc import Callable, Iterator
from typing import Protocol

from services.audit.domain.streams import Arrived, Finding, Streams, Verdict


class Held(Protocol):
    """Events that wait for one that is missing."""

    def hold(self, arrived: Arrived) -> bool:
        """Keeps the event for good; False where another leaf is held under its number."""
        ...

    def following(self, stream: str, seq: int) -> Iterator[Arrived]:
        """What is held of a stream behind a number, without gap."""
        ...

    def streams(self) -> set[str]:
        """Streams of which something is held."""
        ...


class Intake:
    """One batch against the streams' state, which moves with each leaf.

    Between two leaves the state fits what was yielded; what is interrupted there goes on when the last event arrives
    again, since a repeat too sets free what is held behind it.
    """

    def __init__(
        self,
        streams: Streams,
        held: Held,
        logged: Callable[[str, int], str | None],
        finding: Callable[[Finding, Arrived], Arrived],
    ) -> None:
        self._streams = streams
        self._held = held
        self._held_streams = held.streams()
        self._logged = logged
        self._finding = finding
        self._here: dict[tuple[str, int], str] = {}

    def arrive(self, arrived: Arrived) -> Iterator[Arrived]:
        """The event itself, what it sets free, or what there is to say about it."""
        if not arrived.stream:
            yield self._finding(Finding.UNREADABLE, arrived)
            return
        yield from self._judged(arrived)
        if arrived.stream in self._held_streams:
            for following in self._held.following(arrived.stream, self._streams.last_seq(arrived.stream)):
                yield self._appended(following)

    def _judged(self, arrived: Arrived) -> Iterator[Arrived]:
        match self._streams.judge(arrived, self._logged_digest(arrived)):
            case Verdict.APPEND:
                yield self._appended(arrived)
            case Verdict.EQUIVOCATION:
                yield self._finding(Finding.EQUIVOCATION, arrived)
            case Verdict.GAP:
                self._held_streams.add(arrived.stream)
                if not self._held.hold(arrived):
                    yield self._finding(Finding.EQUIVOCATION, arrived)
                if self._streams.gap_is_news(arrived.stream):
                    yield self._finding(Finding.GAP, arrived)

    def _appended(self, event: Arrived) -> Arrived:
        self._streams.append(event)
        self._here[event.stream, event.seq] = self._streams.last[event.stream][1]
        return event

    def _logged_digest(self, arrived: Arrived) -> str | None:
        last, last_digest = self._streams.last.get(arrived.stream, (0, ""))
        if arrived.seq > last:
            return None
        if arrived.seq == last:
            return last_digest
        return self._here.get((arrived.stream, arrived.seq)) or self._logged(arrived.stream, arrived.seq)
