"""Detectors of personal data (DOMAIN §9): what they see, and what they leave alone."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain.personal_data import Kind, is_id_18, passes_luhn, personal_data


def kinds(text: str) -> list[Kind]:
    return [one.kind for one in personal_data(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("11010519491231002X", Kind.ID_18),
        ("11010519491231002x", Kind.ID_18),
        ("440524188001010014", Kind.ID_18),
        ("１１０１０５１９４９１２３１００２Ｘ", Kind.ID_18),
        ("110105 19491231 002X", Kind.ID_18),
        ("110105491231002", Kind.ID_15),
        ("13812345678", Kind.MOBILE),
        ("１３８１２３４５６７８", Kind.MOBILE),
        ("138 1234 5678", Kind.MOBILE),
        ("138-1234-5678", Kind.MOBILE),
        ("+86 13812345678", Kind.MOBILE),
        ("4111111111111111", Kind.BANK_CARD),
        ("4111 1111 1111 1111", Kind.BANK_CARD),
        ("wang.jianguo@example.com", Kind.EMAIL),
        ("wang＠example．com", Kind.EMAIL),
        ("苏E12345", Kind.PLATE),
        ("京A·F1234", Kind.PLATE),
        ("苏ED12345", Kind.PLATE),
        ("苏E1A2B3", Kind.PLATE),
        ("苏Ｅ１Ａ２Ｂ３", Kind.PLATE),
        ("E12345678", Kind.PASSPORT),
        ("G12345678", Kind.PASSPORT),
        ("EA1234567", Kind.PASSPORT),
    ],
)
def test_a_datum_is_seen_within_a_title_and_told_by_place(text: str, kind: Kind) -> None:
    title = f"关于王某（{text}）的报告"
    (found,) = personal_data(title)
    assert (found.kind, title[found.start : found.end]) == (kind, text)


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021",  # the check digit is X
        "11010519491331002X",  # no thirteenth month
        "99010519491231002X",  # no such province
        "110105491331002",  # fifteen digits without a day
        "4111111111111112",  # fails Luhn
        "12812345678",  # no mobile's beginning
        "1381234567",
        "138123456789",
        "中发〔1980〕16号",
        "A001-WS·1985-Y-BGS-0001",
        "1985年6月至1986年7月",
        "19850607",
        "1953-1954",
        "文件 2012 3456 7890",
        "苏州A12栋",
        "a@b",
    ],
)
def test_what_only_resembles_one_is_left_alone(text: str) -> None:
    assert kinds(f"关于{text}的报告") == []


@pytest.mark.parametrize("datum", ["13812345678", "440524188001010014", "110105491231002"])
@pytest.mark.parametrize("digit", ["0", "9"])
def test_digits_inside_longer_digits_are_none(datum: str, digit: str) -> None:
    assert Kind.MOBILE not in kinds(datum + digit) and Kind.ID_18 not in kinds(digit + datum)
    assert Kind.ID_15 not in kinds(digit + datum)


def test_all_of_several_are_found_in_their_order_and_none_twice() -> None:
    assert kinds("440524188001010014，13812345678；13912345678 a@b.cn") == [
        Kind.ID_18,
        Kind.MOBILE,
        Kind.MOBILE,
        Kind.EMAIL,
    ]


@given(st.dates().filter(lambda day: day.year >= 1000), st.integers(0, 999))
def test_exactly_one_check_digit_makes_an_identity_number_valid(day: object, serial: int) -> None:
    body = f"320581{str(day).replace('-', '')}{serial:03d}"
    assert sum(is_id_18(body + check) for check in "0123456789X") == 1


@given(st.integers(10**12, 10**18 - 1))
def test_exactly_one_last_digit_passes_luhn(number: int) -> None:
    assert sum(passes_luhn(f"{number}{last}") for last in range(10)) == 1


@given(st.text())
def test_no_text_makes_the_detectors_fail_and_places_lie_within_it(text: str) -> None:
    found = personal_data(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
