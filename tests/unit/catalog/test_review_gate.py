"""The gate of the opening review: whatever people do in whatever order, nothing gets past its rules."""

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.catalog.application import lines as line_cases
from services.catalog.application import opinions as opinion_cases
from services.catalog.application import review as cases
from services.catalog.application.lines import Matching
from services.catalog.application.opinions import Reply
from services.catalog.application.review_ports import ReviewTerms
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.batches import FROZEN, State
from services.catalog.domain.confirmation import Loan
from services.catalog.domain.fonds_history import EventKind, FondsEvent
from services.catalog.domain.lines import PackageOpinion, list_root
from services.catalog.domain.opinions import LetterState, Way
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import LISTED, Decision, Verdict
from services.common.domain.actor import Role
from services.common.domain.clock import legal_day
from services.common.domain.errors import TongdangError
from tests.builders import review
from tests.builders.review import NOW, Person
from tests.builders.review_desk import IDS, Desk, any_scan

_PEOPLE = (
    Person(1, Role.REVIEWER),
    Person(2, Role.REVIEWER),
    Person(3, Role.REVIEWER, Role.DIRECTOR),
    Person(4, Role.DIRECTOR),
    Person(5, Role.UNIT_OFFICER, unit_id=review.UNIT),
    Person(6, Role.UNIT_OFFICER, unit_id="u320581-ny"),
    Person(7, Role.DIRECTOR, archive_id="a320500"),
    Person(8, Role.REVIEWER, archive_id="a320500"),
)
_SIZE = 4
_IDS = [review.line(number).record_id for number in range(_SIZE)]
people = st.sampled_from(_PEOPLE)
some_ids = st.lists(st.sampled_from(_IDS), min_size=1, max_size=_SIZE, unique=True)
verdicts = st.sampled_from(
    [
        review.OPEN,
        review.OPEN,
        review.DEFER,
        Verdict(Decision.HOLD, "", "待核"),
        Verdict(),
        Verdict(Decision.OPEN, "O2", "科技类", early_class="science"),
        Verdict(Decision.OPEN, "D1"),
        Verdict(Decision.OPEN, ""),
        Verdict(Decision.DEFER, "D2"),
        Verdict(Decision.OPEN, "O1", masked_title="关于某人的决定", mask_reason="含姓名"),
    ]
)


