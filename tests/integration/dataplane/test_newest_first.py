"""Pages of the newest first: each item once, in order, and a token only for the filter it was made for."""

import pytest

from services.common.domain.errors import InvalidPageToken
from services.common.domain.paging import Page
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.newest_first import newest_first

pytestmark = pytest.mark.integration


def page(database: MongoDatabase, token: str, *, kind: str = "a") -> Page[str]:
    bound: Document = {"kind": kind}
    return newest_first(database.db["things"], bound, lambda row: str(row["_id"]), bound=bound, size=2, token=token)


def test_each_is_there_once_though_newer_ones_come_meanwhile(database: MongoDatabase) -> None:
    things = database.db["things"]
    things.insert_many([{"_id": f"{number}", "kind": "a"} for number in range(1, 6)])
    first = page(database, "")
    things.insert_one({"_id": "9", "kind": "a"})
    second = page(database, first.next_token)
    third = page(database, second.next_token)
    assert [*first.items, *second.items, *third.items] == ["5", "4", "3", "2", "1"]
    assert not third.next_token


def test_a_token_of_another_filter_is_refused(database: MongoDatabase) -> None:
    database.db["things"].insert_many([{"_id": f"{number}", "kind": "a"} for number in range(1, 6)])
    token = page(database, "").next_token
    with pytest.raises(InvalidPageToken):
        page(database, token, kind="b")
