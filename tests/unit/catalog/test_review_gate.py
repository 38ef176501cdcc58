"""The gate of the opening review: whatever people do in whatever order, nothing gets past its rules."""

from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from services.catalog.application import cancelling
from services.catalog.application import issues as issue_cases
from services.catalog.application import opinions as opinion_cases
from services.catalog.application import review as cases
from services.catalog.application.opinions import Reply
from services.catalog.application.review_ports import ReviewTerms
from services.catalog.domain.batches import FROZEN, REOPENABLE
from services.catalog.domain.confirmation import Loan
from services.catalog.domain.gathering import Matter
from services.catalog.domain.issues import Rhythm
from services.catalog.domain.lines import list_root
from services.catalog.domain.opinions import LetterState, Way
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import LISTED, Decision, Verdict
from services.catalog.domain.work_list import State
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import AuditEvent
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from tests.builders import review
from tests.builders.review import NOW, Person
from tests.builders.review_desk import IDS, any_scan
from tests.unit.catalog.gate_of_lines import GATHERER, LISTED_IDS, PEOPLE, LineGate, people, some_ids


class Usual:
    """`Rhythms` where no director set one."""

    def get(self, archive_id: str) -> Rhythm:
        return Rhythm()

    def put(self, archive_id: str, rhythm: Rhythm, event: AuditEvent) -> None:
        raise AssertionError("nobody changes it here")


USUAL = Usual()


