"""A service that starts before its database waits for it, and for nothing else."""

from typing import Any

import pytest
from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError

from services.common.mongo.database import MongoDatabase

AWAY, REFUSED = ServerSelectionTimeoutError("nobody there"), OperationFailure("Authentication failed", 18)


class _Answers:
    """Stands in for the driver's database: raises what it is given, one a call, then answers."""

    def __init__(self, *problems: PyMongoError) -> None:
        self.left = list(problems)

    def command(self, _: str) -> dict[str, Any]:
        if self.left:
            raise self.left.pop(0)
        return {"ok": 1}


def _database(*problems: PyMongoError) -> tuple[MongoDatabase, _Answers]:
    database = MongoDatabase("mongodb://localhost:1/?connect=false", "test")
    answers = _Answers(*problems)
    database.db = answers  # type: ignore[assignment]
    return database, answers


def test_it_is_asked_again_until_it_answers() -> None:
    database, answers = _database(AWAY, AWAY)
    database.await_primary(nap_s=0)
    assert not answers.left


def test_it_is_not_waited_for_without_end() -> None:
    database, answers = _database(AWAY, AWAY)
    with pytest.raises(ServerSelectionTimeoutError):
        database.await_primary(patience_s=-1, nap_s=0)
    assert len(answers.left) == 1


def test_a_refusal_is_told_at_once() -> None:
    database, answers = _database(REFUSED, AWAY)
    with pytest.raises(OperationFailure, match="Authentication"):
        database.await_primary(nap_s=0)
    assert len(answers.left) == 1
