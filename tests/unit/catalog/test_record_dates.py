"""Dates of records: forms of DOMAIN §2, §3.1 and §7."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain.record_dates import Precision, UnreadableDate, parse_record_date


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "precision"),
    [
        ("19850607", "1985-06-07", "1985-06-07", Precision.DAY),
        ("19850600", "1985-06-01", "1985-06-30", Precision.MONTH),
        ("19850000", "1985-01-01", "1985-12-31", Precision.YEAR),
        ("1985", "1985-01-01", "1985-12-31", Precision.YEAR),
        ("1985年", "1985-01-01", "1985-12-31", Precision.YEAR),
        ("1953.7.2", "1953-07-02", "1953-07-02", Precision.DAY),
        ("1953-07-02", "1953-07-02", "1953-07-02", Precision.DAY),
        ("1953/7", "1953-07-01", "1953-07-31", Precision.MONTH),
        ("一九五三年七月二日", "1953-07-02", "1953-07-02", Precision.DAY),
        ("二〇〇一年十二月三十一日", "2001-12-31", "2001-12-31", Precision.DAY),
        ("民国廿二年", "1933-01-01", "1933-12-31", Precision.YEAR),
        ("民国元年", "1912-01-01", "1912-12-31", Precision.YEAR),
        ("民國36年5月1日", "1947-05-01", "1947-05-01", Precision.DAY),
        ("1950-1953", "1950-01-01", "1953-12-31", Precision.RANGE),
        ("195003-195104", "1950-03-01", "1951-04-30", Precision.RANGE),
        ("1953.7.2—1954.8.3", "1953-07-02", "1954-08-03", Precision.RANGE),
        ("1950年3月至1951年4月", "1950-03-01", "1951-04-30", Precision.RANGE),
        ("１９８５０６０７", "1985-06-07", "1985-06-07", Precision.DAY),
    ],
)
def test_a_date_is_read_no_sharper_than_its_source(text: str, earliest: str, latest: str, precision: Precision) -> None:
    read = parse_record_date(text)
    assert (str(read.earliest), str(read.latest), read.precision) == (earliest, latest, precision)
    assert read.raw == text and not read.attested


@pytest.mark.parametrize("text", ["[19450815]", "〔19450815〕", "［１９４５０８１５］", "【1945.8.15】"])
def test_a_bracketed_date_is_attested(text: str) -> None:
    read = parse_record_date(text)
    assert read.attested and read.earliest == read.latest == date(1945, 8, 15) and read.raw == text


@pytest.mark.parametrize("text", ["00000000", "不详", "0000"])
def test_an_unknown_date_has_no_day_and_is_never_eligible_by_itself(text: str) -> None:
    read = parse_record_date(text)
    assert (read.earliest, read.latest, read.precision) == (None, None, Precision.UNKNOWN)
    assert read.eligible_on() is None


@pytest.mark.parametrize(
    "text",
    ["", "20250230", "19851301", "1985060", "19850031", "53年", "1953-1950", "昨天", "99991231", "十十年", "民国0年"],
)
def test_what_is_no_date_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(UnreadableDate):
        parse_record_date(text)


@pytest.mark.parametrize(
    ("text", "eligible"),
    [
        ("19980615", "2023-06-16"),
        ("20000229", "2025-03-01"),
        ("19850000", "2011-01-01"),
        ("19850600", "2010-07-01"),
        ("1950-1953", "1979-01-01"),
        ("[19450815]", "1970-08-16"),
    ],
)
def test_a_record_is_eligible_25_years_and_a_day_after_its_last_possible_day(text: str, eligible: str) -> None:
    assert str(parse_record_date(text).eligible_on()) == eligible


DAYS = st.dates(date(1000, 1, 1), date(2900, 12, 31))


@given(DAYS)
def test_every_day_survives_each_way_of_writing_it(day: date) -> None:
    forms = [
        f"{day:%Y%m%d}",
        f"{day.year:04}.{day.month}.{day.day}",
        f"{day.year:04}年{day.month}月{day.day}日",
        f"[{day.year:04}-{day.month:02}-{day.day:02}]",
    ]
    assert {(read.earliest, read.latest) for read in map(parse_record_date, forms)} == {(day, day)}


@given(DAYS, DAYS)
def test_a_range_holds_both_its_ends_or_is_refused(one: date, other: date) -> None:
    text = f"{one:%Y%m%d}-{other:%Y%m%d}"
    if one > other:
        with pytest.raises(UnreadableDate):
            parse_record_date(text)
    else:
        read = parse_record_date(text)
        assert (read.earliest, read.latest) == (one, other)


@given(DAYS)
def test_the_term_is_never_shorter_than_25_full_years(day: date) -> None:
    eligible = parse_record_date(f"{day:%Y%m%d}").eligible_on()
    assert eligible is not None
    last = eligible - timedelta(days=1)
    assert (last.year, last.month) == (day.year + 25, day.month)
    assert last.day == day.day or (day.month, day.day, last.day) == (2, 29, 28)


@given(st.text(max_size=30))
def test_no_text_makes_the_reader_fail_otherwise(text: str) -> None:
    try:
        read = parse_record_date(text)
    except UnreadableDate:
        return
    assert read.precision is Precision.UNKNOWN or (
        read.earliest is not None and read.latest is not None and read.earliest <= read.latest
    )
