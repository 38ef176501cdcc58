"""The creating unit's opinion, three ways: signed here, in the transfer package, by a stamped letter."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from services.catalog.application import lines as line_cases
from services.catalog.application import opinions as opinion_cases
from services.catalog.application import review as cases
from services.catalog.application.opinions import Reply
from services.catalog.domain.batch_errors import (
    BatchNotReady,
    LetterSettled,
    LineHeld,
    ListChanged,
    MechanismDecided,
    NotReviewed,
    SameSigner,
    WrongSide,
)
from services.catalog.domain.batches import Batch
from services.catalog.domain.lines import Line, PackageOpinion
from services.catalog.domain.opinions import LetterState, UnitLetter, Way
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import Decision
from services.catalog.domain.work_list import State
from services.common.domain.actor import Role
from services.common.domain.errors import InvalidArgument, OutOfScope
from tests.builders import review
from tests.builders.review import Person
from tests.builders.review_desk import IDS, Desk, any_scan

REVIEWER, SECOND, THIRD = Person(1, Role.REVIEWER), Person(2, Role.REVIEWER), Person(3, Role.REVIEWER, Role.DIRECTOR)
DIRECTOR = Person(4, Role.DIRECTOR)
OFFICER = Person(5, Role.UNIT_OFFICER, unit_id=review.UNIT)
STRANGER = Person(6, Role.UNIT_OFFICER, unit_id="u320581-ny")
AGREED = PackageOpinion(Decision.OPEN, "2026-01-01", "移交2026-7")


class Archive:
    """A desk with one batch, and what its people do."""

    def __init__(self, *lines: Line, **fields: Any) -> None:
        fields = {"fonds": ("A001",), **fields}
        self.desk = Desk(review.batch(**fields), lines, [REVIEWER, SECOND, THIRD, DIRECTOR, OFFICER, STRANGER])
        self.ids = [line.record_id for line in lines]

    @property
    def batch(self) -> Batch:
        return self.desk.batches.kept.batch

    def stands(self) -> State:
        return self.batch.state

    def frozen(self) -> "Archive":
        """Every line open and ticked, the list fixed."""
        desk, by = self.desk, self.desk.by(REVIEWER)
        line_cases.decide_lines(
            act_id=IDS.new(),
            batch_id=self.batch.batch_id,
            seen={one: desk.batches.kept.lines[one].version for one in self.ids},
            verdict=review.OPEN,
            by=by,
            batches=desk.batches,
        )
        desk.batches.show(REVIEWER.actor.pseudonym, self.ids)
        line_cases.review_secrecy(batch_id=self.batch.batch_id, record_ids=self.ids, by=by, batches=desk.batches)
        cases.state_aggregation(batch_id=self.batch.batch_id, clear=True, reason="无", by=by, batches=desk.batches)
        cases.freeze_batch(batch_id=self.batch.batch_id, by=by, desk=desk.ports)
        return self

    def sign(self, person: Person, side: Side) -> None:
        cases.sign_batch(
            request_id=IDS.new(),
            batch_id=self.batch.batch_id,
            side=side,
            root=self.batch.root,
            by=self.desk.by(person),
            desk=self.desk.ports,
        )

    def publish(self, person: Person) -> None:
        cases.publish_batch(batch_id=self.batch.batch_id, by=self.desk.by(person), desk=self.desk.ports)

    def enter(self, person: Person = REVIEWER, *opposed: str, root: str = "") -> UnitLetter:
        reply = Reply(
            root or self.batch.root, "民函3号", date(2026, 11, 20), opposed, "不宜开放" if opposed else "", b"scan"
        )
        return opinion_cases.enter_letter(
            letter_id=IDS.new(),
            batch_id=self.batch.batch_id,
            reply=reply,
            inspect=any_scan,
            by=self.desk.by(person),
            batches=self.desk.batches,
            opinions=self.desk.batches,  # type: ignore[arg-type]  # as far as letters go
        )

    def check(self, letter: UnitLetter, person: Person, *, confirmed: bool = True) -> UnitLetter:
        checked, _ = opinion_cases.check_letter(
            letter_id=letter.letter_id,
            confirmed=confirmed,
            note="" if confirmed else "印章不符",
            by=self.desk.by(person),
            batches=self.desk.batches,
            opinions=self.desk.batches,  # type: ignore[arg-type]  # as far as letters go
        )
        return checked

    def object(self, person: Person, *record_ids: str) -> Batch:
        return opinion_cases.object_lines(
            batch_id=self.batch.batch_id,
            record_ids=record_ids,
            reason="不同意",
            by=self.desk.by(person),
            batches=self.desk.batches,
        )


def three_lines() -> list[Line]:
    return [review.line(number) for number in range(3)]


def test_a_transfer_package_that_agrees_to_every_opening_line_takes_the_units_side() -> None:
    archive = Archive(*(review.line(number, package=AGREED) for number in range(3))).frozen()
    assert archive.stands() is State.PARTLY_SIGNED
    assert archive.batch.evidence
    assert json.loads(archive.batch.evidence.document)["packages"] == [
        {"number": "移交2026-7", "given_on": "2026-01-01", "lines": 3}
    ]
    archive.sign(REVIEWER, Side.ARCHIVE)
    archive.publish(DIRECTOR)
    assert archive.stands() is State.PUBLISHING


@pytest.mark.parametrize(
    "package",
    [None, PackageOpinion(Decision.DEFER, "2026-01-01", "1"), PackageOpinion(Decision.OPEN, "2026-01-01", "")],
)
def test_one_line_without_an_agreeing_and_numbered_opinion_asks_for_the_units_signature(package: Any) -> None:
    archive = Archive(review.line(0, package=AGREED), review.line(1, package=package)).frozen()
    assert archive.batch.state is State.READY
    assert archive.batch.evidence is None


def test_a_letter_counts_only_once_another_person_of_the_archive_has_checked_it() -> None:
    archive = Archive(*three_lines()).frozen()
    letter = archive.enter()
    archive.sign(REVIEWER, Side.ARCHIVE)
    with pytest.raises(NotReviewed):
        archive.publish(DIRECTOR)
    with pytest.raises(SameSigner):
        archive.check(letter, REVIEWER)
    archive.check(letter, SECOND)
    assert archive.stands() is State.SIGNED
    assert archive.batch.evidence
    assert archive.batch.evidence.way is Way.LETTER
    archive.publish(DIRECTOR)
    assert archive.stands() is State.PUBLISHING


def test_a_units_silence_for_a_year_opens_nothing() -> None:
    archive = Archive(*three_lines()).frozen()
    archive.enter()
    archive.sign(REVIEWER, Side.ARCHIVE)
    archive.desk.clock.moment += timedelta(days=366)
    with pytest.raises(NotReviewed):
        archive.publish(DIRECTOR)
    assert archive.stands() is State.PARTLY_SIGNED


def test_who_entered_or_checked_the_letter_does_not_confirm() -> None:
    archive = Archive(*three_lines()).frozen()
    archive.sign(REVIEWER, Side.ARCHIVE)
    archive.check(archive.enter(SECOND), THIRD)
    with pytest.raises(SameSigner) as refused:
        archive.publish(THIRD)
    assert refused.value.metadata["lenders"] == "a320500", "the refusal says whom to borrow"
    archive.publish(DIRECTOR)


def test_a_rejected_letter_stands_for_nothing_and_cannot_be_checked_again() -> None:
    archive = Archive(*three_lines()).frozen()
    letter = archive.enter()
    assert archive.check(letter, SECOND, confirmed=False).state is LetterState.REJECTED
    assert archive.batch.state is State.READY
    with pytest.raises(LetterSettled):
        archive.check(letter, THIRD)


def test_what_a_letter_opposes_is_held_leaves_the_root_and_voids_the_archives_signature() -> None:
    archive = Archive(*three_lines()).frozen()
    archive.sign(REVIEWER, Side.ARCHIVE)
    asked = archive.batch.root
    letter = archive.check(archive.enter(REVIEWER, archive.ids[1]), SECOND)
    batch = archive.batch
    assert (batch.held, batch.opening, batch.signatures) == (1, 2, ())
    assert batch.root != asked
    assert batch.standing == {Side.CREATING_UNIT}
    (disagreement,) = archive.desk.batches.kept.disagreements.values()
    assert (disagreement.record_id, disagreement.letter_id) == (archive.ids[1], letter.letter_id)
    archive.sign(REVIEWER, Side.ARCHIVE)
    archive.publish(DIRECTOR)


def test_a_letter_to_another_list_is_refused_and_reopening_voids_a_letter_on_its_way() -> None:
    archive = Archive(*three_lines()).frozen()
    with pytest.raises(ListChanged):
        archive.enter(REVIEWER, root="0" * 64)
    letter = archive.enter()
    cases.reopen_batch(
        batch_id=archive.batch.batch_id, reason="再看", by=archive.desk.by(REVIEWER), batches=archive.desk.batches
    )
    with pytest.raises(LetterSettled):
        archive.check(letter, SECOND)


def test_an_opposed_line_must_be_on_the_list_and_have_a_reason() -> None:
    archive = Archive(*three_lines()).frozen()
    with pytest.raises(InvalidArgument):
        archive.enter(REVIEWER, archive.ids[0], archive.ids[0])


def test_the_units_officer_objects_in_review_and_before_signing_and_nobody_else_does() -> None:
    archive = Archive(*three_lines())
    archive.object(OFFICER, archive.ids[0])
    with pytest.raises(OutOfScope):
        archive.object(STRANGER, archive.ids[1])
    with pytest.raises(LineHeld):
        archive.object(OFFICER, archive.ids[0])
    archive.ids.pop(0)
    archive.frozen()
    root = archive.batch.root
    archive.object(OFFICER, archive.ids[0])
    assert archive.batch.root != root
    archive.sign(OFFICER, Side.CREATING_UNIT)
    with pytest.raises(BatchNotReady):
        archive.object(OFFICER, archive.ids[1])


def test_a_held_line_is_not_decided_and_when_all_are_held_the_list_is_in_review_again() -> None:
    archive = Archive(*three_lines()).frozen()
    archive.object(OFFICER, *archive.ids)
    assert (archive.batch.state, archive.batch.root, archive.batch.held) == (State.REVIEW, "", 3)
    with pytest.raises(LineHeld):
        archive.frozen()


def test_what_the_mechanism_decided_is_neither_decided_otherwise_nor_objected_to_again() -> None:
    archive = Archive(review.line(0, mechanism=Decision.DEFER))
    with pytest.raises(MechanismDecided):
        archive.frozen()
    with pytest.raises(MechanismDecided):
        archive.object(OFFICER, archive.ids[0])


def test_where_no_unit_is_asked_no_letter_and_no_objection_is_taken() -> None:
    archive = Archive(*three_lines(), unit_id="", fonds=())
    with pytest.raises(WrongSide):
        archive.object(OFFICER, archive.ids[0])
    archive.frozen()
    with pytest.raises(WrongSide):
        archive.enter()