class Gate(RuleBasedStateMachine):
    """Everybody tries everything, also what is none of their business; refusals change nothing."""

    alone = False
    separate = True

    def __init__(self) -> None:
        super().__init__()
        batch = review.batch(unit_id="" if self.alone else review.UNIT, fonds=("A004",) if self.alone else ("A001",))
        lines = [self._line(number) for number in range(_SIZE)]
        self.desk = Desk(batch, lines, _PEOPLE, separate=self.separate)
        self.ticks: dict[str, str] = {}
        self.last_change = self.stated = 0
        self.step = 0
        self.letters: list[str] = []
        if self.alone:
            self.desk.fonds.kept["e"] = _none_exists()

    def _line(self, number: int) -> Any:
        package = PackageOpinion(Decision.OPEN, "2026-01-01", "P1") if number % 2 else None
        due = {"eligible_on": None} if number == _SIZE - 1 else {}
        return review.line(number, package=package, **due)

    def _try(self, step: Callable[[], Any]) -> Any:
        before = self.desk.batches.kept
        self.step += 1
        try:
            return step()
        except TongdangError:
            assert self.desk.batches.kept is before, "a refusal changes nothing"
            return None

    @property
    def kept(self) -> Any:
        return self.desk.batches.kept

    @rule(by=people, ids=some_ids, verdict=verdicts, stale=st.booleans())
    def decide(self, by: Person, ids: list[str], verdict: Verdict, stale: bool) -> None:
        seen = {one: self.kept.lines[one].version - stale for one in ids}
        act = self._try(
            lambda: line_cases.decide_lines(
                act_id=IDS.new(),
                batch_id=self.kept.batch.batch_id,
                seen=seen,
                verdict=verdict,
                by=self.desk.by(by),
                batches=self.desk.batches,
            )
        )
        if act:
            assert not stale, "nobody overwrites what another decided"
            self.last_change = self.step

    @rule(by=people, undecided=st.booleans(), preview=st.booleans(), verdict=verdicts, left_out=some_ids)
    def decide_matching(
        self, by: Person, undecided: bool, preview: bool, verdict: Verdict, left_out: list[str]
    ) -> None:
        wanted = LineFilter(decision=Decision.UNDECIDED if undecided else None)
        matched = [one for one in self.kept.lines.values() if not undecided or one.decision is Decision.UNDECIDED]
        if preview:
            self._try(
                lambda: line_cases.preview_matching(
                    batch_id=self.kept.batch.batch_id,
                    wanted=wanted,
                    by=self.desk.by(by),
                    batches=self.desk.batches,
                    lines=self.desk.batches,  # type: ignore[arg-type]  # as far as previews go
                )
            )
        matching = Matching(wanted, tuple(left_out), len(matched) - len(left_out))
        before = dict(self.kept.lines)
        act = self._try(
            lambda: line_cases.decide_matching(
                act_id=IDS.new(),
                batch_id=self.kept.batch.batch_id,
                matching=matching,
                verdict=verdict,
                by=self.desk.by(by),
                batches=self.desk.batches,
            )
        )
        if act:
            self.last_change = self.step
            changed = {one for one, line in self.kept.lines.items() if line != before[one]}
            assert changed == {line.record_id for line in matched} - set(left_out), "exactly those change"

    @precondition(lambda self: self.kept.acts)
    @rule(by=people, which=st.integers(0, 20))
    def undo(self, by: Person, which: int) -> None:
        act = self.kept.acts[which % len(self.kept.acts)]
        undone = self._try(
            lambda: line_cases.undo_act(
                act_id=act.act_id,
                batch_id=self.kept.batch.batch_id,
                by=self.desk.by(by),
                batches=self.desk.batches,
            )
        )
        if undone:
            assert act.by == by.actor.pseudonym, "one's own acts alone"
            self.last_change = self.step

    @rule(by=people, ids=some_ids, shown=st.booleans())
    def tick(self, by: Person, ids: list[str], shown: bool) -> None:
        if shown:
            self.desk.batches.show(by.actor.pseudonym, ids)
        ticked = self._try(
            lambda: line_cases.review_secrecy(
                batch_id=self.kept.batch.batch_id, record_ids=ids, by=self.desk.by(by), batches=self.desk.batches
            )
        )
        if ticked:
            assert all((by.actor.pseudonym, one) in self.kept.shown for one in ids)
            self.ticks.update({one: self.kept.content[one] for one in ids})

    @rule(one=st.sampled_from(_IDS))
    def record_changes(self, one: str) -> None:
        """As a restored or damaged database might have it; an import cannot change a record on a list."""
        self.kept.content[one] = "f" * 64

    @rule(by=people, clear=st.sampled_from([True, True, False]))
    def aggregation(self, by: Person, clear: bool) -> None:
        stated = self._try(
            lambda: cases.state_aggregation(
                batch_id=self.kept.batch.batch_id,
                clear=clear,
                reason="looked",
                by=self.desk.by(by),
                batches=self.desk.batches,
            )
        )
        if stated:
            self.stated = self.step if clear else 0

    @rule(by=st.sampled_from(_PEOPLE[:3]))
    def goes_on(self, by: Person) -> None:
        """What a diligent archive does next, so that runs get far."""
        batch = self.kept.batch
        if batch.state is State.REVIEW:
            self._prepare(by)
            self.freeze(by, False)
        elif Side.ARCHIVE not in batch.standing:
            self.sign(by, Side.ARCHIVE, False)
        elif batch.state is State.PARTLY_SIGNED:
            self.sign(by if self.alone else _PEOPLE[4], batch.sides[1], False)
        elif batch.state is State.SIGNED:
            self.publish(_PEOPLE[2])

    def _prepare(self, by: Person) -> None:
        for one in _IDS:
            for wanted in (review.OPEN, Verdict(Decision.HOLD, "", "日期不明")):  # the second, if the first is refused
                if self.kept.lines[one].decision is Decision.UNDECIDED:
                    self.decide(by, [one], wanted, False)
        self.tick(by, list(_IDS), True)
        if self.kept.batch.aggregation is None:
            self.aggregation(by, True)

    @rule(by=people, outdated=st.sampled_from([False, False, False, True]))
    def freeze(self, by: Person, outdated: bool) -> None:
        self.desk.terms = ReviewTerms("rules-2" if outdated else review.RULES, self.separate)
        frozen = self._try(
            lambda: cases.freeze_batch(batch_id=self.kept.batch.batch_id, by=self.desk.by(by), desk=self.desk.ports)
        )
        assert not (frozen and outdated), "nothing is frozen under rules that are no more"

    @rule(by=people)
    def reopen(self, by: Person) -> None:
        self._try(
            lambda: cases.reopen_batch(
                batch_id=self.kept.batch.batch_id, reason="again", by=self.desk.by(by), batches=self.desk.batches
            )
        )

    @rule(by=people, side=st.sampled_from(Side), stale=st.sampled_from([False, False, True]))
    def sign(self, by: Person, side: Side, stale: bool) -> None:
        root = "0" * 64 if stale else self.kept.batch.root
        signed = self._try(
            lambda: cases.sign_batch(
                request_id=IDS.new(),
                batch_id=self.kept.batch.batch_id,
                side=side,
                root=root,
                by=self.desk.by(by),
                desk=self.desk.ports,
            )
        )
        assert not (signed and stale)

    @rule(by=people, ids=some_ids)
    def objects(self, by: Person, ids: list[str]) -> None:
        self._try(
            lambda: opinion_cases.object_lines(
                batch_id=self.kept.batch.batch_id,
                record_ids=ids,
                reason="不同意",
                by=self.desk.by(by),
                batches=self.desk.batches,
            )
        )

    @rule(by=people, opposed=st.lists(st.sampled_from(_IDS), max_size=2, unique=True))
    def letter(self, by: Person, opposed: list[str]) -> None:
        reply = Reply(
            self.kept.batch.root, "民函〔2026〕3号", date(2026, 11, 1), tuple(opposed), "不宜" if opposed else "", b"x"
        )
        entered = self._try(
            lambda: opinion_cases.enter_letter(
                letter_id=IDS.new(),
                batch_id=self.kept.batch.batch_id,
                reply=reply,
                inspect=any_scan,
                by=self.desk.by(by),
                batches=self.desk.batches,
                opinions=self.desk.batches,  # type: ignore[arg-type]  # as far as letters go
            )
        )
        if entered:
            self.letters.append(entered.letter_id)

    @precondition(lambda self: self.letters)
    @rule(by=people, confirmed=st.sampled_from([True, True, False]), which=st.integers(0, 20))
    def check_letter(self, by: Person, confirmed: bool, which: int) -> None:
        letter_id = self.letters[-1 - which % len(self.letters)]
        self._try(
            lambda: opinion_cases.check_letter(
                letter_id=letter_id,
                confirmed=confirmed,
                note="" if confirmed else "文号不符",
                by=self.desk.by(by),
                batches=self.desk.batches,
                opinions=self.desk.batches,  # type: ignore[arg-type]  # as far as letters go
            )
        )

    @rule(until=st.sampled_from([date(2026, 12, 1), date(2026, 11, 1)]))
    def lend(self, until: date) -> None:
        loan = Loan(IDS.new(), review.ARCHIVE, "a320500", "借调1号", date(2026, 10, 1), until, "4" * 32, NOW)
        self.desk.loans.kept.append(loan)

    @precondition(lambda self: self.kept.batch.state in FROZEN)
    @rule(by=people)
    def publish(self, by: Person) -> None:
        published = self._try(
            lambda: cases.publish_batch(batch_id=self.kept.batch.batch_id, by=self.desk.by(by), desk=self.desk.ports)
        )
        if published:
            self._require_lawful(by)

    @invariant()
    def counts_are_those_of_the_lines(self) -> None:
        batch, lines = self.kept.batch, self.kept.lines.values()
        counted = {decision: sum(line.decision is decision for line in lines) for decision in Decision}
        assert (batch.undecided, batch.opening, batch.deferred, batch.held) == tuple(counted.values())
        assert batch.ticked == sum(line.ticked for line in lines)

    @invariant()
    def a_root_is_that_of_the_lines(self) -> None:
        batch = self.kept.batch
        listed = [line.entry() for line in self.kept.lines.values() if line.decision is not Decision.HOLD]
        assert batch.root == (list_root(listed) if batch.state in {*FROZEN, State.PUBLISHING} else "")

    def _require_lawful(self, by: Person) -> None:
        """What must be so of any publication, told without the code that decides it."""
        batch, lines = self.kept.batch, [one for one in self.kept.lines.values() if one.decision in LISTED]
        assert lines
        assert batch.undecided == 0
        for line in lines:
            assert self.ticks[line.record_id] == line.content_hash, "a secrecy review of this very content"
            if line.decision is Decision.OPEN:
                due = line.eligible_on and date.fromisoformat(line.eligible_on) <= legal_day(NOW)
                assert line.verdict.rule == "O1" if due else line.verdict.rule in ("O2", "O3")
                assert due or line.verdict.reason
            else:
                assert line.verdict.rule in ("D1", "D2", "D3")
                assert line.verdict.reason
            assert not line.disagreement_id
        assert self.stated > self.last_change, "the list as a whole was looked at after the last decision"
        self._require_two_sides(by)

    def _require_two_sides(self, by: Person) -> None:
        batch = self.kept.batch
        roles = {person.actor.pseudonym: person.actor for person in _PEOPLE}
        signers = {one.side: roles[one.pseudonym] for one in batch.signatures}
        assert len({actor.pseudonym for actor in signers.values()}) == len(signers)
        assert Role.REVIEWER in signers[Side.ARCHIVE].roles
        assert signers[Side.ARCHIVE].archive_id == review.ARCHIVE
        answering: tuple[str, ...] = ()
        if self.alone:
            assert signers[Side.ARCHIVE_SECOND].archive_id == review.ARCHIVE
        elif Side.CREATING_UNIT in signers:
            assert signers[Side.CREATING_UNIT].unit_id == review.UNIT
        else:
            assert batch.evidence
            answering = batch.evidence.people
            if batch.evidence.way is Way.LETTER:
                confirmed = [one for one in self.kept.letters.values() if one.state is LetterState.CONFIRMED]
                assert any({one.entered_by, one.checked_by} == set(answering) for one in confirmed)
                assert len(set(answering)) == 2
            else:
                opening = [one for one in self.kept.lines.values() if one.decision is Decision.OPEN]
                assert all(one.package and one.package.opinion is Decision.OPEN for one in opening)
        stood = {actor.pseudonym for actor in signers.values()} | set(answering)
        assert Role.DIRECTOR in by.actor.roles
        if self.separate:
            assert by.actor.pseudonym not in stood
        assert len(stood | {by.actor.pseudonym}) >= 2
        if by.actor.archive_id != review.ARCHIVE:
            assert any(loan.lends(by.actor, review.ARCHIVE, legal_day(NOW)) for loan in self.desk.loans.kept)


class GateAlone(Gate):
    """The same where no unit exists."""

    alone = True


class GateWithoutSeparateConfirmer(Gate):
    """The same where the configuration lets a signer confirm."""

    separate = False


_RUNS = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestGate = Gate.TestCase
TestGate.settings = _RUNS
TestGateAlone = GateAlone.TestCase
TestGateAlone.settings = _RUNS
TestGateWithoutSeparateConfirmer = GateWithoutSeparateConfirmer.TestCase
TestGateWithoutSeparateConfirmer.settings = _RUNS


def _none_exists() -> FondsEvent:
    return FondsEvent(
        "e",
        review.ARCHIVE,
        "A004",
        EventKind.NONE_EXISTS,
        "1号",
        date(2026, 1, 1),
        "",
        "",
        "1" * 32,
        NOW,
        "2" * 32,
        NOW,
    )
