"""A process with a relay, or with a business transaction, that stops or kills itself at the worst moment.

`python -m tests.integration.dataplane.process TRAP`, its surroundings in the environment variable GROUND.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.common.kafka import relay as relay_module
from services.common.kafka import sending as sending_module
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.sending import Sending
from services.common.mongo import transactions as transactions_module
from services.common.mongo.database import MongoDatabase
from tests.integration.dataplane.ground import Ground


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def pause() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def before(owner: Any, name: str, act: Callable[[], None]) -> None:
    """Acts once, right before the first call of a method."""
    original = getattr(owner, name)
    acted = False

    def trapped(*arguments: Any, **options: Any) -> Any:
        nonlocal acted
        if not acted:
            acted = True
            act()
        return original(*arguments, **options)

    setattr(owner, name, trapped)


def note_end_of_term(ground: Ground) -> None:
    """Leaves in the database how the relay's first term ended, for the test to wait for."""
    original = relay_module.Relay._serve_term

    def noted(relay: relay_module.Relay) -> None:
        try:
            original(relay)
        except Exception as problem:
            ground.database.db["notes"].insert_one({"end_of_term": type(problem).__name__})
            raise

    relay_module.Relay._serve_term = noted  # type: ignore[method-assign]


def work_as_relay(ground: Ground, holder: str = "here") -> None:
    """Relays until killed."""
    with ground.relay(holder=holder):
        while True:
            time.sleep(1)


def killed_after_commit(ground: Ground) -> None:
    ground.commit(ground.message("a", 1), events=2)
    die()


def killed_before_commit(ground: Ground) -> None:
    before(transactions_module, "_commit", die)
    ground.commit(ground.message("b", 1), events=2)


def killed_while_numbering(ground: Ground) -> None:
    # the first transaction opens the stream, the second numbers
    before(transactions_module, "_commit", lambda: before(transactions_module, "_commit", die))
    work_as_relay(ground)


def killed_before_mark(ground: Ground) -> None:
    before(Sending, "_move_mark", die)
    work_as_relay(ground)


def paused_before_sending(ground: Ground) -> None:
    note_end_of_term(ground)
    before(sending_module, "send_together", pause)
    work_as_relay(ground, "elsewhere")


def paused_before_fencing(ground: Ground) -> None:
    note_end_of_term(ground)
    before(relay_module, "open_producer", pause)
    work_as_relay(ground, "elsewhere")


TRAPS = (
    killed_after_commit,
    killed_before_commit,
    killed_while_numbering,
    killed_before_mark,
    paused_before_sending,
    paused_before_fencing,
)

if __name__ == "__main__":
    where = json.loads(os.environ["GROUND"])
    bootstrap, *files = where["kafka"]
    ground = Ground(MongoDatabase(*where["mongo"]), KafkaConnection(bootstrap, *map(Path, files)), where["principal"])
    {trap.__name__: trap for trap in TRAPS}[sys.argv[1]](ground)
