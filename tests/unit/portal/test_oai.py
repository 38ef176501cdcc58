"""What a harvester asks is read as OAI-PMH 2.0 says, and refused with its own codes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.oai import OaiError, Selection, read_selection, read_verb

LIST = ("verb", "ListRecords"), ("metadataPrefix", "oai_dc")


def code(*pairs: tuple[str, str]) -> str:
    with pytest.raises(OaiError) as refused:
        read_selection(read_verb(pairs)[1])
    return refused.value.code


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], "badVerb"),
        ([("verb", "Everything")], "badVerb"),
        ([("verb", "Identify"), ("verb", "Identify")], "badArgument"),
        ([("verb", "Identify"), ("set", "320000")], "badArgument"),
        ([("verb", "ListRecords")], "badArgument"),
        ([("verb", "ListRecords"), ("metadataPrefix", "marc21")], "cannotDisseminateFormat"),
        ([("verb", "GetRecord"), ("metadataPrefix", "oai_dc")], "badArgument"),
        ([*LIST, ("resumptionToken", "x")], "badArgument"),
        ([*LIST, ("from", "2026-02-30")], "badArgument"),
        ([*LIST, ("from", "2026-02-03"), ("until", "2026-02-03T00:00:00Z")], "badArgument"),
        ([*LIST, ("from", "2026-02-03"), ("until", "2026-02-02")], "badArgument"),
        ([*LIST, ("from", "9999-12-31"), ("until", "0001-01-01")], "badArgument"),
        ([("verb", "ListRecords"), ("resumptionToken", "nonsense")], "badResumptionToken"),
        ([("verb", "ListRecords"), ("resumptionToken", "")], "badResumptionToken"),
    ],
)
def test_what_the_protocol_forbids_is_refused_with_its_code(pairs: list[tuple[str, str]], expected: str) -> None:
    assert code(*pairs) == expected


def test_a_day_lasts_to_its_last_second() -> None:
    selection = read_selection({"from": "2026-11-27", "until": "2026-11-27", "set": "320000:a320581"})
    assert selection.first == datetime(2026, 11, 27, tzinfo=UTC)
    assert selection.last == datetime(2026, 11, 27, 23, 59, 59, tzinfo=UTC)
    assert (selection.region_id, selection.archive_id) == ("320000", "a320581")


@given(
    st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)),
    st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["", "320000", "320000:a320581"]),
    st.text(min_size=1),
)
def test_a_token_carries_all_of_its_list(first: datetime | None, last: datetime | None, set_: str, behind: str) -> None:
    moments = [one.replace(microsecond=0, tzinfo=UTC) if one else None for one in (first, last)]
    selection = Selection(moments[0], moments[1], set_)
    again = read_selection({"resumptionToken": selection.resumption(behind)})
    assert again == Selection(moments[0], moments[1], set_, behind)


@given(st.text())
def test_no_token_of_anybody_elses_breaks_anything(token: str) -> None:
    try:
        read_selection({"resumptionToken": token})
    except OaiError as refused:
        assert refused.code == "badResumptionToken"
