"""An archive's review desk in memory: every port of the use cases, keeping state as the database does."""

import random
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from services.catalog.application.desk_ports import ScanKind
from services.catalog.application.review import ReviewDesk
from services.catalog.application.review_ports import Matched, RecordFields, ReviewTerms, Signable
from services.catalog.domain.acts import Act, LineFilter
from services.catalog.domain.batches import Batch
from services.catalog.domain.confirmation import Loan
from services.catalog.domain.fonds_history import FondsEvent, ScopeDecision
from services.catalog.domain.lines import Line
from services.catalog.domain.opinions import Disagreement, LetterState, UnitLetter
from services.catalog.domain.signatures import Side, Signature
from services.catalog.domain.verdicts import Decision
from services.common.domain.actor import Actor
from services.common.domain.audit_event import AuditEvent
from services.common.domain.caller import Caller
from services.common.domain.canonical import sha256_hex
from services.common.domain.errors import NotFound
from services.common.domain.ids import RandomIds
from services.common.domain.registry import Archive, Fonds, Region, Registry, Unit
from tests.builders.review import ARCHIVE, NOW, REGION, RULES, UNIT, Person

T = TypeVar("T")
IDS = RandomIds()


def archive(archive_id: str = ARCHIVE, district: str = "320581") -> Archive:
    """With a fonds whose unit is asked, and one without a unit."""
    units = (Unit(UNIT, "常熟市民政局"),)
    fonds = (Fonds("A001", "常熟市民政局", UNIT), Fonds("A004", "常熟县手工业联社"))
    return Archive(archive_id, REGION, archive_id, archive_id, "", district, "", "", True, units, fonds)


REGISTRY = Registry(
    1,
    (Region(REGION, "江苏省", "Jiangsu", "", "", (), (archive(), archive("a320500", "320500"))),),
    {},
)


