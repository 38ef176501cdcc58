"""People who decide, undo and tick lines of one list in any order; the gate's tests go on from here."""

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.catalog.application import lines as line_cases
from services.catalog.application import review as cases
from services.catalog.application.lines import Matching
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.fonds_history import EventKind, FondsEvent
from services.catalog.domain.gathering import Matter
from services.catalog.domain.lines import PackageOpinion
from services.catalog.domain.verdicts import Decision, Verdict
from services.common.domain.actor import Role
from services.common.domain.errors import TongdangError
from tests.builders import review
from tests.builders.review import NOW, Person
from tests.builders.review_desk import IDS, Desk

PEOPLE = (
    Person(1, Role.REVIEWER),
    Person(2, Role.REVIEWER),
    Person(3, Role.REVIEWER, Role.DIRECTOR),
    Person(4, Role.DIRECTOR),
    Person(5, Role.UNIT_OFFICER, unit_id=review.UNIT),
    Person(6, Role.UNIT_OFFICER, unit_id="u320581-ny"),
    Person(7, Role.DIRECTOR, archive_id="a320500"),
    Person(8, Role.REVIEWER, archive_id="a320500"),
)
GATHERER = PEOPLE[0].actor.pseudonym
SIZE = 4
LISTED_IDS = [review.line(number).record_id for number in range(SIZE)]
people = st.sampled_from(PEOPLE)
some_ids = st.lists(st.sampled_from(LISTED_IDS), min_size=1, max_size=SIZE, unique=True)
verdicts = st.sampled_from(
    [
        review.OPEN,
        review.OPEN,
        review.OPEN_TEXT,
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


class LineGate(RuleBasedStateMachine):
    """Everybody tries everything, also what is none of their business; refusals change nothing."""

    alone = False
    matter = Matter.OPENING
    separate = True

    def __init__(self) -> None:
        super().__init__()
        asked: dict[str, Any] = {"unit_id": "", "fonds": ("A004",)} if self.alone else {"fonds": ("A001",)}
        batch = review.batch(**asked, created_by=GATHERER, matter=self.matter)
        lines = [self._line(number) for number in range(SIZE)]
        self.desk = Desk(batch, lines, PEOPLE, separate=self.separate)
        self.ticks: dict[str, str] = {}
        self.last_change = self.stated = 0
        self.step = 0
        self.letters: list[str] = []
        if self.alone:
            self.desk.fonds.kept["e"] = none_exists()

    def _line(self, number: int) -> Any:
        package = PackageOpinion(Decision.OPEN, "2026-01-01", "P1") if number % 2 else None
        due = {"eligible_on": None} if number == SIZE - 1 else {}
        return review.line(number, package=package, **due)

    def attempt(self, step: Callable[[], Any]) -> Any:
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
        act = self.attempt(
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
            self.attempt(
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
        act = self.attempt(
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
        undone = self.attempt(
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
        ticked = self.attempt(
            lambda: line_cases.review_secrecy(
                batch_id=self.kept.batch.batch_id, record_ids=ids, by=self.desk.by(by), batches=self.desk.batches
            )
        )
        if ticked:
            assert all((by.actor.pseudonym, one) in self.kept.shown for one in ids)
            self.ticks.update({one: self.kept.content[one] for one in ids})

    @rule(one=st.sampled_from(LISTED_IDS))
    def record_changes(self, one: str) -> None:
        """As a restored or damaged database might have it; an import cannot change a record on a list."""
        self.kept.content[one] = "f" * 64

    @rule(by=people, clear=st.sampled_from([True, True, False]))
    def aggregation(self, by: Person, clear: bool) -> None:
        stated = self.attempt(
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

    @invariant()
    def counts_are_those_of_the_lines(self) -> None:
        batch, lines = self.kept.batch, self.kept.lines.values()
        counted = {decision: sum(line.decision is decision for line in lines) for decision in Decision}
        assert (batch.undecided, batch.opening, batch.deferred, batch.held) == tuple(counted.values())
        assert batch.ticked == sum(line.ticked for line in lines)


def none_exists() -> FondsEvent:
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