class Gate(LineGate):
    """What both sides, the confirmer and the worker try."""

    confirmer = PEOPLE[2]
    """Who confirmed for a day last."""

    @rule(by=st.sampled_from(PEOPLE[:3]))
    def goes_on(self, by: Person) -> None:
        """What a diligent archive does next, so that runs get far."""
        batch = self.kept.batch
        if batch.state is State.REVIEW:
            self._prepare(by)
            self.rules_change(review.RULES)
            self.freeze(by)
        elif Side.ARCHIVE not in batch.standing:
            self.sign(by, Side.ARCHIVE, False)
        elif batch.state is State.PARTLY_SIGNED:
            self.sign(by if self.alone else PEOPLE[4], batch.sides[1], False)
        elif batch.state is State.SIGNED and by is PEOPLE[0]:
            self.schedule(PEOPLE[2], 0)
        elif batch.state is State.SIGNED:
            self.publish(PEOPLE[2])
        elif batch.state is State.SCHEDULED:
            self.clock_jumps(120)
            self.worker_looks()

    def _prepare(self, by: Person) -> None:
        for one in LISTED_IDS:
            opening = review.OPEN_TEXT if self.matter is Matter.TEXT else review.OPEN
            for wanted in (opening, Verdict(Decision.HOLD, "", "日期不明")):  # the second, if the first is refused
                if self.kept.lines[one].decision is Decision.UNDECIDED:
                    self.decide(by, [one], wanted, False)
        self.tick(by, list(LISTED_IDS), True)
        if self.kept.batch.aggregation is None:
            self.aggregation(by, True)

    @rule(table=st.sampled_from(["rules-2", *[review.RULES] * 3]))
    def rules_change(self, table: str) -> None:
        """Or change back, as by a program that was rolled back."""
        self.desk.terms = ReviewTerms(table, self.separate)

    @property
    def outdated(self) -> bool:
        return self.desk.terms.rules != self.kept.batch.rule_version

    @rule(by=people)
    def freeze(self, by: Person) -> None:
        frozen = self.attempt(
            lambda: cases.freeze_batch(batch_id=self.kept.batch.batch_id, by=self.desk.by(by), desk=self.desk.ports)
        )
        assert not (frozen and self.outdated), "nothing is frozen under rules that are no more"

    @rule(by=people)
    def reopen(self, by: Person) -> None:
        self.attempt(
            lambda: cases.reopen_batch(
                batch_id=self.kept.batch.batch_id, reason="again", by=self.desk.by(by), batches=self.desk.batches
            )
        )

    @rule(by=people, sure=st.sampled_from([True, *[False] * 9]))
    def cancel(self, by: Person, sure: bool) -> None:
        before = self.kept.batch
        cancelled = sure and self.attempt(
            lambda: cancelling.cancel_batch(
                batch_id=before.batch_id, reason="重复", by=self.desk.by(by), batches=self.desk.batches
            )
        )
        if cancelled:
            assert before.state in {State.REVIEW, *FROZEN}, "before its confirmation, and once"
            assert by.actor.archive_id == review.ARCHIVE
            assert by.actor.pseudonym == GATHERER or Role.DIRECTOR in by.actor.roles
            assert not (cancelled.root or cancelled.standing), "nobody stands behind it"

    @rule(by=people, side=st.sampled_from(Side), stale=st.sampled_from([False, False, True]))
    def sign(self, by: Person, side: Side, stale: bool) -> None:
        root = "0" * 64 if stale else self.kept.batch.root
        signed = self.attempt(
            lambda: cases.sign_batch(
                request_id=IDS.new(),
                batch_id=self.kept.batch.batch_id,
                side=side,
                root=root,
                by=self.desk.by(by),
                desk=self.desk.ports,
            )
        )
        assert not (signed and (stale or self.outdated))

    @rule(by=people, ids=some_ids)
    def objects(self, by: Person, ids: list[str]) -> None:
        self.attempt(
            lambda: opinion_cases.object_lines(
                batch_id=self.kept.batch.batch_id,
                record_ids=ids,
                reason="不同意",
                by=self.desk.by(by),
                batches=self.desk.batches,
            )
        )

    @rule(by=people, opposed=st.lists(st.sampled_from(LISTED_IDS), max_size=2, unique=True))
    def letter(self, by: Person, opposed: list[str]) -> None:
        reply = Reply(
            self.kept.batch.root, "民函〔2026〕3号", date(2026, 11, 1), tuple(opposed), "不宜" if opposed else "", b"x"
        )
        entered = self.attempt(
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
        self.attempt(
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
        published = self.attempt(
            lambda: cases.publish_batch(batch_id=self.kept.batch.batch_id, by=self.desk.by(by), desk=self.desk.ports)
        )
        if published:
            assert not self.outdated
            self._require_lawful(by)

    @precondition(lambda self: self.kept.batch.state in FROZEN)
    @rule(by=people, ahead=st.sampled_from([0, 0, 1, -400]))
    def schedule(self, by: Person, ahead: int) -> None:
        day = Rhythm().after(self.today)[max(ahead, 0)] + timedelta(days=min(ahead, 0))
        scheduled = self.attempt(
            lambda: issue_cases.schedule_batch(
                batch_id=self.kept.batch.batch_id,
                day=day,
                by=self.desk.by(by),
                desk=self.desk.ports,
                rhythms=USUAL,
            )
        )
        if scheduled:
            assert day > self.today
            self.confirmer = by
            self._require_lawful(by)

    @precondition(lambda self: self.kept.batch.state is State.SCHEDULED)
    @rule(by=people)
    def unschedule(self, by: Person) -> None:
        before = self.kept.batch
        taken_back = self.attempt(
            lambda: issue_cases.unschedule_batch(batch_id=before.batch_id, by=self.desk.by(by), desk=self.desk.ports)
        )
        if taken_back:
            assert Role.DIRECTOR in by.actor.roles
            assert (taken_back.root, taken_back.signatures) == (before.root, before.signatures)

    @rule(days=st.sampled_from([-40, 1, 50, 120]))
    def clock_jumps(self, days: int) -> None:
        self.desk.clock.moment += timedelta(days=days)

    @rule()
    def worker_looks(self) -> None:
        """It may look at any time, at any list."""
        before = self.kept.batch
        worker = Caller(Actor.service("catalog-320000"), Role.SERVICE, "due", "", "", self.desk.clock, IDS)
        due = self.attempt(lambda: issue_cases.come_due(batch_id=before.batch_id, by=worker, desk=self.desk.ports))
        if due:
            assert before.state is State.SCHEDULED
            assert before.schedule.publish_on <= self.today.isoformat(), "never early"
            if due.state is State.PUBLISHING:
                assert due.published_by == self.confirmer.actor.pseudonym
                self._require_lawful(self.confirmer)

    @property
    def today(self) -> date:
        return legal_day(self.desk.clock.moment)

    @invariant()
    def a_root_is_that_of_the_lines(self) -> None:
        batch = self.kept.batch
        listed = [line.entry() for line in self.kept.lines.values() if line.decision is not Decision.HOLD]
        assert batch.root == (list_root(listed) if batch.state in {*REOPENABLE, State.PUBLISHING} else "")

    def _require_lawful(self, by: Person) -> None:
        """What must be so of any publication, told without the code that decides it."""
        batch, lines = self.kept.batch, [one for one in self.kept.lines.values() if one.decision in LISTED]
        assert lines
        assert batch.undecided == 0
        for line in lines:
            assert self.ticks[line.record_id] == line.content_hash, "a secrecy review of this very content"
            if line.decision is Decision.OPEN and self.matter is Matter.TEXT:
                assert line.verdict.rule == "P1", "publishing a text has a rule of its own"
            elif line.decision is Decision.OPEN:
                due = line.eligible_on and date.fromisoformat(line.eligible_on) <= self.today
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
        roles = {person.actor.pseudonym: person.actor for person in PEOPLE}
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
            assert any(loan.lends(by.actor, review.ARCHIVE, self.today) for loan in self.desk.loans.kept)


class GateAlone(Gate):
    """The same where no unit exists."""

    alone = True


class GateOfTexts(Gate):
    """The same where texts of open records are decided on."""

    matter = Matter.TEXT


class GateWithoutSeparateConfirmer(Gate):
    """The same where the configuration lets a signer confirm."""

    separate = False


_RUNS = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestGate = Gate.TestCase
TestGate.settings = _RUNS
TestGateAlone = GateAlone.TestCase
TestGateAlone.settings = _RUNS
TestGateOfTexts = GateOfTexts.TestCase
TestGateOfTexts.settings = _RUNS
TestGateWithoutSeparateConfirmer = GateWithoutSeparateConfirmer.TestCase
TestGateWithoutSeparateConfirmer.settings = _RUNS
