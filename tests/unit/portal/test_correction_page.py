"""The page of a correction: what is sent on, what is refused at which field, and what is never told again."""

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from services.common.domain.errors import InvalidArgument, Kind, TongdangError
from services.common.grpc.errors import RemoteError
from services.portal.entrypoints import corrections
from tests.unit.portal.pages import person_at
from tests.unit.portal.test_review_words import EN, ZH
from tongdang.catalog.v1 import correction_pb2, record_pb2, review_pb2
from tongdang.common.v1 import common_pb2

WRONG, RIGHT = "关于修缮校舍的批覆", "关于修缮校舍的批复"
HERE = "/archive/records/r/correction"
TYPED = {
    "csrf": "s",
    "key": "k",
    "title": f" {RIGHT} ",
    "creator": "教育局",
    "date": "19480304",
    "pages": "3",
    "reason": "错字",
}
WAITING = correction_pb2.Correction(
    state=correction_pb2.CORRECTION_STATE_WAITING,
    title=RIGHT,
    creator="教育局",
    date=common_pb2.RecordDate(raw="19480304"),
    reason="错字",
)


class Catalogue:
    """The province behind the page: one open record, its last proposal if any, and a refusal of whatever is asked."""

    registry = SimpleNamespace()
    corrections = SimpleNamespace(ProposeCorrection="propose", DropCorrection="drop", GetCorrection="get")
    review = SimpleNamespace(GetRecord="record")

    def __init__(self) -> None:
        self.record = record_pb2.Record(
            record_id="r",
            title=WRONG,
            creator="教育局",
            date=common_pb2.RecordDate(raw="1948"),
            access_status=record_pb2.ACCESS_STATUS_OPEN,
        )
        self.last: correction_pb2.Correction | None = None
        self.refusal: TongdangError | None = None
        self.sent: dict[str, Any] = {}

    def province(self, _: str) -> "Catalogue":
        return self

    def names(self, *_: Any) -> dict[str, str]:
        return {}

    def call(self, method: str, request: Any, *_: Any) -> Any:
        if method == "record":
            return review_pb2.GetRecordResponse(record=self.record)
        if method == "get":
            if self.last is None:
                raise RemoteError("NOT_FOUND", Kind.NOT_FOUND)
            return correction_pb2.GetCorrectionResponse(correction=self.last)
        self.sent[method] = request
        if self.refusal:
            raise self.refusal
        return None


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture
def clerk(catalogue: Catalogue) -> TestClient:
    return person_at(corrections, catalogue, "clerk")


def _shown(answer: Any, field: str) -> bool:
    """Whether something is refused at this field."""
    return answer.status_code == 422 and f'href="#{field}"' in answer.text and f'id="{field}' in answer.text


def test_what_is_typed_is_proposed_without_blanks_around_it(catalogue: Catalogue, clerk: TestClient) -> None:
    assert clerk.post(HERE, data=TYPED).headers["location"] == HERE
    sent = catalogue.sent["propose"]
    assert (sent.request_id, sent.record_id, sent.title, sent.date, sent.pages) == ("k", "r", RIGHT, "19480304", 3)


@pytest.mark.parametrize(("typed", "sent"), [("", 0), ("0", 0), ("12", 12)])
def test_unknown_pages_are_left_out(catalogue: Catalogue, clerk: TestClient, typed: str, sent: int) -> None:
    clerk.post(HERE, data={**TYPED, "pages": typed})
    assert catalogue.sent["propose"].pages == sent


@pytest.mark.parametrize("typed", ["三", "-1", "1.5", "1" * 10])
def test_pages_that_are_no_number_are_refused_here_and_what_was_typed_is_kept(
    catalogue: Catalogue, clerk: TestClient, typed: str
) -> None:
    answer = clerk.post(HERE, data={**TYPED, "pages": typed})
    assert _shown(answer, "pages") and f'value="{typed}"' in answer.text and RIGHT in answer.text
    assert "propose" not in catalogue.sent


