"""档号: every example of DOMAIN §3.2 is taken, with its form or a warning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain.record import Level
from services.catalog.domain.reference_codes import Form, normalise, read_reference_code


@pytest.mark.parametrize(
    ("raw", "form", "fonds", "level"),
    [
        ("J019-ZY·JC·CC·2019·D30-001-001", Form.FILE, "J019", Level.ITEM),
        ("J019-KU·01·2017-001-001", Form.FILE, "J019", Level.ITEM),
        ("A002-RS-001-002", Form.FILE, "A002", Level.ITEM),
        ("X032-KJ·KY·01-003", Form.FILE, "X032", Level.FILE),
        ("X032-KJ·JJ·02-005-054", Form.FILE, "X032", Level.ITEM),
        ("K021-ZP·2019·D30-025-005", Form.FILE, "K021", Level.ITEM),
        ("Z109-WS·2011-Y-BGS-0001", Form.ITEM, "Z109", Level.ITEM),
        ("Z109-WS·2011-D30-0001", Form.ITEM, "Z109", Level.ITEM),
        ("03-0199-3836-056", Form.OLD, "03", Level.ITEM),
        ("1-永久-12", Form.OLD, "1", Level.FILE),
        ("12-长-35", Form.OLD, "12", Level.FILE),
        ("17-1-89甲", Form.OLD, "17", Level.FILE),
        ("17-1-89-1/3", Form.OLD, "17", Level.ITEM),
        ("1.2.33", Form.OLD, "1", Level.FILE),
        ("068-ZP-2017-Y-BGS-1201", Form.UNKNOWN, "068", Level.ITEM),
        ("X033-ZP·2008-001", Form.FILE, "X033", Level.FILE),
        ("无规则的档号", Form.UNKNOWN, "无规则的档号", Level.ITEM),
    ],
)
def test_codes_in_use_are_recognised_or_warned_about_but_never_refused(
    raw: str, form: Form, fonds: str, level: Level
) -> None:
    read = read_reference_code(raw)
    assert (read.form, read.fonds, read.level, read.raw) == (form, fonds, level, raw)


@pytest.mark.parametrize(
    "written",
    [
        "Ｚ１０９－ＷＳ·２０１１－Ｙ－ＢＧＳ－０００１",
        "Z109—WS•2011—Y—BGS—0001",
        "Z109‐WS・2011–Y−BGS―0001",
        " Z109 - WS‧2011 - Y - BGS - 0001 ",
        "Z109-WS⋅2011-Y-BGS-0001",
    ],
)
def test_one_code_has_one_spelling_however_it_was_typed(written: str) -> None:
    read = read_reference_code(written)
    assert read.normalised == "Z109-WS·2011-Y-BGS-0001"
    assert read.raw == written.strip()


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