class TurnedClock:
    """A clock that tests turn; each look is a millisecond later."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


@dataclass
class Kept:
    """What a database keeps of one batch."""

    batch: Batch
    lines: dict[str, Line]
    content: dict[str, str]
    acts: list[Act] = field(default_factory=list)
    former: dict[str, list[tuple[str, Line]]] = field(default_factory=dict)
    shown: set[tuple[str, str]] = field(default_factory=set)
    samples: set[tuple[str, LineFilter]] = field(default_factory=set)
    letters: dict[str, UnitLetter] = field(default_factory=dict)
    disagreements: dict[str, Disagreement] = field(default_factory=dict)
    events: list[AuditEvent] = field(default_factory=list)

    def copied(self) -> "Kept":
        """So that a transaction that fails leaves nothing behind."""
        parts = {name: copy(value) for name, value in vars(self).items()}
        parts["former"] = {name: list(value) for name, value in self.former.items()}
        return Kept(**parts)


class MemoryTx:
    """`ReviewTx` on a copy."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept

    @property
    def batch(self) -> Batch:
        return self.kept.batch

    def put(self, batch: Batch) -> None:
        assert batch.version > self.kept.batch.version, "each change is a next version"
        self.kept.batch = batch

    def record(self, event: AuditEvent) -> None:
        self.kept.events.append(event)

    def lines(self, record_ids: Sequence[str]) -> list[Line]:
        if not set(record_ids) <= self.kept.lines.keys():
            raise NotFound("a record is not on this list")
        return [line for line in self.all_lines() if line.record_id in set(record_ids)]

    def all_lines(self) -> list[Line]:
        return sorted(self.kept.lines.values(), key=lambda line: line.ordinal)

    def matching(self, wanted: LineFilter) -> list[Line]:
        return [line for line in self.all_lines() if _matches(line, wanted)]

    def matched(self, wanted: LineFilter, exceptions: Sequence[str]) -> Matched:
        found = self.matching(wanted)
        left = tuple(line for line in found if line.record_id not in exceptions)
        return Matched(len(left), len(found) - len(left), left)

    def decide(self, lines: Sequence[Line]) -> None:
        for line in lines:
            before = self.kept.lines[line.record_id]
            self.kept.former.setdefault(line.record_id, []).append((line.act_id, before))
            self.kept.lines[line.record_id] = line

    def tick(self, lines: Sequence[Line]) -> None:
        self.kept.lines.update({line.record_id: line for line in lines})

    def content_hashes(self, record_ids: Sequence[str]) -> dict[str, str]:
        return {one: self.kept.content[one] for one in record_ids if one in self.kept.content}

    def shown(self, by: str, record_ids: Sequence[str]) -> set[str]:
        return {one for one in record_ids if (by, one) in self.kept.shown}

    def previewed(self, by: str, wanted: LineFilter) -> bool:
        return (by, wanted) in self.kept.samples

    def add_act(self, act: Act) -> None:
        self.kept.acts.append(act)

    def recent_acts(self, by: str, count: int) -> list[Act]:
        return [act for act in reversed(self.kept.acts) if act.by == by][:count]

    def count_act(self, act_id: str) -> int:
        return sum(line.act_id == act_id for line in self.kept.lines.values())

    def undo(self, act: Act) -> tuple[list[Decision], list[Decision]]:
        mine = [line for line in self.all_lines() if line.act_id == act.act_id]
        for line in mine:
            _, was = self.kept.former[line.record_id].pop()
            back = {name: getattr(was, name) for name in ("verdict", "decided_by", "decided_at", "act_id")}
            self.kept.lines[line.record_id] = replace(line, **back, version=line.version + 1)
        return [line.decision for line in mine], [self.kept.lines[line.record_id].decision for line in mine]

    def mark_undone(self, act: Act, taken_back: int) -> None:
        undone = replace(act, undone=True, taken_back=taken_back)
        self.kept.acts = [undone if one.act_id == act.act_id else one for one in self.kept.acts]

    def letter(self, letter_id: str) -> UnitLetter:
        if letter_id not in self.kept.letters:
            raise NotFound("letter")
        return self.kept.letters[letter_id]

    def put_letter(self, letter: UnitLetter) -> None:
        self.kept.letters[letter.letter_id] = letter

    def void_letters(self) -> None:
        for letter_id, letter in self.kept.letters.items():
            if letter.state is LetterState.ENTERED:
                self.kept.letters[letter_id] = replace(letter, state=LetterState.VOID)

    def add_disagreements(self, disagreements: Sequence[Disagreement]) -> None:
        self.kept.disagreements.update({one.disagreement_id: one for one in disagreements})


class MemoryBatches:
    """`Batches` of one batch, and what else the use cases read of it."""

    def __init__(self, batch: Batch, lines: Iterable[Line]) -> None:
        listed = {line.record_id: line for line in lines}
        batch = replace(batch, total=len(listed), undecided=len(listed))
        self.kept = Kept(batch, listed, {one.record_id: one.content_hash for one in listed.values()})

    def get(self, batch_id: str) -> Batch:
        if batch_id != self.kept.batch.batch_id:
            raise NotFound("batch")
        return self.kept.batch

    def whole(self, batch_id: str) -> tuple[Batch, Sequence[Line]]:
        return self.get(batch_id), MemoryTx(self.kept).all_lines()

    def within(self, batch_id: str, work: Callable[[MemoryTx], T]) -> T:
        self.get(batch_id)
        tried = self.kept.copied()
        answer = work(MemoryTx(tried))
        self.kept = tried
        return answer

    def await_worker(self, batch_id: str, seconds: float) -> Batch:
        return self.get(batch_id)

    def create(self, batch: Batch, event: AuditEvent) -> None:
        raise AssertionError("the desk has its batch")

    def show(self, by: str, record_ids: Iterable[str]) -> None:
        """These lines, on a page that a person read."""
        self.kept.shown |= {(by, one) for one in record_ids}

    def sample(self, batch_id: str, wanted: LineFilter, size: int) -> tuple[int, list[tuple[Line, RecordFields]]]:
        found = MemoryTx(self.kept).matching(wanted)
        return len(found), [(line, {}) for line in random.sample(found, min(size, len(found)))]

    def show_sample(self, batch_id: str, by: str, wanted: LineFilter, lines: Sequence[Any]) -> None:
        self.kept.samples.add((by, wanted))

    def keep_scan(self, scan: bytes) -> str:
        return sha256_hex(scan)

    def letter(self, letter_id: str) -> UnitLetter:
        return MemoryTx(self.kept).letter(letter_id)

    def in_issues(self, archive_id: str) -> tuple[Sequence[Batch], Sequence[Batch]]:
        raise AssertionError("nobody lists here")

    def list(self, archive_id: str, unit_id: str | None, plan_id: str, *, size: int, token: str) -> Any:
        raise AssertionError("nobody lists here")