@pytest.mark.parametrize("field", ["title", "creator", "date", "pages", "reason"])
def test_a_refused_field_is_named_at_its_place_and_all_that_was_typed_is_kept(
    catalogue: Catalogue, clerk: TestClient, field: str
) -> None:
    catalogue.refusal = InvalidArgument(field, "something else")
    answer = clerk.post(HERE, data=TYPED)
    assert _shown(answer, field) and RIGHT in answer.text


def test_words_that_would_close_the_entry_are_refused_with_their_rule(catalogue: Catalogue, clerk: TestClient) -> None:
    refusal = TongdangError(metadata={"rule": "D6"})
    catalogue.refusal = RemoteError("CORRECTION_CONTROLLED", Kind.PRECONDITION, refusal)
    answer = clerk.post(HERE, data=TYPED)
    assert _shown(answer, "act") and "D6" in answer.text and RIGHT in answer.text


def test_what_may_be_a_secret_is_not_told_again(catalogue: Catalogue, clerk: TestClient) -> None:
    catalogue.refusal = RemoteError("CORRECTION_SECRET_SUSPECTED", Kind.PRECONDITION)
    answer = clerk.post(HERE, data={**TYPED, "title": "机密★10年"})
    assert _shown(answer, "act") and "机密" not in answer.text and WRONG in answer.text


def test_the_form_begins_with_the_record_else_with_the_proposal_that_waits(
    catalogue: Catalogue, clerk: TestClient
) -> None:
    assert f'value="{WRONG}"' in clerk.get(HERE).text
    catalogue.last = WAITING
    waiting = clerk.get(HERE).text
    assert f'value="{RIGHT}"' in waiting and f"<del>{WRONG}</del>" in waiting and ZH("correction.next") in waiting


def test_a_proposal_on_a_list_can_be_neither_changed_nor_given_up(catalogue: Catalogue, clerk: TestClient) -> None:
    catalogue.last = correction_pb2.Correction()
    catalogue.last.CopyFrom(WAITING)
    catalogue.last.batch_id = "b"
    shown = clerk.get(HERE).text
    assert 'href="/archive/batches/b"' in shown
    assert f'action="{HERE}' not in shown


@pytest.mark.parametrize("role", ["reviewer", "director"])
def test_others_of_the_archive_read_what_waits(catalogue: Catalogue, role: str) -> None:
    catalogue.last = WAITING
    shown = person_at(corrections, catalogue, role).get(HERE).text
    assert f"<ins>{RIGHT}</ins>" in shown and "<textarea" not in shown


def test_a_record_that_is_not_open_has_no_form(catalogue: Catalogue, clerk: TestClient) -> None:
    catalogue.record.access_status = record_pb2.ACCESS_STATUS_CONTROLLED
    assert "<textarea" not in clerk.get(HERE).text


def test_a_proposal_is_given_up_only_with_the_box_ticked(catalogue: Catalogue, clerk: TestClient) -> None:
    catalogue.last = WAITING
    form = {"csrf": "s", "key": "k"}
    assert _shown(clerk.post(f"{HERE}/drop", data=form), "confirm") and "drop" not in catalogue.sent
    assert clerk.post(f"{HERE}/drop", data={**form, "confirm": "1"}).headers["location"] == HERE
    assert catalogue.sent["drop"].request_id == "k"


def test_trouble_that_the_person_can_do_nothing_about_is_no_error_of_the_form(
    catalogue: Catalogue, clerk: TestClient
) -> None:
    catalogue.refusal = RemoteError("OUT_OF_SCOPE", Kind.FORBIDDEN)
    with pytest.raises(RemoteError):
        clerk.post(HERE, data=TYPED)


@pytest.mark.parametrize("words", [ZH, EN])
@pytest.mark.parametrize("code", ["NOTHING", "FIXED", "SECRET_SUSPECTED", "CONTROLLED", "NOT_WAITING"])
def test_every_refusal_has_words(words: Any, code: str) -> None:
    assert words.has(f"error.CORRECTION_{code}")
