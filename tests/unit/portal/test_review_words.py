"""The review in words: suggestions with their sums, who acts next, differences, how long ago."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.portal.domain.differences import Difference, differences
from services.portal.domain.line_query import LineQuery
from services.portal.domain.next_step import next_step
from services.portal.domain.suggestion import advice, pieces
from services.portal.domain.texts import load_texts
from tongdang.catalog.v1 import lines_pb2, review_pb2

TEXTS = load_texts(Path(__file__).resolve().parents[3] / "services" / "portal" / "locale")
ZH, EN = TEXTS["zh"], TEXTS["en"]


def _suggestion(*reasons: dict[str, Any], proposal: str = "open", rule: str = "O1") -> str:
    return json.dumps({"proposal": proposal, "rule": rule, "reasons": reasons, "vocabulary": "1"})


def _term(latest: str, eligible: str, precision: str) -> dict[str, Any]:
    facts = {"eligible_on": eligible, "latest": latest, "precision": precision}
    return {"code": "term-reached", "rule": "O1", "facts": facts}


def test_a_term_says_its_sum() -> None:
    [sentence] = advice(_suggestion(_term("1998-06-15", "2023-06-16", "day")), ZH).reasons
    assert sentence == "已满二十五年：1998-06-15 + 25 年 + 1 日 → 2023-06-16"


def test_an_inexact_date_says_which_day_was_taken() -> None:
    [sentence] = advice(_suggestion(_term("1998-12-31", "2024-01-01", "year")), ZH).reasons
    assert "1998-12-31（日期不完整，按最后可能的一天） + 25 年 + 1 日 → 2024-01-01" in sentence


def test_personal_data_is_named_by_kind_and_place_and_marked_in_the_title() -> None:
    found = {"code": "personal-data", "rule": "D2", "facts": {"kind": "id-18", "field": "title", "start": 3, "end": 21}}
    told = advice(_suggestion(found, proposal="defer", rule="D2"), ZH)
    assert told.reasons == ("题名第 4–21 字像身份证号（18 位）",)
    title = "王建国110105194912310026的申请"
    assert list(pieces(title, told.marks)) == [("王建国", False), ("110105194912310026", True), ("的申请", False)]


def test_marks_that_overlap_or_run_over_the_end_keep_the_title_whole() -> None:
    for marks in (((0, 3), (2, 5)), ((4, 99),), ((9, 12),), ((0, 2), (1, 2))):
        assert "".join(text for text, _ in pieces("关于救济", marks)) == "关于救济"


def test_a_reason_nobody_worded_yet_shows_its_code() -> None:
    told = advice(_suggestion({"code": "brand-new", "rule": "X9", "facts": {}}), EN)
    assert told.reasons == ("brand-new",)


def test_a_list_is_known_again_by_its_address_and_strange_words_match_all() -> None:
    query = LineQuery.of({"decision": "undecided", "year": "1998", "group": "g/1 &x", "page": "t"})
    assert LineQuery.parse(query.text) == query
    assert LineQuery.of({"decision": "drop", "secrecy": "1", "year": "98年"}) == LineQuery()


def _batch(**fields: Any) -> review_pb2.Batch:
    return review_pb2.Batch(**{"state": review_pb2.BATCH_STATE_REVIEW, "records_total": 10, **fields})


CLEAR = review_pb2.AggregationCheck(result=review_pb2.AGGREGATION_RESULT_CLEAR)
SIGNED = review_pb2.BatchSignature(side=review_pb2.SIDE_ARCHIVE, pseudonym="a")
NEXT: list[tuple[review_pb2.Batch, tuple[str, str, int]]] = [
    (_batch(state=review_pb2.BATCH_STATE_GATHERING), ("system", "gather", 0)),
    (_batch(bulk=review_pb2.BulkProgress(done=3, total=10)), ("system", "bulk", 7)),
    (_batch(records_undecided=4), ("reviewer", "decide", 4)),
    (_batch(records_ticked=6, records_held=1), ("reviewer", "tick", 3)),
    (_batch(records_ticked=10), ("reviewer", "aggregate", 0)),
    (_batch(records_ticked=10, aggregation=CLEAR), ("reviewer", "freeze", 0)),
    (_batch(records_ticked=10, aggregation=CLEAR, rules_outdated=True), ("reviewer", "renew", 0)),
    (_batch(state=review_pb2.BATCH_STATE_SIGNED, rules_outdated=True), ("reviewer", "reopen", 0)),
    (_batch(state=review_pb2.BATCH_STATE_CANCELLING), ("system", "release", 0)),
    (_batch(state=review_pb2.BATCH_STATE_CANCELLED), ("nobody", "cancelled", 0)),
    (_batch(state=review_pb2.BATCH_STATE_READY), ("reviewer", "sign", 0)),
    (_batch(state=review_pb2.BATCH_STATE_PARTLY_SIGNED, signatures=[SIGNED]), ("unit_officer", "opinion", 0)),
    (
        _batch(state=review_pb2.BATCH_STATE_PARTLY_SIGNED, signatures=[SIGNED], archive_alone=True),
        ("reviewer", "sign-second", 0),
    ),
    (
        _batch(state=review_pb2.BATCH_STATE_PARTLY_SIGNED, opinion=review_pb2.OpinionEvidence(sha256="ab")),
        ("reviewer", "sign", 0),
    ),
    (_batch(state=review_pb2.BATCH_STATE_SIGNED), ("director", "confirm", 0)),
    (_batch(state=review_pb2.BATCH_STATE_SCHEDULED), ("system", "schedule", 0)),
    (
        _batch(state=review_pb2.BATCH_STATE_PUBLISHING, records_open=9, records_applied=4),
        ("system", "publish", 5),
    ),
    (_batch(state=review_pb2.BATCH_STATE_PUBLISHED), ("nobody", "published", 0)),
]


@pytest.mark.parametrize(("batch", "expected"), NEXT)
def test_every_state_of_a_batch_has_somebody_who_acts_next(
    batch: review_pb2.Batch, expected: tuple[str, str, int]
) -> None:
    step = next_step(batch)
    assert (step.who, step.what, step.count) == expected
    assert step.who == "nobody" or ZH.has(f"step.{step.what}")


def test_differences_are_what_was_decided_otherwise_the_most_first() -> None:
    suggestion = lines_pb2.Suggestion(proposal=lines_pb2.PROPOSAL_OPEN, rule="O1")
    judged = lines_pb2.Suggestion(proposal=lines_pb2.PROPOSAL_JUDGE)
    groups = [
        lines_pb2.Group(group_id="a", suggestion=suggestion, lines_open=90, lines_deferred=2),
        lines_pb2.Group(group_id="b", suggestion=judged, lines_open=7),
    ]
    assert differences(groups) == [Difference("judge", "open", "b", 7), Difference("open", "defer", "a", 2)]


@pytest.mark.parametrize(
    ("since", "words"), [(20, "刚刚"), (125, "2 分钟前"), (7_300, "2 小时前"), (90_000, "2026-11-25 11:00:00")]
)
def test_how_long_ago_is_said_as_one_says_it(since: int, words: str) -> None:
    now = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
    assert ZH.ago(now - timedelta(seconds=since), now) == words
