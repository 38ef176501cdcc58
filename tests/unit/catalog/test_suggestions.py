"""What the review suggests, on which day and for which reasons."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain.record_dates import parse_record_date
from services.catalog.domain.rules import RuleSettings
from services.catalog.domain.sensitive_words import SensitiveWord, Vocabulary
from services.catalog.domain.suggestions import MAX_PLACES, Proposal, ReasonCode, Suggestion, suggest

TODAY = date(2026, 11, 27)
WORDS, SETTINGS = Vocabulary(), RuleSettings()


def record(**changes: Any) -> dict[str, Any]:
    """A record as stored; `day` is its date cell."""
    parsed = parse_record_date(changes.pop("day", "19850607"))
    eligible = parsed.eligible_on()
    usual = {
        "title": "关于兴修圩堤的通知",
        "creator": "常熟县人民政府",
        "security_classification": "",
        "disclosure": "",
        "date": parsed.fields(),
        "eligible_on": eligible.isoformat() if eligible else None,
        "other": {},
    }
    return usual | changes


def suggestion(on: date = TODAY, vocabulary: Vocabulary = WORDS, **changes: Any) -> Suggestion:
    return suggest(record(**changes), on=on, vocabulary=vocabulary, settings=SETTINGS)


def codes(one: Suggestion) -> list[ReasonCode]:
    return [reason.code for reason in one.reasons]


@pytest.mark.parametrize(
    ("changes", "proposal", "rule", "reason"),
    [
        ({}, Proposal.OPEN, "O1", ReasonCode.TERM_REACHED),
        ({"day": "20200101"}, Proposal.JUDGE, "O1", ReasonCode.TERM_NOT_REACHED),
        ({"day": "不详"}, Proposal.JUDGE, "O1", ReasonCode.DATE_UNKNOWN),
        ({"day": "20200101", "disclosure": "主动公开"}, Proposal.OPEN, "O3", ReasonCode.DISCLOSED),
        ({"day": "20200101", "title": "关于中等学校招生的通知"}, Proposal.JUDGE, "O2", ReasonCode.EARLY_CLASS),
        ({"disclosure": "不予公开"}, Proposal.JUDGE, "O3", ReasonCode.WITHHELD),
        ({"security_classification": "内部"}, Proposal.JUDGE, "S7", ReasonCode.MARKED),
        ({"security_classification": "工作秘密"}, Proposal.JUDGE, "S6", ReasonCode.MARKED),
        ({"security_classification": "机密★10年"}, Proposal.JUDGE, "S1", ReasonCode.GRADED),
        ({"security_classification": "已解密"}, Proposal.JUDGE, "S3", ReasonCode.MARKED),
        ({"security_classification": "某种13812345678"}, Proposal.JUDGE, "S7", ReasonCode.MARKED),
        ({"security_classification": "非密"}, Proposal.OPEN, "O1", ReasonCode.TERM_REACHED),
        ({"creator": "常熟县公安局"}, Proposal.JUDGE, "A1", ReasonCode.OUT_OF_SCOPE),
        ({"title": "王建国、李秀英结婚登记申请书"}, Proposal.DEFER, "D6", ReasonCode.PERSONAL_SERIES),
        ({"title": "张三（11010519491231002X）的信"}, Proposal.DEFER, "D2", ReasonCode.PERSONAL_DATA),
        ({"other": {"附注": "电话１３８１２３４５６７８"}}, Proposal.DEFER, "D2", ReasonCode.PERSONAL_DATA),
        ({"title": "关于处理群体性事件的报告"}, Proposal.JUDGE, "D1", ReasonCode.SENSITIVE_WORD),
        ({"title": "关于技术配方的批复"}, Proposal.JUDGE, "D2", ReasonCode.SENSITIVE_WORD),
        ({"other": {"附注": "暂缓开放"}}, Proposal.JUDGE, "D3", ReasonCode.SENSITIVE_WORD),
    ],
)
def test_the_weightiest_reason_makes_the_proposal(
    changes: dict[str, Any], proposal: Proposal, rule: str, reason: ReasonCode
) -> None:
    one = suggestion(**changes)
    assert (one.proposal, one.rule, one.reasons[0].code) == (proposal, rule, reason)


@pytest.mark.parametrize(
    ("day", "eligible"),
    [
        ("19980615", date(2023, 6, 16)),
        ("20000229", date(2025, 3, 1)),
        ("20000228", date(2025, 3, 1)),
        ("19960200", date(2021, 3, 1)),
        ("19850000", date(2011, 1, 1)),
        ("1950-1953", date(1979, 1, 1)),
        ("[19450815]", date(1970, 8, 16)),
    ],
)
def test_a_record_is_proposed_from_its_day_on_and_not_a_day_before(day: str, eligible: date) -> None:
    assert suggestion(eligible, day=day).proposal is Proposal.OPEN
    before = suggestion(eligible - timedelta(days=1), day=day)
    assert (before.proposal, before.rule) == (Proposal.JUDGE, "O1")
    term = next(reason for reason in before.reasons if reason.code is ReasonCode.TERM_NOT_REACHED)
    assert term.facts["eligible_on"] == eligible.isoformat()


def test_an_attested_date_is_told() -> None:
    assert codes(suggestion(day="[19450815]")) == [ReasonCode.TERM_REACHED, ReasonCode.DATE_ATTESTED]


def test_a_word_and_a_datum_are_told_by_field_and_place() -> None:
    title = "关于王某信访一事，电话13812345678"
    datum, word, _ = suggestion(title=title).reasons
    assert (datum.facts["kind"], word.facts["word"]) == ("mobile", "信访")
    assert title[int(word.facts["start"]) : int(word.facts["end"])] == "信访"
    assert title[int(datum.facts["start"]) : int(datum.facts["end"])] == "13812345678"


@pytest.mark.parametrize(
    ("title", "creator"), [("关于宗", "教育局"), ("电话138", "12345678"), ("电话138 1234", "5678"), ("来信a@", "b.cn")]
)
def test_nothing_is_found_across_two_fields(title: str, creator: str) -> None:
    assert codes(suggestion(title=title, creator=creator)) == [ReasonCode.TERM_REACHED]


def test_places_count_within_each_field() -> None:
    other = {"附注": "电话１３８１２３４５６７８", "主题词": "边界\n宗教"}
    found = [dict(reason.facts) for reason in suggestion(title="关于信访", creator="宗教局", other=other).reasons]
    assert found[:5] == [
        {"kind": "mobile", "field": "other.附注", "start": 2, "end": 13},
        {"word": "信访", "field": "title", "start": 2, "end": 4},
        {"word": "宗教", "field": "creator", "start": 0, "end": 2},
        {"word": "边界", "field": "other.主题词", "start": 0, "end": 2},
        {"word": "宗教", "field": "other.主题词", "start": 3, "end": 5},
    ]


def test_a_heading_that_is_personal_data_itself_is_not_repeated() -> None:
    one = suggestion(other={"13812345678": "宗教", "附注": "宗教"})
    fields = [reason.facts.get("field") for reason in one.reasons]
    assert fields == ["other", "other", "other.附注", None]


def test_every_reason_is_kept_not_the_first_alone() -> None:
    one = suggestion(creator="常熟县公安局", security_classification="内部", title="关于信访案件的报告")
    assert codes(one) == [
        ReasonCode.MARKED,
        ReasonCode.OUT_OF_SCOPE,
        ReasonCode.SENSITIVE_WORD,
        ReasonCode.SENSITIVE_WORD,
        ReasonCode.TERM_REACHED,
    ]


def test_a_text_that_repeats_itself_for_pages_makes_no_endless_suggestion() -> None:
    one = suggestion(title="宗教" * 300, other={"附注": "13812345678，" * 160, "备考": "案件" * 1_000})
    assert len(one.reasons) == MAX_PLACES + 1
    assert (one.proposal, one.rule, one.reasons[-1].code) == (Proposal.DEFER, "D2", ReasonCode.TERM_REACHED)


def test_words_are_the_archives() -> None:
    added = Vocabulary((SensitiveWord("圩堤", "D1"),))
    assert suggestion(vocabulary=added).rule == "D1"
    assert suggestion(vocabulary=Vocabulary(())).proposal is Proposal.OPEN
    assert added.version != WORDS.version


TEXTS = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ["关于", "的通知", "11010519491231002X", "440524188001010014", "13812345678", "6222 0212 3456 7890 123"]
        ),
        st.sampled_from(["a@b.cn", "京A12345", "E12345678", "信访", "病历", "１３８１２３４５６７８", "学校"]),
    ),
    max_size=6,
).map("".join)
RECORDS = st.fixed_dictionaries(
    {
        "title": TEXTS,
        "creator": st.sampled_from(["县政府", "县公安局", "外事办", "学校"]) | TEXTS,
        "security_classification": st.sampled_from(
            ["", "内部", "工作秘密", "机密★10年", "解密", "公开", "电13812345678"]
        ),
        "disclosure": st.sampled_from(["", "主动公开", "依申请公开", "不予公开"]),
        "day": st.sampled_from(["19850607", "不详", "[1945]", "20200101"]),
        "other": st.dictionaries(TEXTS, TEXTS, max_size=2),
    }
)


@given(RECORDS)
def test_a_suggestion_holds_no_personal_data_repeats_itself_and_survives_storage(changes: dict[str, Any]) -> None:
    one = suggestion(**changes)
    assert one == suggestion(**changes)
    assert Suggestion.of(json.loads(json.dumps(one.document()))) == one
    told = re.sub(r"\d{4}-\d\d-\d\d", "", json.dumps(one.document(), ensure_ascii=False).replace(WORDS.version, ""))
    assert not re.search(r"[0-9０-９]{5}|@|京A|E1", told)


@given(RECORDS)
def test_nothing_is_proposed_to_open_with_a_ground_against_it(changes: dict[str, Any]) -> None:
    one = suggestion(**changes)
    against = [reason for reason in one.reasons if reason.rule[0] in "SAD"]
    assert not (against and one.proposal is Proposal.OPEN)
    assert one.proposal is not Proposal.OPEN or one.rule in ("O1", "O3")
