"""Business transactions on a real replica set."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from services.common.audit.recorded import recording, was_recorded
from services.common.domain.errors import InvalidArgument, NotFound, RequestIdReused
from services.common.domain.messages import Letter, OutboxMessage
from services.common.mongo.database import MongoDatabase
from services.common.mongo.idempotency import IdempotencyKey
from services.common.mongo.letters import next_number
from services.common.mongo.outbox import OutboxOverflow
from services.common.mongo.transactions import Transactions, Tx
from tests.integration.dataplane.ground import CLOCK, IDS, audit_event

pytestmark = pytest.mark.integration

REQUEST = IdempotencyKey("someone", "request.submit", "01a20885-1456-7473-9890-4ee626b104ad", "hash")


@pytest.fixture
def transactions(database: MongoDatabase) -> Transactions:
    database.db.create_collection("things")
    return Transactions(database, IDS, CLOCK)


def count(database: MongoDatabase, name: str) -> int:
    return database.db[name].count_documents({})


def at_once(work: Callable[[], Any], times: int) -> list[Any]:
    """What several threads got that did the same together."""
    gate = threading.Barrier(times)
    results: list[Any] = []

    def one() -> None:
        gate.wait()
        results.append(work())

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_all_that_a_transaction_sends_lies_in_one_document(database: MongoDatabase, transactions: Transactions) -> None:
    def work(tx: Tx) -> None:
        tx.emit(OutboxMessage("t", "k", 1, "type", b"one"), OutboxMessage("t", "l", 1, "type", b"two"))
        tx.record(audit_event())
        tx.post(Letter(IDS.new(), "catalog-320000", "leg", next_number(tx, "leg", "out"), "/method", b"body"))

    transactions.run(work)
    (document,) = database.db["outbox"].find()
    assert [message["value"] for message in document["messages"]] == [b"one", b"two"]
    assert document["count"] == len(document["leaves"]) == 1
    assert database.db["letters"].find_one({"number": 1, "state": "waiting"})


def test_a_failing_body_leaves_nothing(database: MongoDatabase, transactions: Transactions) -> None:
    def work(tx: Tx) -> None:
        tx.db["things"].insert_one({"_id": 1}, session=tx.session)
        tx.record(audit_event())
        raise NotFound("on purpose")

    with recording():
        with pytest.raises(NotFound):
            transactions.run(work)
        assert not was_recorded()
    assert count(database, "things") == count(database, "outbox") == 0


def test_an_event_that_cannot_be_written_fails_the_transaction(
    database: MongoDatabase, transactions: Transactions
) -> None:
    def work(tx: Tx) -> None:
        tx.db["things"].insert_one({"_id": 1}, session=tx.session)
        tx.record(audit_event(size=2**53))

    with pytest.raises(InvalidArgument):
        transactions.run(work)
    assert count(database, "things") == 0


def test_a_committed_event_marks_its_call_as_recorded(transactions: Transactions) -> None:
    with recording():
        transactions.run(lambda tx: tx.record(audit_event()))
        assert was_recorded()


def test_too_many_messages_are_refused(transactions: Transactions) -> None:
    with pytest.raises(OutboxOverflow):
        transactions.run(lambda tx: tx.emit(*[OutboxMessage("t", str(n), 1, "type", b"") for n in range(501)]))
    with pytest.raises(OutboxOverflow):
        transactions.run(lambda tx: tx.emit(OutboxMessage("t", "k", 1, "type", bytes(1_000_000))))


def test_conflicting_transactions_all_go_through(database: MongoDatabase, transactions: Transactions) -> None:
    database.db["things"].insert_one({"_id": "counter", "value": 0})

    def work(tx: Tx) -> None:
        tx.db["things"].update_one({"_id": "counter"}, {"$inc": {"value": 1}}, session=tx.session)
        tx.record(audit_event())

    at_once(lambda: transactions.run(work), 24)
    assert database.db["things"].find_one({"_id": "counter", "value": 24})
    assert count(database, "outbox") == 24


def test_letters_of_a_conversation_are_numbered_without_gap(
    database: MongoDatabase, transactions: Transactions
) -> None:
    def work(tx: Tx) -> int:
        number = next_number(tx, "leg", "out")
        tx.post(Letter(IDS.new(), "catalog-320000", "leg", number, "/method", b""))
        return number

    assert sorted(at_once(lambda: transactions.run(work), 8)) == list(range(1, 9))


def test_the_same_request_twice_has_one_effect_and_one_answer(
    database: MongoDatabase, transactions: Transactions
) -> None:
    def work(tx: Tx) -> bytes:
        tx.db["things"].insert_one({"_id": IDS.new()}, session=tx.session)
        tx.record(audit_event())
        return IDS.new().encode()

    answers = at_once(lambda: transactions.run_once(REQUEST, work), 12)
    answers.append(transactions.run_once(REQUEST, work))
    assert len(set(answers)) == 1
    assert count(database, "things") == count(database, "outbox") == 1


def test_a_request_id_with_another_content_is_refused(transactions: Transactions) -> None:
    transactions.run_once(REQUEST, lambda _: b"answer")
    other = IdempotencyKey(REQUEST.caller, REQUEST.method, REQUEST.request_id, "another hash")
    with pytest.raises(RequestIdReused):
        transactions.run_once(other, lambda _: b"other")


def test_a_refused_request_may_come_again(transactions: Transactions) -> None:
    def refused(_: Tx) -> bytes:
        raise NotFound("on purpose")

    with pytest.raises(NotFound):
        transactions.run_once(REQUEST, refused)
    assert transactions.run_once(REQUEST, lambda _: b"answer") == b"answer"


def test_a_duplicate_of_the_business_is_not_taken_for_a_repeat(
    database: MongoDatabase, transactions: Transactions
) -> None:
    database.db["things"].insert_one({"_id": 1})

    def work(tx: Tx) -> bytes:
        tx.db["things"].insert_one({"_id": 1}, session=tx.session)
        return b""

    with pytest.raises(DuplicateKeyError):
        transactions.run_once(REQUEST, work)
