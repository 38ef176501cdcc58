"""Regular publication: issue days, and a confirmation that waits for one of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.catalog.application import issues as cases
from services.catalog.application import review as review_cases
from services.catalog.application.review_ports import ReviewTerms
from services.catalog.domain.batch_errors import BatchNotReady
from services.catalog.domain.batches import Batch
from services.catalog.domain.confirmation import Loan
from services.catalog.domain.fonds_history import EventKind, FondsEvent
from services.catalog.domain.issues import NotYetDue, Rhythm, Waiting
from services.catalog.domain.lines import list_root
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import Verdict
from services.catalog.domain.work_list import State
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import AuditEvent
from services.common.domain.caller import Caller
from services.common.domain.errors import InvalidArgument, OutOfScope, RoleNotAllowed, TongdangError, VersionConflict
from tests.builders import review
from tests.builders.review import Person
from tests.builders.review_desk import IDS, Desk, archive

REVIEWER, DIRECTOR = Person(1, Role.REVIEWER), Person(4, Role.DIRECTOR)
OFFICER = Person(5, Role.UNIT_OFFICER, unit_id=review.UNIT)
LENT = Person(7, Role.DIRECTOR, archive_id="a320500")
ISSUE = date(2027, 1, 15)
"""The first after the day on which tests begin."""


class Rhythms:
    """`Rhythms` in memory."""

    def __init__(self) -> None:
        self.kept = Rhythm()

    def get(self, archive_id: str) -> Rhythm:
        return self.kept

    def put(self, archive_id: str, rhythm: Rhythm, event: AuditEvent) -> None:
        self.kept = rhythm


class Archive:
    """A signed list of two records, and people."""

    def __init__(self) -> None:
        lines = [review.tick(replace(review.line(number), verdict=review.OPEN)) for number in range(2)]
        batch = review.batch(fonds=("A001",), root=list_root(line.entry() for line in lines), state=State.SIGNED)
        signed = (REVIEWER.sign(batch, Side.ARCHIVE), OFFICER.sign(batch, Side.CREATING_UNIT))
        self.desk = Desk(replace(batch, signatures=signed), lines, (REVIEWER, OFFICER))
        self.rhythms = Rhythms()

    @property
    def batch(self) -> Batch:
        return self.desk.batches.kept.batch

    def at(self, moment: datetime) -> None:
        self.desk.clock.moment = moment

    def schedule(self, by: Person = DIRECTOR, day: date = ISSUE) -> Batch:
        caller = self.desk.by(by)
        batch_id = self.batch.batch_id
        return cases.schedule_batch(batch_id=batch_id, day=day, by=caller, desk=self.desk.ports, rhythms=self.rhythms)

    def unschedule(self, by: Person = DIRECTOR) -> Batch:
        return cases.unschedule_batch(batch_id=self.batch.batch_id, by=self.desk.by(by), desk=self.desk.ports)

    def comes_due(self) -> Batch:
        worker = Caller(Actor.service("catalog-320000"), Role.SERVICE, "due", "", "", self.desk.clock, IDS)
        return cases.come_due(batch_id=self.batch.batch_id, by=worker, desk=self.desk.ports)

    def lends(self, until: date) -> None:
        loan = Loan(IDS.new(), review.ARCHIVE, "a320500", "1号", date(2026, 10, 1), until, "4" * 32, review.NOW)
        self.desk.loans.kept = [loan]


@pytest.mark.parametrize(
    ("rhythm", "today", "expected"),
    [
        (Rhythm(), date(2026, 11, 27), "2027-01-15 2027-04-15 2027-07-15 2027-10-15"),
        (Rhythm(), date(2027, 1, 14), "2027-01-15 2027-04-15 2027-07-15 2027-10-15"),
        (Rhythm(), date(2027, 1, 15), "2027-04-15 2027-07-15 2027-10-15 2028-01-15"),
        (Rhythm(1, 1, 28), date(2028, 2, 27), "2028-02-28 2028-03-28 2028-04-28 2028-05-28"),
        (Rhythm(12, 12, 1), date(2026, 12, 1), "2027-12-01 2028-12-01 2029-12-01 2030-12-01"),
        (Rhythm(6, 6, 10), date(2026, 6, 9), "2026-06-10 2026-12-10 2027-06-10 2027-12-10"),
    ],
)
def test_issue_days_follow_one_another_and_are_never_today(rhythm: Rhythm, today: date, expected: str) -> None:
    rhythm.require_sound()
    assert " ".join(map(str, rhythm.after(today))) == expected


@pytest.mark.parametrize("numbers", [(4, 1, 1), (3, 4, 1), (3, 0, 1), (3, 1, 29), (3, 1, 0), (0, 0, 1)])
def test_a_rhythm_names_days_that_every_month_has(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidArgument):
        Rhythm(*numbers).require_sound()


def test_a_director_changes_the_rhythm_that_was_shown_and_lists_keep_their_day() -> None:
    one = Archive()
    one.schedule()
    told = one.desk.by(DIRECTOR)
    cases.set_rhythm(archive=archive(), rhythm=Rhythm(1, 1, 1, 1), by=told, rhythms=one.rhythms)
    with pytest.raises(VersionConflict):
        cases.set_rhythm(archive=archive(), rhythm=Rhythm(6, 1, 1, 1), by=told, rhythms=one.rhythms)
    with pytest.raises(OutOfScope):
        cases.set_rhythm(archive=archive(), rhythm=Rhythm(6, 1, 1, 2), by=one.desk.by(LENT), rhythms=one.rhythms)

    assert one.batch.schedule
    assert one.batch.schedule.publish_on == "2027-01-15"
    with pytest.raises(InvalidArgument):
        Archive().schedule(day=date(2027, 1, 16))


def test_nothing_is_published_before_midnight_in_shanghai_and_it_is_from_then_on() -> None:
    one = Archive()
    one.schedule()
    for early in (datetime(2027, 1, 13, 16, 0, tzinfo=UTC), datetime(2027, 1, 14, 15, 59, 59, tzinfo=UTC)):
        one.at(early)
        with pytest.raises(NotYetDue):
            one.comes_due()
        assert one.batch.state is State.SCHEDULED
    one.at(datetime(2027, 1, 14, 16, 0, tzinfo=UTC))

    batch = one.comes_due()

    assert batch.state is State.PUBLISHING
    assert batch.published_by == DIRECTOR.actor.pseudonym
    assert batch.schedule
    assert batch.schedule.confirmed_at < datetime(2026, 12, 1, tzinfo=UTC)
    assert [event.action for event in one.desk.batches.kept.events] == ["test", cases.STARTED]


def test_a_clock_that_jumps_back_after_the_day_publishes_nothing_twice() -> None:
    one = Archive()
    one.schedule()
    one.at(datetime(2027, 1, 15, 3, 0, tzinfo=UTC))
    one.comes_due()
    kept = one.desk.batches.kept
    for moment in (datetime(2027, 1, 14, 3, 0, tzinfo=UTC), datetime(2027, 1, 15, 4, 0, tzinfo=UTC)):
        one.at(moment)
        with pytest.raises(BatchNotReady):
            one.comes_due()
    assert one.desk.batches.kept is kept


def test_a_province_that_slept_through_the_day_publishes_after_it() -> None:
    one = Archive()
    one.schedule()
    one.at(datetime(2027, 2, 20, 3, 0, tzinfo=UTC))
    assert one.comes_due().state is State.PUBLISHING


def test_taking_it_back_voids_nothing_but_the_schedule_and_comes_too_late_on_the_day() -> None:
    one = Archive()
    signatures, root = one.batch.signatures, one.batch.root
    one.schedule()
    with pytest.raises(RoleNotAllowed):
        one.unschedule(REVIEWER)
    with pytest.raises(OutOfScope):
        one.unschedule(LENT)
    batch = one.unschedule()
    assert (batch.state, batch.signatures, batch.root, batch.schedule) == (State.SIGNED, signatures, root, None)
    one.at(datetime(2027, 1, 15, 3, 0, tzinfo=UTC))
    with pytest.raises(BatchNotReady):
        one.comes_due()

    other = Archive()
    other.schedule()
    other.at(datetime(2027, 1, 15, 3, 0, tzinfo=UTC))
    other.comes_due()
    with pytest.raises(BatchNotReady):
        other.unschedule()


def test_who_may_not_confirm_may_not_confirm_for_a_day() -> None:
    for person in (REVIEWER, OFFICER, LENT, Person(1, Role.REVIEWER, Role.DIRECTOR)):
        one = Archive()
        with pytest.raises(TongdangError):
            one.schedule(person)
        assert one.batch.state is State.SIGNED


def test_a_scheduled_list_is_neither_published_nor_scheduled_again_and_reopening_voids_all() -> None:
    one = Archive()
    one.schedule()
    with pytest.raises(BatchNotReady):
        one.schedule()
    with pytest.raises(BatchNotReady):
        review_cases.publish_batch(batch_id=one.batch.batch_id, by=one.desk.by(DIRECTOR), desk=one.desk.ports)
    batch = review_cases.reopen_batch(
        batch_id=one.batch.batch_id, reason="again", by=one.desk.by(REVIEWER), batches=one.desk.batches
    )
    assert (batch.state, batch.signatures, batch.schedule) == (State.REVIEW, (), None)


def _list_changes(one: Archive) -> None:
    kept = one.desk.batches.kept
    first = next(iter(kept.lines.values()))
    kept.lines[first.record_id] = replace(first, verdict=review.DEFER)


def _unit_goes(one: Archive) -> None:
    day = date(2026, 12, 1)
    event = FondsEvent("e", review.ARCHIVE, "A001", EventKind.ABOLISHED, "1号", day, "", "", "1" * 32, review.NOW)
    one.desk.fonds.kept["e"] = replace(event, attested_by="2" * 32, attested_at=review.NOW)


def _signature_breaks(one: Archive) -> None:
    kept = one.desk.batches.kept
    broken = replace(kept.batch.signatures[0], signature=bytes(64))
    kept.batch = replace(kept.batch, signatures=(broken, kept.batch.signatures[1]))


def _rules_change(one: Archive) -> None:
    one.desk.terms = ReviewTerms("rules-2", True)


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (_list_changes, "LIST_CHANGED"),
        (_unit_goes, "UNIT_UNKNOWN"),
        (_signature_breaks, "SIGNATURE_BROKEN"),
        (_rules_change, "RULES_CHANGED"),
    ],
)
def test_a_list_that_no_longer_holds_on_the_day_goes_back_with_its_reason(
    happens: Callable[[Archive], None], code: str
) -> None:
    one = Archive()
    one.schedule()
    happens(one)
    one.at(datetime(2027, 1, 15, 3, 0, tzinfo=UTC))

    batch = one.comes_due()

    assert (batch.state, batch.schedule) == (State.SIGNED, None)
    assert batch.returned
    assert (batch.returned.code, batch.returned.publish_on) == (code, "2027-01-15")
    event = one.desk.batches.kept.events[-1]
    assert (event.action, event.facts["reason"]) == (cases.SENT_BACK, code)
    with pytest.raises(BatchNotReady):
        one.comes_due()


def test_a_borrowed_confirmer_is_lent_on_the_day_too() -> None:
    one = Archive()
    one.lends(date(2027, 1, 14))
    with pytest.raises(OutOfScope):
        one.schedule(LENT)
    one.lends(date(2027, 1, 15))
    one.schedule(LENT)
    one.at(datetime(2027, 1, 15, 15, 59, tzinfo=UTC))
    batch = one.comes_due()
    assert (batch.state, batch.confirmer_archive_id) == (State.PUBLISHING, "a320500")


def test_a_loan_that_ended_before_a_late_start_sends_the_list_back() -> None:
    one = Archive()
    one.lends(date(2027, 1, 15))
    one.schedule(LENT)
    one.at(datetime(2027, 1, 16, 3, 0, tzinfo=UTC))
    batch = one.comes_due()
    assert batch.returned
    assert batch.returned.code == "OUT_OF_SCOPE"


def test_early_openings_are_counted_when_the_list_is_fixed() -> None:
    science = Verdict(review.OPEN.decision, "O2", "科技类", early_class="science")
    young: dict[str, Any] = {"eligible_on": "2040-01-01", "verdict": science}
    lines = [review.tick(review.line(0, verdict=review.OPEN)), review.tick(review.line(1, **young))]
    desk = Desk(review.batch(fonds=("A001",)), lines, (REVIEWER,))
    desk.batches.kept.batch = replace(desk.batches.kept.batch, undecided=0, opening=2, ticked=2)
    told = desk.by(REVIEWER)
    batch_id = desk.batches.kept.batch.batch_id
    review_cases.state_aggregation(batch_id=batch_id, clear=True, reason="无", by=told, batches=desk.batches)
    assert review_cases.freeze_batch(batch_id=batch_id, by=told, desk=desk.ports).early == 1


def test_what_waits_adds_up_to_the_earliest_day() -> None:
    total = Waiting(2, "2026-03-01", 1) + Waiting(3, "2025-12-31") + Waiting()
    assert total == Waiting(5, "2025-12-31", 1)
