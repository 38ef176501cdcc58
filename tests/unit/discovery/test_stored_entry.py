"""What the index keeps of an entry leads back to exactly what was published."""

from hypothesis import given
from hypothesis import strategies as st

from services.discovery.adapters.stored_entry import public_form, stored_form
from tongdang.catalog.v1 import record_pb2
from tongdang.common.v1 import common_pb2

ID = "346622b1-14e8-5512-acfe-607d8b7ba30b"
TEXTS = st.sampled_from(["", "\x00", "\x00A001", "A001", "A001-WS·1990", "19900718", "1990-07-18", "1990", "民国"])


def entry(code: str, fonds: str, raw: str, earliest: str, latest: str) -> record_pb2.OpenEntry:
    date = common_pb2.RecordDate(raw=raw, earliest=earliest, latest=latest)
    return record_pb2.OpenEntry(
        record_id=ID, reference_code=code, fonds=fonds, title="婚姻登记", date=date, rule="O1", pages=3
    )


@given(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)
def test_every_entry_comes_back_as_it_was(code: str, fonds: str, raw: str, earliest: str, latest: str) -> None:
    published = entry(code, fonds, raw, earliest, latest)
    assert public_form(ID, stored_form(entry(code, fonds, raw, earliest, latest))) == published


def test_an_entry_without_a_date_gets_none() -> None:
    assert not public_form(ID, stored_form(record_pb2.OpenEntry(record_id=ID, title="t"))).HasField("date")


def test_the_usual_entry_is_much_shorter() -> None:
    usual = entry("A001-WS·1990-D30-0001", "A001", "19900718", "1990-07-18", "1990-07-18")
    whole = len(usual.SerializeToString())
    assert len(stored_form(usual)) == whole - len(ID) - len("1990-07-18") * 2 - len("A001") - 2 * 4


def test_what_a_newer_producer_added_is_kept() -> None:
    newer = entry("A001-1", "A001", "", "", "").SerializeToString() + b"\xfa\x3e\x03new"  # field 999
    stored = stored_form(record_pb2.OpenEntry.FromString(newer))
    assert public_form(ID, stored).SerializeToString() == record_pb2.OpenEntry.FromString(newer).SerializeToString()
