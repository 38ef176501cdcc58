"""A list of corrections on the desk: what the public reads now and would read, and no way to defer an open entry."""

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from services.common.domain.errors import Kind
from services.common.grpc.errors import RemoteError
from services.portal.adapters.sessions import Draft
from services.portal.entrypoints import review
from tests.unit.portal.pages import person_at
from tests.unit.portal.test_review_words import ZH
from tongdang.catalog.v1 import lines_pb2, record_pb2, review_pb2, unit_opinions_pb2

WRONG, RIGHT, MASK = "关于修缮校舍的批覆", "关于修缮校舍的批复", "关于学校事务的批复"
BATCH = "/archive/batches/b"
DESK = (f"{BATCH}/lines", f"{BATCH}/selections/s")


class Province:
    """One list in review with one line on it, which puts `RIGHT` in the place of what the public reads."""

    _ARCHIVE = SimpleNamespace(archive_id="a", name="馆", name_en="", address="", phone="", units=())
    registry = SimpleNamespace(archive=lambda _: Province._ARCHIVE)
    review = SimpleNamespace(GetBatch="batch", CreateBatch="create", ListBatches="batches")
    lines = SimpleNamespace(ListLines="lines", PreviewMatching="preview")
    opinions = SimpleNamespace(GetLetterDraft="letter")

    def __init__(self, matter: "review_pb2.Matter", before: lines_pb2.LineCorrection | None) -> None:
        self.batch = review_pb2.Batch(
            batch_id="b", state=review_pb2.BATCH_STATE_REVIEW, matter=matter, records_total=1, records_undecided=1
        )
        self.line = lines_pb2.Line(record=record_pb2.Record(record_id="r", title=RIGHT), correction=before)

    def province(self, _: str) -> "Province":
        return self

    def names(self, *_: Any) -> dict[str, str]:
        return {}

    def call(self, method: str, *_: Any) -> Any:
        if method == "create":
            raise RemoteError("NOTHING_TO_REVIEW", Kind.PRECONDITION)
        return {
            "batch": review_pb2.GetBatchResponse(batch=self.batch),
            "batches": review_pb2.ListBatchesResponse(),
            "lines": lines_pb2.ListLinesResponse(lines=[self.line]),
            "preview": lines_pb2.PreviewMatchingResponse(count=1, sample=[self.line]),
            "letter": unit_opinions_pb2.GetLetterDraftResponse(
                batch=self.batch, reply_by="2026-12-27", drawn_on="2026-11-27"
            ),
        }[method]


def _at(matter: "review_pb2.Matter", before: lines_pb2.LineCorrection | None = None) -> TestClient:
    drafts = SimpleNamespace(draft=lambda *_: Draft("s", "p", {"batch": "b", "query": "", "except": ""}))
    return person_at(review, Province(matter, before), "reviewer", drafts)


def _correcting(title: str = WRONG, *, masked: bool = False) -> TestClient:
    before = lines_pb2.LineCorrection(title=title, masked=masked, reason="错字")
    return _at(review_pb2.MATTER_CORRECTION, before)


def test_the_opened_line_tells_what_changes_and_why() -> None:
    shown = _correcting().get(DESK[0]).text
    assert f"<del>{WRONG}</del>" in shown and f"<ins>{RIGHT}</ins>" in shown
    assert "错字" in shown and ZH("matter.4") in shown and ZH("correction.masked") not in shown


def test_a_masked_title_stays_and_is_said_to_stay() -> None:
    shown = _correcting(MASK, masked=True).get(DESK[0]).text
    assert "<ins>" not in shown and ZH("correction.masked") in shown and ZH("correction.mask.hint") in shown


@pytest.mark.parametrize("path", DESK)
def test_an_open_entry_is_published_anew_or_left_but_never_deferred(path: str) -> None:
    shown = _correcting().get(path).text
    assert 'value="open"' in shown and 'value="hold"' in shown
    assert 'value="defer" class' not in shown and "defer_rule" not in shown and "<kbd>d</kbd>" not in shown


@pytest.mark.parametrize("path", DESK)
def test_records_are_deferred_as_ever(path: str) -> None:
    shown = _at(review_pb2.MATTER_OPENING).get(path).text
    assert "defer_rule" in shown and "<del>" not in shown and ZH("correction.decides") not in shown


def test_the_letter_to_the_unit_asks_about_what_changes() -> None:
    shown = _correcting().get(f"{BATCH}/letter").text
    assert f"由“{WRONG}”更正为“{RIGHT}”" in shown and ZH("letter.silence.correction") in shown


def test_the_letter_names_an_entry_whose_title_stays_by_what_the_public_reads() -> None:
    shown = _correcting(MASK, masked=True).get(f"{BATCH}/letter").text
    assert MASK in shown and RIGHT not in shown


@pytest.mark.parametrize("matter", ["text", "rereview", "correction"])
def test_where_nothing_waits_the_page_says_of_what(matter: str) -> None:
    form = {"csrf": "s", "key": "k", "unit": "u", "matter": matter}
    answer = _correcting().post("/archive/batches", data=form)
    assert answer.status_code == 422 and ZH(f"batches.nothing.{matter}") in answer.text
