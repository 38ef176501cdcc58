"""An audit process that stops or kills itself at the worst moment.

`python -m tests.integration.audit.process TRAP`, its surroundings in the environment variable GROUND.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.audit.adapters import log_store
from services.audit.adapters.head import HeadDocument
from services.audit.adapters.log_store import LogStore
from services.audit.adapters.order_topic import OrderTopic
from services.common.kafka.connection import KafkaConnection
from services.common.mongo.database import MongoDatabase
from tests.integration.audit.ground import AuditGround
from tests.integration.dataplane.process import before, die, pause


def _in_an_append(owner: Any, name: str, act: Callable[[], None]) -> None:
    """Acts before the first call of a method that an append makes; what opens the log stays undisturbed."""
    before(LogStore, "append", lambda: before(owner, name, act))


def killed_before_the_order_is_written() -> None:
    _in_an_append(OrderTopic, "write", die)


def killed_after_the_order_was_written() -> None:
    _in_an_append(LogStore, "_make", die)


def killed_before_tiles() -> None:
    _in_an_append(log_store, "make_tiles", die)


def killed_before_the_head_moves() -> None:
    _in_an_append(HeadDocument, "move", die)


def killed_before_signing() -> None:
    _in_an_append(LogStore, "_sign", die)


def paused_before_the_order_is_written() -> None:
    _in_an_append(OrderTopic, "write", pause)


def paused_after_the_order_was_written() -> None:
    _in_an_append(LogStore, "_make", pause)


def paused_before_the_head_moves() -> None:
    _in_an_append(HeadDocument, "move", pause)


TRAPS = (
    killed_before_the_order_is_written,
    killed_after_the_order_was_written,
    killed_before_tiles,
    killed_before_the_head_moves,
    killed_before_signing,
    paused_before_the_order_is_written,
    paused_after_the_order_was_written,
    paused_before_the_head_moves,
)

if __name__ == "__main__":
    where = json.loads(os.environ["GROUND"])
    bootstrap, *files = where["kafka"]
    connection = KafkaConnection(bootstrap, *map(Path, files))
    database, seed = MongoDatabase(*where["mongo"]), bytes.fromhex(where["seed"])
    ground = AuditGround(database, connection, where["producers"], seed, where["order"])
    {trap.__name__: trap for trap in TRAPS}[sys.argv[1]]()
    with ground.audit(*where["audit"]):
        while True:
            time.sleep(1)
