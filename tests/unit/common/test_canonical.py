"""Canonical bytes are those of RFC 8785, whichever encoder writes them."""

import enum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from services.common.domain.canonical import canonical_bytes
from services.common.domain.errors import InvalidArgument

TEXT = st.text(st.characters(codec="utf-8")) | st.text('\x00\x1f\x7f"\\/\u2028\ue000，é€😂𬭚')
SCALARS = (
    TEXT
    | st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)


class Colour(enum.StrEnum):
    RED = "红"


class Rank(enum.IntEnum):
    FIRST = 1


@given(st.dictionaries(TEXT, VALUES))
def test_the_bytes_are_those_of_the_reference(value: dict[str, Any]) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        {"\ufb33": 1, "😂": 2, "€": 3},  # by UTF-16 unit the second comes before the first
        {"number": 1.0, "small": 1e-7, "large": 1e21, "minus": -0.0},
        {"text": '\x00\b\t\n\f\r\x1f\x7f"\\/\u2028'},
        {"colour": Colour.RED, "rank": Rank.FIRST, "tuple": (1, "a", (True, None))},
        {"least": -(2**53) + 1, "greatest": 2**53 - 1, "time": "2026-11-23T04:00:00.000Z"},
    ],
)
def test_the_known_traps_are_none(value: dict[str, Any]) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [2**53, -(2**53), [2**53], {"deep": [{"n": 2**70}]}, {1: "a"}, {None: 1}, float("nan"), float("inf"), b"x", {1, 2}],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(InvalidArgument):
        canonical_bytes({"value": value})


def test_half_a_character_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        canonical_bytes({"value": "\ud800"})
