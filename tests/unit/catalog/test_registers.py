"""The deferral register, consents and series: boundary days, two persons, wrong roles."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.catalog.adapters.report_file import report_file
from services.catalog.application.deferrals import Entry
from services.catalog.application.reports import Content, Tally
from services.catalog.domain.batch_errors import (
    CountDiffers,
    LetterSettled,
    ListChanged,
    SameSigner,
    SignatureBroken,
    WrongSide,
)
from services.catalog.domain.consents import MAX_NAMED, Consent, ConsentState, Coverage
from services.catalog.domain.deferrals import Deferral, RegisterFilter, SecretsOutside
from services.catalog.domain.series import Series, SeriesSettled, SeriesState, term_passed
from services.catalog.domain.signatures import Side
from services.common.domain.actor import Role
from services.common.domain.errors import InvalidArgument, OutOfScope
from tests.builders.review import ARCHIVE, NOW, REGION, RULES, UNIT, Person
from tests.builders.review_desk import archive

REVIEWER, SECOND = Person(1, Role.REVIEWER), Person(2, Role.REVIEWER)
OFFICER = Person(4, Role.UNIT_OFFICER, unit_id=UNIT)
TODAY = date(2026, 11, 27)


def deferral(**fields: Any) -> Deferral:
    usual = Deferral(
        "r1", ARCHIVE, "A001", "A001-1", "D2", "含个人信息", "2025-06-01", "b1", "2026-11-27", "2028-06-01"
    )
    return replace(usual, **fields)


@pytest.mark.parametrize(
    ("eligible_on", "consent_id", "overdue"),
    [
        ("2026-11-28", "", False),
        ("2026-11-27", "", True),
        ("2026-11-27", "c1", False),
        ("", "", True),
        ("", "c1", False),
    ],
)
def test_a_deferral_is_overdue_from_the_day_on_which_it_could_open_unless_the_authority_consented(
    eligible_on: str, consent_id: str, overdue: bool
) -> None:
    assert deferral(eligible_on=eligible_on, consent_id=consent_id).overdue(TODAY) is overdue


@pytest.mark.parametrize(("day", "due"), [("2026-11-28", False), ("2026-11-27", True), ("", True)])
def test_a_deferral_is_due_on_the_day_set_and_at_once_where_none_was(day: str, due: bool) -> None:
    assert deferral(reevaluate_on=day).due(TODAY) is due


def test_a_listing_knows_the_grounds_and_no_others() -> None:
    for ground in ("", "D1", "D2", "D3", "unstated"):
        RegisterFilter(ground=ground).require_sound()
    for ground in ("D4", "S2", "M8(2)"):
        with pytest.raises(InvalidArgument):
            RegisterFilter(ground=ground).require_sound()


def consent(**fields: Any) -> Consent:
    usual = Consent(
        consent_id="c1",
        region_id=REGION,
        archive_id=ARCHIVE,
        number="苏档函〔2026〕7号",
        given_on=TODAY,
        authority="江苏省档案局",
        sha256="0" * 64,
        media_type="application/pdf",
        coverage=Coverage(record_ids=("r1",)),
        covers=1,
        entered_by="1" * 32,
        entered_at=NOW,
    )
    return replace(usual, **fields)


def test_a_consent_counts_once_another_person_has_checked_it() -> None:
    entered = consent()
    with pytest.raises(SameSigner):
        entered.checked(confirmed=True, note="", by=entered.entered_by, at=NOW)
    checked = entered.checked(confirmed=True, note="", by="2" * 32, at=NOW)
    assert (checked.state, checked.checked_by) == (ConsentState.CONFIRMED, "2" * 32)
    with pytest.raises(LetterSettled):
        checked.checked(confirmed=False, note="日期不符", by="3" * 32, at=NOW)


def test_a_consent_is_not_rejected_without_saying_what_is_otherwise() -> None:
    with pytest.raises(InvalidArgument):
        consent().checked(confirmed=False, note="", by="2" * 32, at=NOW)
    assert consent().checked(confirmed=False, note="文号不符", by="2" * 32, at=NOW).state is ConsentState.REJECTED


@pytest.mark.parametrize(
    "fields",
    [
        {"number": ""},
        {"authority": ""},
        {"authority": "局" * 101},
        {"given_on": TODAY + timedelta(1)},
        {"coverage": Coverage()},
        {"coverage": Coverage(batch_id="b1", series_id="s1")},
        {"coverage": Coverage(record_ids=("r1", "r1"))},
        {"coverage": Coverage(record_ids=tuple(str(number) for number in range(MAX_NAMED + 1)))},
    ],
)
def test_a_consent_says_number_day_authority_and_one_thing_it_covers(fields: dict[str, Any]) -> None:
    consent().require_sound(TODAY)
    with pytest.raises(InvalidArgument):
        consent(**fields).require_sound(TODAY)


def test_a_consent_covers_as_many_deferrals_as_the_paper_says_and_at_least_one() -> None:
    consent(covers=3).require_covering(3)
    for covers, waiting in ((3, 2), (3, 4), (0, 0)):
        with pytest.raises(CountDiffers) as refused:
            consent(covers=covers).require_covering(waiting)
        assert refused.value.metadata == {"count": str(waiting), "expected": str(covers)}


def series(**fields: Any) -> Series:
    usual = Series(
        series_id="0192f0c4-0000-7000-8000-000000000009",
        region_id=REGION,
        archive_id=ARCHIVE,
        unit_id=UNIT,
        fonds="A001",
        category="marriage",
        year_from=1978,
        year_to=1990,
        ground="D2",
        reason="婚姻登记，含个人信息",
        rule_version=RULES,
        proposed_by=REVIEWER.actor.pseudonym,
        proposed_at=NOW,
    )
    return replace(usual, **fields)


def signed(one: Series, person: Person, side: Side) -> Series:
    return one.signed(person.sign(one, side), person.actor, at=NOW, years=3)


def test_a_series_stands_with_the_second_signature_and_comes_up_again_after_the_years_set() -> None:
    half = signed(series(), REVIEWER, Side.ARCHIVE)
    assert (half.state, half.decided_on, half.overdue) == (SeriesState.PARTLY_SIGNED, "", False)
    whole = signed(half, OFFICER, Side.CREATING_UNIT)
    assert (whole.state, whole.decided_on, whole.reevaluate_on) == (SeriesState.STANDING, "2026-11-27", "2029-11-27")
    assert whole.overdue and not replace(whole, consent_id="c1").overdue
    assert [whole.due(day) for day in (date(2029, 11, 26), date(2029, 11, 27))] == [False, True]
    with pytest.raises(SeriesSettled):
        signed(whole, SECOND, Side.ARCHIVE)


def test_nobody_signs_a_series_twice_for_another_side_or_another_unit() -> None:
    half = signed(series(), REVIEWER, Side.ARCHIVE)
    with pytest.raises(WrongSide):
        half.require_signable(Side.ARCHIVE, half.root, SECOND.actor)
    with pytest.raises(WrongSide):
        half.require_signable(Side.CREATING_UNIT, half.root, SECOND.actor)
    with pytest.raises(OutOfScope):
        half.require_signable(Side.CREATING_UNIT, half.root, Person(9, Role.UNIT_OFFICER, unit_id="other").actor)
    with pytest.raises(OutOfScope):
        half.require_signable(
            Side.CREATING_UNIT, half.root, Person(9, Role.UNIT_OFFICER, archive_id="a320500", unit_id=UNIT).actor
        )
    both = Person(1, Role.REVIEWER, Role.UNIT_OFFICER, unit_id=UNIT)
    with pytest.raises(SameSigner):
        half.require_signable(Side.CREATING_UNIT, half.root, both.actor)
    alone = signed(series(unit_id=""), REVIEWER, Side.ARCHIVE)
    with pytest.raises(SameSigner):
        alone.require_signable(Side.ARCHIVE_SECOND, alone.root, REVIEWER.actor)
    assert signed(alone, SECOND, Side.ARCHIVE_SECOND).state is SeriesState.STANDING


@pytest.mark.parametrize("change", [{"year_to": 1991}, {"ground": "D1"}, {"reason": "别的"}, {"category": "student"}])
def test_a_signature_on_one_series_is_none_on_another(change: dict[str, Any]) -> None:
    signature = REVIEWER.sign(series(), Side.ARCHIVE)
    other = replace(series(), **change)
    with pytest.raises(SignatureBroken):
        other.signed(signature, REVIEWER.actor, at=NOW, years=3)
    with pytest.raises(ListChanged):
        other.require_signable(Side.ARCHIVE, series().root, REVIEWER.actor)


@pytest.mark.parametrize(
    "fields",
    [
        {"category": "hobby"},
        {"ground": "controlled"},
        {"ground": "D6"},
        {"reason": ""},
        {"year_from": 1991},
        {"year_from": 0},
        {"year_to": 2002},
    ],
)
def test_a_series_names_a_category_years_past_their_term_and_a_ground_in_law(fields: dict[str, Any]) -> None:
    series().require_sound(TODAY)
    with pytest.raises(InvalidArgument):
        series(**fields).require_sound(TODAY)


def test_a_year_is_past_its_term_from_the_day_its_first_record_could_open() -> None:
    assert not term_passed(2001, date(2026, 1, 1))
    assert term_passed(2001, date(2026, 1, 2))
    assert term_passed(0, date(2026, 1, 1))


def test_a_series_ends_once_with_a_reason() -> None:
    ended = series().ended(reason="年度有误", by="1" * 32, at=NOW)
    assert (ended.state, ended.end_reason) == (SeriesState.ENDED, "年度有误")
    with pytest.raises(SeriesSettled):
        ended.ended(reason="再次", by="1" * 32, at=NOW)
    with pytest.raises(InvalidArgument):
        series().ended(reason="", by="1" * 32, at=NOW)


def outside(**fields: Any) -> SecretsOutside:
    return replace(SecretsOutside("e1", ARCHIVE, 12, TODAY, "1" * 32, NOW), **fields)


def test_secrets_outside_are_a_count_and_its_day_and_nothing_else() -> None:
    outside(count=0).require_sound(TODAY)
    for fields in ({"count": -1}, {"counted_on": TODAY + timedelta(1)}):
        with pytest.raises(InvalidArgument):
            outside(**fields).require_sound(TODAY)


def test_a_reports_file_says_how_many_secrets_are_kept_outside_and_takes_no_title_for_a_formula() -> None:
    record = {"title": '=HYPERLINK("http://x")', "date": {"raw": "1990"}}
    whole = signed(signed(series(), REVIEWER, Side.ARCHIVE), OFFICER, Side.CREATING_UNIT)
    tally = Tally(TODAY, [(whole, 4711)])
    content = Content(
        archive(),
        datetime(2026, 11, 27, tzinfo=NOW.tzinfo),
        outside(),
        tally.over([Entry(deferral(), record, ())]),
        tally.counts,
        [(whole, 4711)],
        lambda consent_id: consent_id,
    )
    lines = report_file(content).decode("utf-8-sig").splitlines()
    assert lines[2] == "延期,1,待重新评估,0,逾期未经同意,1"
    assert lines[3] == "整组延期,1,待重新评估,0,未经同意,1"
    assert lines[4] == "国家秘密,12件，存于系统外,清点日期,2026-11-27"
    assert lines[7].startswith('A001-1,"\'=HYPERLINK(""http://x"")",A001,1990,D2（M8(3)）')
    assert ",1978–1990,D6；D2（M8(3)）," in lines[8] and lines[8].endswith(",4711")
