"""Texts of records: what is taken in, what changes when, and what the review asks of them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain.gathering import Matter
from services.catalog.domain.lines import require_listable
from services.catalog.domain.publications import MANIFEST_TYPES, manifest
from services.catalog.domain.sensitive_words import DEFAULT_WORDS, Vocabulary
from services.catalog.domain.suggestions import Proposal, suggest_text
from services.catalog.domain.texts import (
    MAX_BYTES,
    Text,
    TextEmpty,
    TextFixed,
    TextNotPublic,
    TextSecretSuspected,
    TextState,
    TextTooLong,
    TextUnreadable,
    read_text,
)
from services.catalog.domain.verdicts import Decision, Verdict
from services.common.domain.errors import InvalidArgument, TongdangError
from tests.builders import review
from tests.builders.review import NOW

TODAY = date(2026, 11, 27)
P1 = review.OPEN_TEXT


def text(**fields: object) -> Text:
    made = Text("r", "320000", "a320581", "A001", 1990, "正文", "1" * 32, NOW)
    return replace(made, **fields)  # type: ignore[arg-type]  # fields of a text


def test_a_text_is_kept_in_one_form_whatever_wrote_it() -> None:
    assert read_text("﻿第一行\r\n第二行\r\t末  ".encode()) == "第一行\n第二行\n\t末"
    assert read_text("e\u0301".encode()) == "é"


@pytest.mark.parametrize(
    ("content", "error", "metadata"),
    [
        ("正文".encode("gb18030"), TextUnreadable, {"line": "1"}),
        ("一\n二\n".encode() + b"\xff", TextUnreadable, {"line": "3"}),
        ("一\n二\x00".encode(), TextUnreadable, {"line": "2"}),
        ("一\u0085二".encode(), TextUnreadable, {"line": "1"}),
        ("\ue000".encode(), TextUnreadable, {"line": "1"}),
        (b"x" * (MAX_BYTES + 1), TextTooLong, {"max_bytes": str(MAX_BYTES)}),
        (b"", TextEmpty, {}),
        (b" \n\t", TextEmpty, {}),
        ("关于水库的批复\n机密★10年\n正文".encode(), TextSecretSuspected, {"count": "1", "lines": "2"}),
    ],
)
def test_what_is_no_text_is_refused_with_its_place_and_without_its_words(
    content: bytes, error: type[TongdangError], metadata: dict[str, str]
) -> None:
    with pytest.raises(error) as refused:
        read_text(content)
    assert refused.value.metadata == metadata


def test_a_text_of_the_full_length_is_taken() -> None:
    assert len(read_text(b"x" * MAX_BYTES)) == MAX_BYTES


@given(st.binary(max_size=200))
def test_anything_is_either_taken_in_a_form_that_stays_or_refused(content: bytes) -> None:
    try:
        taken = read_text(content)
    except (TextUnreadable, TextEmpty, TextSecretSuspected):
        return
    assert read_text(taken.encode()) == taken


@pytest.mark.parametrize(
    "standing",
    [
        {"state": TextState.OPEN, "batch_id": "b"},
        {"state": TextState.WAITING, "batch_id": "b"},
    ],
)
def test_a_text_on_a_list_or_public_is_not_replaced(standing: dict[str, object]) -> None:
    with pytest.raises(TextFixed):
        text(**standing).replaced(text(text="别的"))


@pytest.mark.parametrize("state", [TextState.WAITING, TextState.DEFERRED, TextState.WITHDRAWN])
def test_another_text_begins_anew_in_a_higher_version(state: TextState) -> None:
    after = text(state=state, version=5, rule="D2", reason="x").replaced(text(text="别的"))
    assert (after.text, after.version, after.state, after.rule) == ("别的", 6, TextState.WAITING, "")


def test_only_a_public_text_is_withdrawn_and_one_whose_record_goes_always_leaves() -> None:
    with pytest.raises(TextNotPublic):
        text().withdrawn("D2", "涉及他人")
    for before in (text(batch_id="b"), text(state=TextState.OPEN, batch_id="b", version=2)):
        after = before.left_by_its_record("D2", "涉及他人")
        assert (after.state, after.batch_id, after.version) == (TextState.WITHDRAWN, "", before.version + 1)


@pytest.mark.parametrize(
    ("matter", "verdict"),
    [
        (Matter.TEXT, review.OPEN),
        (Matter.TEXT, Verdict(Decision.OPEN, "O2", "教育", early_class="education")),
        (Matter.TEXT, Verdict(Decision.OPEN, "P1", masked_title="题名", mask_reason="含姓名")),
        (Matter.TEXT, Verdict(Decision.DEFER, "D2")),
        (Matter.OPENING, P1),
        (Matter.REREVIEW, P1),
    ],
)
def test_each_matter_has_rules_of_its_own(matter: Matter, verdict: Verdict) -> None:
    with pytest.raises(InvalidArgument):
        verdict.require_sound(matter)
    line = review.tick(review.line(eligible_on=None, verdict=verdict))
    with pytest.raises(InvalidArgument):
        require_listable([line], matter, TODAY)


def test_a_text_may_be_published_whenever_its_record_was_opened() -> None:
    early = review.tick(review.line(eligible_on="2040-01-01", verdict=P1))
    require_listable([early], Matter.TEXT, TODAY)


def test_personal_data_in_a_text_are_told_by_kind_and_place_alone() -> None:
    words = "兹证明\n张三，身份证号11010519491231002X。"
    suggestion = suggest_text({"disclosure": ""}, words, vocabulary=Vocabulary(DEFAULT_WORDS))
    assert suggestion.proposal is Proposal.DEFER
    facts = suggestion.reasons[0].facts
    assert words[int(facts["start"]) : int(facts["end"])] == "11010519491231002X"
    assert "11010519491231002X" not in str(suggestion.document())


@pytest.mark.parametrize(
    ("disclosure", "proposal", "rule"), [("", Proposal.OPEN, "P1"), ("不予公开", Proposal.JUDGE, "P1")]
)
def test_a_text_in_which_nothing_is_found_may_open_unless_the_unit_withholds_it(
    disclosure: str, proposal: Proposal, rule: str
) -> None:
    suggestion = suggest_text({"disclosure": disclosure}, "同意修建水库。", vocabulary=Vocabulary(DEFAULT_WORDS))
    assert (suggestion.proposal, suggestion.rule) == (proposal, rule)


def test_a_list_of_texts_has_a_manifest_of_its_own_kind() -> None:
    published = {"published_at": NOW, "published_by": "3" * 32}
    kinds = {matter: manifest(review.batch(matter=matter, **published), [b"x" * 32]) for matter in MANIFEST_TYPES}
    assert b'"type":"tongdang-text-manifest-1"' in kinds[Matter.TEXT]
    assert all(b"text-manifest" not in kinds[one] for one in (Matter.OPENING, Matter.REREVIEW))
