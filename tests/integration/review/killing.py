"""Kills a process around any command that writes, or any commit: a child of the test, with `kill -9`."""

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from pymongo import monitoring

from services.catalog.adapters.opinion_documents import LETTER_SCANS
from services.common.mongo import transactions as transactions_module
from services.common.mongo.database import MongoDatabase
from tests.integration.review.ground import Ground

_WRITING = frozenset({"insert", "update", "delete", "findAndModify", "commitTransaction"})
_BESIDE = ("leases", f"{LETTER_SCANS}.files", f"{LETTER_SCANS}.chunks")
"""What a kill may leave behind: who held a lease, and a scan that nothing refers to yet (swept after a day)."""
_ENOUGH = 80


class _Fatal(monitoring.CommandListener):
    """Odd points: before so-manieth writing command reaches the server; even ones: once the server has answered it."""

    def __init__(self, point: int) -> None:
        self._left = point

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self._passed(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        self._passed(event.command_name)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        self._passed(event.command_name)

    def _passed(self, name: str) -> None:
        if name in _WRITING:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def killed_at_each_point(ground: Ground, act: Callable[[Ground], Any]) -> None:
    """Tries an act, killed one point later each time, until its effect is there: all of it, and nothing before.

    The last child dies right after its commit, before it could answer anybody.
    """
    before = everything(ground)
    for point in count(1):
        assert point < _ENOUGH, "the act never has an effect"
        _die(ground, act, point)
        if everything(ground) != before:
            break
    assert point > 2, "nothing is there after the first write alone"
    once = everything(ground)["outbox"]
    assert len(once) == len(before["outbox"]) + 1, "one transaction, and it is recorded"
    assert once[-1]["leaves"]


def everything(ground: Ground) -> dict[str, list[Any]]:
    """All that the database keeps, but `_BESIDE`."""
    db = ground.database.db
    names = sorted(set(db.list_collection_names()) - set(_BESIDE))
    return {name: list(db[name].find().sort("_id", 1)) for name in names}


def _die(ground: Ground, act: Callable[[Ground], Any], point: int) -> None:
    child = os.fork()
    if child == 0:
        try:
            monitoring.register(_Fatal(point))
            act(Ground(MongoDatabase(ground.database.uri, ground.database.name), rules=ground.rules))
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the child met its point"
    _forget_the_dead(ground.database)


def _forget_the_dead(database: MongoDatabase) -> None:
    """As the server does by itself after a minute: what a dead client left open is rolled back, its lease has ended."""
    admin = database.client.admin
    open_ones = admin.aggregate(
        [
            {"$currentOp": {"allUsers": True, "idleSessions": True}},
            {"$match": {"active": False, "transaction": {"$exists": True}}},
        ]
    )
    sessions = [{"id": one["lsid"]["id"]} for one in open_ones]
    if sessions:
        admin.command("killSessions", sessions)
    database.db["leases"].delete_many({})


@contextmanager
def killed_worker(database: MongoDatabase, kill_at: int) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own that kills itself at its so-manieth commit, before (even) or after (odd) it."""
    environment = {**os.environ, "TEST_URI": database.uri, "TEST_NAME": database.name, "TEST_KILL_AT": str(kill_at)}
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen([sys.executable, "-m", __name__], env=environment, cwd=root)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _live_until_killed() -> None:
    """What `killed_worker` starts."""
    kill_at, commits = int(os.environ["TEST_KILL_AT"]), 0
    commit = transactions_module._commit

    def counted(session: Any) -> None:
        nonlocal commits
        commits += 1
        if commits * 2 == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        commit(session)
        if commits * 2 - 1 == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    transactions_module._commit = counted
    ground = Ground(MongoDatabase(os.environ["TEST_URI"], os.environ["TEST_NAME"]))
    ground.worker("killed").start()
    signal.pause()


if __name__ == "__main__":
    _live_until_killed()
