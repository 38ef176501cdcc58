"""The portal's database is not backed up: lost, what the portal tells the log goes on under a name of its own."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from deploy.local import kafka
from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from services.common.kafka.reading import read_stream
from tests.integration.dataplane.ground import until

pytestmark = pytest.mark.integration
PORTAL = "portal"
Admin = MongoClient[dict[str, Any]]


@pytest.fixture
def admin(stack: Stack) -> Iterator[Admin]:
    with admin_client(stack.layout) as admin:
        yield admin


@pytest.fixture
def lost(stack: Stack, admin: Admin) -> Iterator[tuple[str, int]]:
    """The stream and the last number that Kafka had when kill -9 came and the database was gone; it serves again."""
    callback = f"{stack.url(PORTAL)}/signin/callback"
    assert httpx.get(callback, trust_env=False).status_code == 401, "which the portal records"
    stream = newest(admin)
    until(lambda: told(stack, stream))
    stack.kill(PORTAL)
    known = max(told(stack, stream))
    admin.drop_database(PORTAL)
    restart(stack)
    yield stream, known


def restart(stack: Stack) -> None:
    stack.start_service(PORTAL)
    stack.wait_ready(PORTAL)


def told(stack: Stack, stream: str) -> list[int]:
    """The numbers that the portal has told of a stream."""
    leaves = read_stream(kafka.connection(stack.layout, PORTAL), PORTAL)
    return [leaf.seq for leaf in leaves if leaf.stream == stream]


def logged(admin: Admin, stream: str) -> int:
    """How far the log has come with a stream."""
    head = admin["audit"]["log_head"].find_one({"_id": "head"})
    return sum(seq for name, seq, _ in head["streams"] if name == stream) if head else 0


def newest(admin: Admin) -> str:
    head = admin[PORTAL]["streams"].find_one({}, sort=[("incarnation", -1)])
    return str(head["_id"]) if head else ""


def test_a_lost_portal_goes_on_as_the_next_incarnation_and_contradicts_nothing(
    stack: Stack, admin: Admin, lost: tuple[str, int]
) -> None:
    before, known = lost
    after = f"{PORTAL}/{int(before.rpartition('/')[2]) + 1}"
    until(lambda: newest(admin) == after)
    [restored] = admin[PORTAL]["restores"].find({})
    assert (restored["before"], restored["known_seq"], restored["state"]) == (before, known, "done")

    until(lambda: logged(admin, after))
    assert min(told(stack, after)) == 1
    assert admin["audit"]["evidence"].count_documents({"stream": {"$regex": f"^{PORTAL}/"}}) == 0

    stack.kill(PORTAL)
    restart(stack)
    assert newest(admin) == after, "a start later changes nothing"