class MemoryFonds:
    """`FondsHistory`: events and their attestations."""

    def __init__(self) -> None:
        self.kept: dict[str, FondsEvent] = {}

    def events(self, archive_id: str) -> list[FondsEvent]:
        return [event for event in self.kept.values() if event.archive_id == archive_id]

    def event(self, event_id: str) -> FondsEvent:
        if event_id not in self.kept:
            raise NotFound("fonds event")
        return self.kept[event_id]

    def add(self, event: FondsEvent, audit: AuditEvent) -> None:
        self.kept[event.event_id] = event

    def attest(self, event: FondsEvent, audit: AuditEvent) -> None:
        self.kept[event.event_id] = event

    def scopes(self, archive_id: str) -> dict[str, ScopeDecision]:
        return {}

    def decide_scope(self, decision_id: str, decision: ScopeDecision, audit: AuditEvent) -> None:
        raise AssertionError("no scope is decided here")


class MemoryLoans:
    """`Loans`."""

    def __init__(self) -> None:
        self.kept: list[Loan] = []

    def standing(self, by: Actor, borrower_id: str, on: date) -> Loan | None:
        return next((loan for loan in self.kept if loan.lends(by, borrower_id, on)), None)


class Keys:
    """`Signer`: everybody's key."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = {person.actor.pseudonym: person for person in people}

    def sign(
        self, *, request_id: str, batch: Signable, side: Side, pseudonym: str, role: str, unit_id: str
    ) -> Signature:
        return self._people[pseudonym].sign(batch, side)


class Desk:
    """The use cases' ports over one batch."""

    def __init__(self, batch: Batch, lines: Iterable[Line], people: Iterable[Person], *, separate: bool = True) -> None:
        self.clock = TurnedClock()
        self.batches = MemoryBatches(batch, lines)
        self.fonds = MemoryFonds()
        self.loans = MemoryLoans()
        self._signer = Keys(people)
        self.terms = ReviewTerms(RULES, separate)

    @property
    def ports(self) -> ReviewDesk:
        """As the use cases take them."""
        nothing: Any = None
        return ReviewDesk(
            batches=self.batches,
            records=nothing,
            fonds=self.fonds,
            plans=nothing,
            loans=self.loans,  # type: ignore[arg-type]  # as far as these use cases go
            signer=self._signer,
            registry=REGISTRY,
            terms=self.terms,
        )

    def by(self, person: Person, action: str = "test") -> Caller:
        """A call of this person."""
        role = next(iter(person.actor.roles))
        return Caller(person.actor, role, action, IDS.new(), "", self.clock, IDS)


def any_scan(content: bytes) -> ScanKind:
    """Takes whatever it is for a PDF."""
    return ScanKind("application/pdf", 1)


def _matches(line: Line, wanted: LineFilter) -> bool:
    suggestion = line.suggestion or {}
    wishes: list[tuple[Any, Any]] = [
        (wanted.decision, line.decision),
        (wanted.group_id, line.group_id),
        (wanted.proposal, suggestion.get("proposal")),
        (wanted.rule, suggestion.get("rule")),
        (wanted.fonds, line.fonds),
        (wanted.year, line.year),
    ]
    return all(not wish or wish == value for wish, value in wishes)
