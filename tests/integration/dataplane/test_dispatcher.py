"""Letters on a real replica set: in order, each lane by itself, again until confirmed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from services.common.domain.errors import NotFound, RequestIdReused, TongdangError, Unavailable
from services.common.domain.messages import Letter
from services.common.mongo.database import MongoDatabase
from services.common.mongo.dispatcher import Dispatcher
from services.common.mongo.letters import next_number
from services.common.mongo.transactions import Transactions
from tests.integration.dataplane.ground import CLOCK, IDS, until

pytestmark = pytest.mark.integration

JIANGSU, GUIZHOU = "catalog-320000", "catalog-520000"


class Peers:
    """Two destinations that remember what they confirmed and refuse what they are told to."""

    def __init__(self) -> None:
        self.confirmed: list[Letter] = []
        self.attempts = 0
        self.troubles: dict[str, list[TongdangError]] = {}
        self.held = threading.Event()
        self.held.set()

    def send(self, letter: Letter) -> None:
        self.attempts += 1
        if letter.lane == GUIZHOU:
            self.held.wait(20)
        troubles = self.troubles.get(letter.conversation, [])
        if troubles:
            raise troubles.pop(0)
        self.confirmed.append(letter)

    def numbers(self, conversation: str) -> list[int]:
        return [letter.number for letter in self.confirmed if letter.conversation == conversation]


@pytest.fixture
def transactions(database: MongoDatabase) -> Transactions:
    return Transactions(database, IDS, CLOCK)


@pytest.fixture
def peers() -> Peers:
    return Peers()


def post(transactions: Transactions, conversation: str, lane: str = JIANGSU, letters: int = 1) -> None:
    for _ in range(letters):

        def work(tx: Any) -> None:
            number = next_number(tx, conversation, lane)
            tx.post(Letter(IDS.new(), lane, conversation, number, "/fulfilment", b"body"))

        transactions.run(work)


@contextmanager
def dispatching(
    database: MongoDatabase, transactions: Transactions, peers: Peers, holder: str = "here"
) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(database, [JIANGSU, GUIZHOU], peers.send, CLOCK, holder, transactions.bells)
    dispatcher.start()
    try:
        yield dispatcher
    finally:
        dispatcher.stop()


def test_letters_of_a_conversation_arrive_in_order(
    database: MongoDatabase, transactions: Transactions, peers: Peers
) -> None:
    post(transactions, "leg", letters=3)
    with dispatching(database, transactions, peers):
        post(transactions, "leg", letters=3)
        until(lambda: len(peers.confirmed) == 6)
    assert peers.numbers("leg") == [1, 2, 3, 4, 5, 6]
    assert peers.confirmed[0].body == b"body"


def test_a_peer_that_is_down_gets_the_letter_later_and_nothing_overtakes_it(
    database: MongoDatabase, transactions: Transactions, peers: Peers
) -> None:
    peers.troubles["leg"] = [Unavailable("down"), Unavailable("down")]
    with dispatching(database, transactions, peers):
        post(transactions, "leg", letters=2)
        post(transactions, "other leg")
        until(lambda: len(peers.confirmed) == 3)
    assert peers.numbers("leg") == [1, 2]
    assert peers.confirmed[0].conversation == "other leg"
    assert peers.attempts == 5


def test_a_lane_that_hangs_holds_up_no_other(database: MongoDatabase, transactions: Transactions, peers: Peers) -> None:
    peers.held.clear()
    post(transactions, "far leg", GUIZHOU)
    with dispatching(database, transactions, peers):
        post(transactions, "leg", JIANGSU, letters=2)
        until(lambda: peers.numbers("leg") == [1, 2])
        assert peers.numbers("far leg") == []
        peers.held.set()
        until(lambda: peers.numbers("far leg") == [1])


@pytest.mark.parametrize("refusal", [NotFound("no such leg"), RequestIdReused("another content")])
def test_a_refusal_for_good_parks_the_letter_and_its_conversation_only(
    database: MongoDatabase, transactions: Transactions, peers: Peers, refusal: TongdangError
) -> None:
    peers.troubles["leg"] = [refusal]
    post(transactions, "leg", letters=2)
    post(transactions, "other leg")
    with dispatching(database, transactions, peers):
        until(lambda: peers.numbers("other leg") == [1])
        until(lambda: database.db["letters"].find_one({"state": "parked", "problem": refusal.code}))
    assert peers.numbers("leg") == []


def test_many_letters_held_up_do_not_hide_one_that_may_go(
    database: MongoDatabase, transactions: Transactions, peers: Peers
) -> None:
    peers.troubles["leg"] = [NotFound("no such leg")]
    post(transactions, "leg", letters=60)
    post(transactions, "other leg")
    with dispatching(database, transactions, peers):
        until(lambda: peers.numbers("other leg") == [1])


def test_a_second_dispatcher_waits_for_the_first_and_then_goes_on(
    database: MongoDatabase, transactions: Transactions, peers: Peers
) -> None:
    with dispatching(database, transactions, peers):
        post(transactions, "leg")
        until(lambda: peers.numbers("leg") == [1])
    with dispatching(database, transactions, peers, holder="there"):
        post(transactions, "leg")
        until(lambda: peers.numbers("leg") == [1, 2])
