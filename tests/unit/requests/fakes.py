"""One fake for each port of requests; each keeps state, so that tests assert outcomes."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import AuditEvent
from services.common.domain.caller import Caller
from services.common.domain.errors import NotFound, RequestIdReused, Unavailable
from services.common.domain.ids import RandomIds
from services.common.domain.messages import Letter, OutboxMessage
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.idempotency import require_request_id
from services.requests.application.ports import MutatingRequest, Unit
from services.requests.domain.errors import RecordNotOpen
from services.requests.domain.request import RetrievalRequest, WantedRecord


@dataclass
class TurnedClock:
    """Stands still until it is turned."""

    moment: datetime = datetime(2026, 11, 23, 4, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def turn(self, days: int) -> None:
        self.moment += timedelta(days=days)


def caller(clock: TurnedClock, action: str = "request.submit", *, via: str = "portal", proof: bool = True) -> Caller:
    """A citizen of Guizhou, or the service `via`."""
    actor = Actor("c" * 32, frozenset({Role.CITIZEN}), via, region_id="520000", proof_checked=proof)
    if via != "portal":
        actor = Actor.service(via)
    return Caller(actor, sorted(actor.roles)[0], action, "", "", clock, RandomIds())


@dataclass
class FakeCatalogue:
    """Port `OpenCatalogue`."""

    records: dict[str, WantedRecord] = field(default_factory=dict)
    down: bool = False

    def record(self, record_id: str) -> WantedRecord:
        if self.down:
            raise Unavailable("discovery", retry_after_s=5)
        if record_id not in self.records:
            raise RecordNotOpen(record_id)
        return self.records[record_id]


@dataclass
class FakeNumbers:
    """Port `Numbers`."""

    last: int = 0

    def next(self, region_id: str, day: date) -> str:
        self.last += 1
        return f"{region_id}-{day:%Y%m%d}-{self.last:06d}"

    def skip(self, given: Iterable[str]) -> None:
        self.last = max([self.last, *(int(number.rpartition("-")[2]) for number in given)])


@dataclass
class FakeRequests:
    """Port `Requests`, one transaction at a time."""

    kept: dict[str, RetrievalRequest] = field(default_factory=dict)
    answers: dict[tuple[str, str, str], tuple[str, bytes]] = field(default_factory=dict)
    messages: list[OutboxMessage] = field(default_factory=list)
    events: list[AuditEvent] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    arrived: dict[str, int] = field(default_factory=dict)
    """Leg → highest number of ours that the province is known to have."""

    def run(self, work: Callable[[Unit], bytes]) -> bytes:
        unit = _FakeUnit(replace(self, kept=dict(self.kept), messages=[], events=[], letters=[], arrived={}))
        answer = work(unit)
        self.kept = unit.after.kept
        self.messages += unit.after.messages
        self.events += unit.after.events
        self.letters += unit.after.letters
        self.arrived |= unit.after.arrived
        return answer

    def answered(self, by: Caller, message: MutatingRequest) -> bytes | None:
        require_request_id(message.request_id)
        before = self.answers.get((by.actor.pseudonym, by.action, message.request_id))
        if before is None:
            return None
        if before[0] != _digest(message):
            raise RequestIdReused
        return before[1]

    def run_once(
        self, by: Caller, message: MutatingRequest, work: Callable[[Unit], bytes], known: bytes | None = None
    ) -> bytes:
        before = self.answered(by, message)
        if before is not None:
            return before
        answer = self.run(work)
        self.answers[by.actor.pseudonym, by.action, message.request_id] = (_digest(message), answer)
        return answer

    def own(self, request_id: str, pseudonym: str) -> RetrievalRequest:
        return _FakeUnit(self).own(request_id, pseudonym)

    def list_own(self, pseudonym: str, size: int, token: str) -> Page[RetrievalRequest]:
        filter_ = {"pseudonym": pseudonym}
        mine = sorted(
            (one for one in self.kept.values() if one.pseudonym == pseudonym),
            key=lambda one: (one.submitted_at, one.request_id),
            reverse=True,
        )
        last = decode_token(filter_, token)
        if last:
            mine = mine[[one.request_id for one in mine].index(str(last[0])) + 1 :]
        limit = page_size(size)
        more = encode_token(filter_, [mine[limit - 1].request_id]) if len(mine) > limit else ""
        return Page(mine[:limit], more)

    def running_out(self, today: date) -> Iterator[str]:
        yield from [one.request_id for one in self.kept.values() if one.late_on(today)]


@dataclass
class _FakeUnit:
    after: FakeRequests

    def of_leg(self, leg_id: str) -> RetrievalRequest:
        return self._first(lambda one: one.leg_id == leg_id)

    def own(self, request_id: str, pseudonym: str) -> RetrievalRequest:
        return self._first(lambda one: (one.request_id, one.pseudonym) == (request_id, pseudonym))

    def get(self, request_id: str) -> RetrievalRequest:
        return self._first(lambda one: one.request_id == request_id)

    def add(self, request: RetrievalRequest) -> None:
        if request.request_id in self.after.kept:
            raise RequestIdReused
        self.after.kept[request.request_id] = request

    def save(self, request: RetrievalRequest) -> None:
        self.after.kept[request.request_id] = request

    def emit(self, *messages: OutboxMessage) -> None:
        self.after.messages.extend(messages)

    def record(self, event: AuditEvent) -> None:
        self.after.events.append(event)

    def post(self, letter: Letter) -> None:
        self.after.letters.append(letter)

    def arrived(self, leg_id: str, number: int, at: datetime) -> None:
        self.after.arrived[leg_id] = number

    def _first(self, matches: Callable[[RetrievalRequest], bool]) -> RetrievalRequest:
        for one in self.after.kept.values():
            if matches(one):
                return one
        raise NotFound("request")


def _digest(message: MutatingRequest) -> str:
    return hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()
