"""What every fault test begins with: a client that does not give up, and the world as the oracle sees it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from tests.fault.client import PersistentClient
from tests.fault.ledger import Ledger, Steps
from tests.fault.oracle import World


@pytest.fixture
def client(stack: Stack) -> Iterator[PersistentClient]:
    """With a ledger of its own."""
    client = PersistentClient(stack, Ledger(), Steps())
    yield client
    client.close()


@pytest.fixture
def world(stack: Stack, tmp_path: Path) -> Iterator[World]:
    """As it was before the test broke anything."""
    with admin_client(stack.layout) as admin:
        world = World(stack, admin, tmp_path / "state.json")
        world.remember()
        yield world
