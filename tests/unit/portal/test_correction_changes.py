"""What a correction changes, as those who decide about it compare it."""

import pytest

from services.portal.domain.correction import Change, changes, public_changes
from tongdang.catalog.v1 import lines_pb2, record_pb2
from tongdang.common.v1 import common_pb2

WRONG, RIGHT, MASK = "关于修缮校舍的批覆", "关于修缮校舍的批复", "关于学校事务的批复"


def _date(raw: str) -> common_pb2.RecordDate:
    return common_pb2.RecordDate(raw=raw)


def _line(*, masked: bool = False, verdict: str = "") -> lines_pb2.Line:
    return lines_pb2.Line(
        record=record_pb2.Record(title=RIGHT, creator="教育局", date=_date("19480304"), pages=3),
        correction=lines_pb2.LineCorrection(
            title=MASK if masked else WRONG, masked=masked, creator="教育局", date=_date("19480300")
        ),
        verdict=lines_pb2.Verdict(masked_title=verdict),
    )


def test_every_field_is_told_and_those_that_differ_are_known() -> None:
    line = _line()
    assert changes(line.correction, line.record) == (
        Change("title", WRONG, RIGHT),
        Change("creator", "教育局", "教育局"),
        Change("date", "19480300", "19480304"),
        Change("pages", "", "3"),
    )
    assert [one.field for one in public_changes(line) if one.changed] == ["title", "date", "pages"]


@pytest.mark.parametrize(
    ("masked", "verdict", "published"),
    [(False, "", RIGHT), (False, MASK, MASK), (True, "", MASK), (True, RIGHT, RIGHT)],
)
def test_a_mask_stays_in_the_titles_place_unless_the_verdict_gives_another(
    masked: bool, verdict: str, published: str
) -> None:
    title, *_ = public_changes(_line(masked=masked, verdict=verdict))
    assert title.then == published
