"""Corrections of open entries: what is taken in, what it may change, and what the review may decide of it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain.corrections import (
    CORRECTABLE,
    Correction,
    CorrectionControlled,
    CorrectionFixed,
    CorrectionNothing,
    CorrectionNotWaiting,
    CorrectionSecretSuspected,
    CorrectionState,
    Words,
    corrected_fields,
    public_words,
)
from services.catalog.domain.gathering import Matter
from services.catalog.domain.publications import manifest
from services.catalog.domain.record import content_hash
from services.catalog.domain.verdicts import Decision, Verdict
from services.common.domain.errors import InvalidArgument, TongdangError
from services.common.domain.publication import (
    CORRECTION_MANIFEST_TYPE,
    MANIFEST_TYPE,
    NotProven,
    check_entry,
    manifest_content,
)
from tests.builders import review
from tests.builders.review import NOW

DATE = {"raw": "19900718", "earliest": "1990-07-18", "latest": "1990-07-18", "precision": "day", "attested": False}
RECORD: dict[str, Any] = {
    "_id": "r",
    "reference_code": "A001-WS·1990-Y-0001",
    "reference_code_raw": "A001-WS·1990-Y-0001",
    "fonds": "A001",
    "level": "item",
    "title": "关于修建水库的批复",
    "creator": "常熟县民政局",
    "date": DATE,
    "retention_period": "永久",
    "security_classification": "",
    "disclosure": "",
    "pages": 3,
    "other": {},
}
SAME = Words("关于修建水库的批复", "常熟县民政局", "19900718", "3", "题名录错一字")


def corrected(**words: str) -> dict[str, Any]:
    return corrected_fields(RECORD, replace(SAME, **words))


def correction(**fields: object) -> Correction:
    made = Correction("r", "320000", "a320581", "A001", 1990, {}, {}, 2, "h", "题名录错", "1" * 32, NOW)
    return replace(made, **fields)  # type: ignore[arg-type]  # fields of a correction


def test_a_correction_changes_what_describes_the_record_and_never_what_it_is_known_by() -> None:
    fields = corrected(title="  关于扩建水库的批复 ", date="1991年7月")
    assert fields["title"] == "关于扩建水库的批复"
    assert (fields["date"]["latest"], fields["eligible_on"]) == ("1991-07-31", "2016-08-01")
    assert set(fields) == {*CORRECTABLE, "eligible_on", "content_hash"}
    assert fields["content_hash"] == content_hash({**RECORD, **fields}) != content_hash(RECORD)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("title", " "),
        ("title", "题" * 601),
        ("title", "题\x00名"),
        ("creator", ""),
        ("date", "1990-13-01"),
        ("date", ""),
        ("pages", "1000000"),
        ("pages", "-1"),
        ("reason", ""),
        ("reason", "因" * 501),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(field: str, typed: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        corrected(**{"title": "关于扩建水库的批复", field: typed})
    assert refusal.value.violations[0].field == field


@pytest.mark.parametrize("words", [{"title": "机密★10年 关于扩建水库的批复"}, {"reason": "【秘密】"}])
def test_a_grade_in_what_was_typed_is_stopped_before_anything_else(words: dict[str, str]) -> None:
    with pytest.raises(CorrectionSecretSuspected):
        corrected(**words)


def test_nothing_new_is_no_correction_and_what_could_not_be_open_is_none_either() -> None:
    with pytest.raises(CorrectionNothing):
        corrected()
    with pytest.raises(CorrectionControlled) as refusal:
        corrected(title="王建国、李秀英结婚登记申请书")
    assert refusal.value.metadata == {"rule": "D6"}
    police = {**RECORD, "creator": "常熟县公安局"}
    assert corrected_fields(police, replace(SAME, creator="常熟县公安局", pages="4"))["pages"] == 4


def test_a_masked_title_stays_what_the_public_reads() -> None:
    assert public_words(RECORD) == {**{name: RECORD[name] for name in CORRECTABLE}, "masked": False}
    masked = public_words({**RECORD, "masked_title": "关于某水库的批复"})
    assert (masked["title"], masked["masked"]) == ("关于某水库的批复", True)


@given(st.lists(st.sampled_from(["replace", "list", "publish", "drop", "retract"]), max_size=12))
def test_whatever_happens_a_listed_proposal_keeps_its_words_and_versions_only_grow(acts: list[str]) -> None:
    now = correction()
    for act in acts:
        before = now
        try:
            now = {
                "replace": lambda it: it.replaced(correction(reason="另一理由")),
                "list": lambda it: replace(it, batch_id="b") if it.state is CorrectionState.WAITING else it,
                "publish": lambda it: (
                    replace(it, state=CorrectionState.PUBLISHED, version=it.version + 1) if it.listed else it
                ),
                "drop": Correction.dropped,
                "retract": Correction.left_by_its_record,
            }[act](before)
        except TongdangError as refusal:
            assert isinstance(refusal, CorrectionFixed | CorrectionNotWaiting)
            continue
        assert now.version >= before.version
        if before.listed and now.listed:
            assert now.reason == before.reason


def test_a_list_of_corrections_opens_or_sets_aside_and_never_defers() -> None:
    Verdict(Decision.OPEN, "O1").require_sound(Matter.CORRECTION)
    Verdict(Decision.HOLD, "", "待核").require_sound(Matter.CORRECTION)
    for verdict in (review.DEFER, review.OPEN_TEXT):
        with pytest.raises(InvalidArgument):
            verdict.require_sound(Matter.CORRECTION)


def test_an_entry_and_its_manifest_agree_on_whether_and_when_it_was_corrected() -> None:
    fields = {"published_at": NOW, "published_by": "3" * 32}
    of_corrections = manifest_content(manifest(review.batch(matter=Matter.CORRECTION, **fields), [b"x" * 32]))
    of_openings = manifest_content(manifest(review.batch(**fields), [b"x" * 32]))
    assert (of_corrections["type"], of_openings["type"]) == (CORRECTION_MANIFEST_TYPE, MANIFEST_TYPE)
    entry = {
        "batch_id": of_openings["batch_id"],
        "region_id": "320000",
        "archive_id": review.ARCHIVE,
        "rule": "O1",
        "opened_on": "2020-01-01",
        "corrected_on": "2026-11-27",
    }
    check_entry(entry, of_corrections)
    as_opened = {name: value for name, value in entry.items() if name != "corrected_on"} | {"opened_on": "2026-11-27"}
    check_entry(as_opened, of_openings)
    for wrong, content in (
        (entry, of_openings),
        (as_opened, of_corrections),
        ({**entry, "corrected_on": "2026-11-26"}, of_corrections),
    ):
        with pytest.raises(NotProven):
            check_entry(wrong, content)
