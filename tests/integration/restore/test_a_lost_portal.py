"""The portal's database is not backed up: lost, what the portal tells the log goes on under a name of its own."""

from typing import Any

import pytest
from pymongo.database import Database

from deploy.local import kafka
from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from services.common.kafka.logged import LoggedReader
from services.common.kafka.reading import read_stream
from tests.integration.dataplane.ground import until

pytestmark = pytest.mark.integration
PORTAL = "portal"


def told(stack: Stack) -> list[tuple[str, int]]:
    """What the portal has told so far: stream and number."""
    return [(leaf.stream, leaf.seq) for leaf in read_stream(kafka.connection(stack.layout, PORTAL), PORTAL)]


def newest(db: Database[Any]) -> dict[str, Any]:
    return db["streams"].find_one({}, sort=[("incarnation", -1)]) or {"_id": ""}


def test_a_lost_portal_goes_on_as_the_next_incarnation_and_contradicts_nothing(stack: Stack) -> None:
    with admin_client(stack.layout) as admin:
        evidence = admin["audit"]["evidence"].count_documents({})
        before = newest(admin[PORTAL])["_id"]
        stack.kill(PORTAL)
        known = max((seq for stream, seq in told(stack) if stream == before), default=0)
        assert known, "the portal has told the log something, as it does of every refused sign-in"
        admin.drop_database(PORTAL)

        stack.start_service(PORTAL)
        stack.wait_ready(PORTAL)
        incarnation = int(before.rpartition("/")[2]) + 1
        after = f"{PORTAL}/{incarnation}"
        until(lambda: newest(admin[PORTAL])["_id"] == after)
        assert until(lambda: [seq for stream, seq in told(stack) if stream == after])[0] == 1
        row = admin[PORTAL]["restores"].find_one({})
        assert row is not None
        assert (row["before"], row["known_seq"], row["state"]) == (before, known, "done")
        logged = LoggedReader(kafka.connection(stack.layout, PORTAL), PORTAL)
        until(lambda: logged.read().get(after, 0) >= 1)
        assert admin["audit"]["evidence"].count_documents({}) == evidence

        stack.kill(PORTAL)
        stack.start_service(PORTAL)
        stack.wait_ready(PORTAL)
        assert newest(admin[PORTAL])["_id"] == after, "a start later changes nothing"
