"""Whoever has a file, or a part of it, gets what is missing and no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.conditional import BEYOND, NOT_MODIFIED, PART, WHOLE, Wanted, wanted

ETAG, SIZE = '"abc"', 100


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", Wanted(WHOLE, 0, 99)),
        ("bytes=0-", Wanted(PART, 0, 99)),
        ("bytes=10-19", Wanted(PART, 10, 19)),
        ("bytes=90-1000", Wanted(PART, 90, 99)),
        ("bytes=-10", Wanted(PART, 90, 99)),
        ("bytes=-1000", Wanted(PART, 0, 99)),
        ("bytes=100-", Wanted(BEYOND)),
        ("bytes=100-200", Wanted(BEYOND)),
        ("bytes=-0", Wanted(BEYOND)),
        ("bytes=20-10", Wanted(WHOLE, 0, 99)),
        ("bytes=200-100", Wanted(WHOLE, 0, 99)),
        ("bytes=0-1,5-6", Wanted(WHOLE, 0, 99)),
        ("bytes=-", Wanted(WHOLE, 0, 99)),
        ("lines=1-2", Wanted(WHOLE, 0, 99)),
        ("bytes=" + "9" * 5000 + "-", Wanted(WHOLE, 0, 99)),
    ],
)
def test_a_range_is_answered_where_it_is_clear(asked: str, expected: Wanted) -> None:
    assert wanted({"range": asked}, ETAG, SIZE) == expected


@pytest.mark.parametrize("held", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_what_has_not_changed_is_not_sent(held: str) -> None:
    assert wanted({"if-none-match": held, "range": "bytes=0-1"}, ETAG, SIZE).status == NOT_MODIFIED


def test_a_part_of_another_file_is_not_gone_on_with() -> None:
    going_on = {"range": "bytes=50-", "if-range": '"other"'}
    assert wanted(going_on, ETAG, SIZE) == Wanted(WHOLE, 0, 99)
    assert wanted({**going_on, "if-range": ETAG}, ETAG, SIZE) == Wanted(PART, 50, 99)
    assert wanted({"if-none-match": '"other"'}, ETAG, SIZE).status == WHOLE


@given(st.from_regex(r"bytes=\d{0,25}-\d{0,25}", fullmatch=True) | st.text())
def test_nothing_that_is_sent_lies_outside_the_file(asked: str) -> None:
    found = wanted({"range": asked}, ETAG, SIZE)
    assert found.status == BEYOND or 0 <= found.first <= found.last < SIZE
