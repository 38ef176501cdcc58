"""Whom the review asks for a fonds, who may be borrowed to confirm, and what years a list means."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.catalog.domain.batch_errors import AlreadySettled, SameSigner
from services.catalog.domain.confirmation import Loan, whom_to_borrow
from services.catalog.domain.fonds_history import Asked, EventKind, FondsEvent, asked_unit
from services.catalog.domain.gathering import GatherFilter
from services.catalog.domain.record_dates import parse_record_date
from services.common.domain.actor import Role
from services.common.domain.errors import InvalidArgument, OutOfScope
from services.common.domain.registry import Fonds, Region
from tests.builders.review import ARCHIVE, NOW, UNIT, Person
from tests.builders.review_desk import archive

TODAY = date(2026, 11, 27)
FONDS = Fonds("A001", "常熟市民政局", UNIT)
ENTERED = FondsEvent(
    "e1", ARCHIVE, "A001", EventKind.NONE_EXISTS, "编办〔2001〕3号", date(2001, 5, 1), "", "", "1" * 32, NOW
)


def event(kind: EventKind, year: int, successor: str = "", **fields: object) -> FondsEvent:
    day = date(year, 1, 1)
    made = replace(ENTERED, kind=kind, document_date=day, successor_unit_id=successor, attested_by="2" * 32)
    return replace(made, **fields)  # type: ignore[arg-type]  # a test's own fields


@pytest.mark.parametrize(
    ("events", "asked"),
    [
        ([], (Asked.UNIT, UNIT)),
        ([event(EventKind.RENAMED, 1990)], (Asked.UNIT, UNIT)),
        ([event(EventKind.ABOLISHED, 1990)], (Asked.UNKNOWN, "")),
        ([event(EventKind.ABOLISHED, 1990), event(EventKind.FUNCTION_MOVED, 1991, "u9")], (Asked.UNIT, "u9")),
        ([event(EventKind.FUNCTION_MOVED, 1991, "u9"), event(EventKind.ABOLISHED, 1990)], (Asked.UNIT, "u9")),
        ([event(EventKind.MERGED, 1990, "u8"), event(EventKind.SPLIT, 1999, "u9")], (Asked.UNIT, "u9")),
        ([event(EventKind.ABOLISHED, 1990), event(EventKind.NONE_EXISTS, 1991)], (Asked.NONE_EXISTS, "")),
        ([event(EventKind.NONE_EXISTS, 1991, attested_by="")], (Asked.UNIT, UNIT)),
        ([event(EventKind.NONE_EXISTS, 1991, fonds="A002")], (Asked.UNIT, UNIT)),
        ([event(EventKind.NONE_EXISTS, 1991, valid_until=TODAY)], (Asked.NONE_EXISTS, "")),
        ([event(EventKind.NONE_EXISTS, 1991, valid_until=TODAY - timedelta(1))], (Asked.UNIT, UNIT)),
    ],
)
def test_the_body_that_has_the_function_now_is_asked(events: list[FondsEvent], asked: tuple[Asked, str]) -> None:
    assert asked_unit(FONDS, events, TODAY) == asked


def test_a_fonds_without_a_unit_is_nobodys_until_two_people_attest_that_none_exists() -> None:
    nobodys = Fonds("A004", "手工业联社")
    entered = replace(ENTERED, fonds="A004")
    assert asked_unit(nobodys, [entered], TODAY) == (Asked.UNKNOWN, "")
    with pytest.raises(SameSigner):
        entered.attested(by=entered.entered_by, at=NOW)
    attested = entered.attested(by="2" * 32, at=NOW)
    assert asked_unit(nobodys, [attested], TODAY) == (Asked.NONE_EXISTS, "")
    with pytest.raises(AlreadySettled):
        attested.attested(by="3" * 32, at=NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"fonds": "A999"},
        {"document_number": ""},
        {"document_date": TODAY + timedelta(1)},
        {"successor_unit_id": UNIT},
        {"kind": EventKind.MERGED},
        {"kind": EventKind.MERGED, "successor_unit_id": "u-unknown"},
        {"note": "长" * 501},
    ],
    ids=str,
)
def test_an_event_names_its_document_and_a_successor_where_there_is_one(fields: dict[str, object]) -> None:
    ENTERED.require_sound(archive(), TODAY)
    with pytest.raises(InvalidArgument):
        replace(ENTERED, **fields).require_sound(archive(), TODAY)  # type: ignore[arg-type]  # bad on purpose


LENDER = Person(7, Role.DIRECTOR, archive_id="a320500").actor
LOAN = Loan("l1", ARCHIVE, "a320500", "借调1号", date(2026, 11, 1), date(2026, 11, 30), LENDER.pseudonym, NOW)


def test_a_lent_director_confirms_between_both_days_and_only_for_the_borrower() -> None:
    assert LOAN.lends(LENDER, ARCHIVE, LOAN.valid_from)
    assert LOAN.lends(LENDER, ARCHIVE, LOAN.valid_until)
    assert not LOAN.lends(LENDER, ARCHIVE, LOAN.valid_from - timedelta(1))
    assert not LOAN.lends(LENDER, ARCHIVE, LOAN.valid_until + timedelta(1))
    assert not LOAN.lends(LENDER, "a320583", LOAN.valid_from)
    assert not LOAN.lends(Person(8, Role.REVIEWER, archive_id="a320500").actor, ARCHIVE, LOAN.valid_from)


def test_a_loan_is_recorded_by_one_of_the_two_archives_with_a_number_where_the_borrower_does_it() -> None:
    borrower = Person(4, Role.DIRECTOR).actor
    replace(LOAN, document_number="").require_sound(LENDER)
    LOAN.require_sound(borrower)
    with pytest.raises(InvalidArgument):
        replace(LOAN, document_number="").require_sound(borrower)
    with pytest.raises(OutOfScope):
        LOAN.require_sound(Person(9, Role.DIRECTOR, archive_id="a320583").actor)
    for bad in ({"valid_until": date(2026, 10, 1)}, {"valid_until": date(2028, 1, 1)}, {"lender_id": ARCHIVE}):
        with pytest.raises(InvalidArgument):
            replace(LOAN, **bad).require_sound(borrower)  # type: ignore[arg-type]  # bad on purpose


def test_the_citys_archive_is_the_first_to_borrow_from() -> None:
    others = (archive("a320102", "320102"), archive("a320583", "320583"), archive("a320500", "320500"))
    region = Region("320000", "江苏省", "Jiangsu", "", "", (), (archive(), *others))
    assert [one.archive_id for one in whom_to_borrow(archive(), region)] == ["a320500", "a320583", "a320102"]


@pytest.mark.parametrize("cell", ["19850101", "19851231", "1985", "19850600", "19840229"])
def test_years_of_formation_are_spans_of_eligible_days(cell: str) -> None:
    stated = parse_record_date(cell)
    eligible = str(stated.eligible_on())
    for year in (1983, 1984, 1985, 1986):
        first, last = GatherFilter(year_from=year, year_to=year).eligible_between(TODAY)
        assert (first <= eligible <= last) == (cell.startswith(str(year)))


def test_early_openings_are_those_whose_term_has_not_passed_and_need_fonds_or_years() -> None:
    first, _ = GatherFilter(fonds=("A001",), early=True).eligible_between(TODAY)
    assert first == "2026-11-28"
    with pytest.raises(InvalidArgument):
        GatherFilter(early=True).require_sound()
