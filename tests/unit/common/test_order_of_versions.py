"""Numbering keeps the order of versions within a key and loses nothing, whatever ids say."""

from hypothesis import given
from hypothesis import strategies as st

from services.common.kafka.numbering import in_order_of_versions
from services.common.mongo.database import Document

Transactions = list[list[str]]
"""For each transaction, in the order of commits, the keys it writes."""


def documents(transactions: Transactions, ids: list[int]) -> list[Document]:
    """Outbox documents of serial transactions: each raises its keys' versions by one."""
    versions: dict[str, int] = {}
    found: list[Document] = []
    for keys, id_ in zip(transactions, ids, strict=True):
        messages = []
        for key in keys:
            versions[key] = versions.get(key, 0) + 1
            messages.append({"topic": "t", "key": key, "version": versions[key]})
        found.append({"_id": f"{id_:06d}", "messages": messages, "count": 0})
    return found


@st.composite
def histories(draw: st.DrawFn) -> list[Document]:
    transactions = draw(st.lists(st.lists(st.sampled_from("abcdef"), max_size=4), max_size=30))
    ids = draw(st.permutations(range(len(transactions))))
    return documents(transactions, list(ids))


@given(histories())
def test_versions_of_a_key_rise_and_no_document_is_lost(history: list[Document]) -> None:
    shuffled = sorted(history, key=lambda document: str(document["_id"]))
    ordered = in_order_of_versions(shuffled)
    assert sorted(document["_id"] for document in ordered) == [document["_id"] for document in shuffled]
    seen: dict[str, int] = {}
    for document in ordered:
        for message in document["messages"]:
            assert message["version"] > seen.get(message["key"], 0)
            seen[message["key"]] = message["version"]


def test_documents_without_a_common_key_go_by_id() -> None:
    history = documents([["a"], ["b"], [], ["c"]], [3, 1, 0, 2])
    assert [document["_id"] for document in in_order_of_versions(history)] == ["000000", "000001", "000002", "000003"]


def test_documents_that_contradict_each_other_are_told_and_go_by_id() -> None:
    def document(id_: str, a: int, b: int) -> Document:
        return {"_id": id_, "count": 0, "messages": [message("a", a), message("b", b)]}

    def message(key: str, version: int) -> Document:
        return {"topic": "t", "key": key, "version": version}

    ordered = in_order_of_versions([document("2", 1, 2), document("1", 2, 1)])
    assert [one["_id"] for one in ordered] == ["1", "2"]
