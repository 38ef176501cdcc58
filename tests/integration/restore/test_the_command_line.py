"""`tongdang`: every command against a running stack."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local.client import LocalClient
from deploy.local.layout import ROOT
from deploy.local.lock import hold
from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from tests.integration.dataplane.ground import until
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc

pytestmark = pytest.mark.integration

COMMANDS = ("status", "verify", "verify-publications", "reconcile", "reindex", "backup", "restore")
DEAD_LETTERS = ("list", "retry", "discard")


def tongdang(stack: Stack, *arguments: str) -> "subprocess.CompletedProcess[str]":
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TONGDANG_")}
    environment = {**inherited, **stack.layout.as_environment(), "COLUMNS": "200"}
    return subprocess.run(
        [str(ROOT / "bin" / "tongdang"), *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", [*[(one,) for one in COMMANDS], *[("dead-letters", one) for one in DEAD_LETTERS]])
def test_every_command_explains_itself_with_an_example(test_stack: Stack, command: tuple[str, ...]) -> None:
    told = tongdang(test_stack, *command, "--help")
    assert told.returncode == 0
    assert "Example: tongdang" in told.stdout


def test_the_status_names_everybody_and_who_is_missing(stack: Stack) -> None:
    told = tongdang(stack, "status")
    assert told.returncode == 0, told.stdout
    assert all(name in told.stdout for name in ("mongo", "kafka", "keycloak", "catalog-320000", "portal"))
    stack.stop("portal")
    try:
        missing = tongdang(stack, "status")
    finally:
        stack.start_service("portal")
        stack.wait_ready("portal")
    assert missing.returncode == 1
    assert "does not answer" in missing.stdout


def test_anybody_may_verify(stack: Stack, tmp_path: Path) -> None:
    assert tongdang(stack, "verify", "--state", str(tmp_path / "state")).returncode == 0


@pytest.fixture
def parked(stack: Stack) -> Iterator[str]:
    """A letter that a peer refused for good."""
    letter = str(uuid.uuid4())
    with admin_client(stack.layout) as admin:
        letters = admin["requests"]["letters"]
        now = datetime.now(UTC)
        letters.insert_one(
            {
                "_id": letter, "lane": "catalog-320000", "conversation": letter, "number": 1, "method": "/x/Request",
                "body": b"secret-content", "state": "parked", "attempts": 1, "problem": "NOT_FOUND",
                "created_at": now, "not_before": now,
            }
        )  # fmt: skip
        yield letter
        letters.delete_one({"_id": letter})


def test_a_dead_letter_is_listed_without_its_content_and_given_up(stack: Stack, parked: str) -> None:
    listed = tongdang(stack, "dead-letters", "list")
    assert parked in listed.stdout and "NOT_FOUND" in listed.stdout
    assert "secret-content" not in listed.stdout
    assert tongdang(stack, "dead-letters", "discard", "requests", parked, "--yes").returncode == 0
    assert parked not in tongdang(stack, "dead-letters", "list").stdout
    again = tongdang(stack, "dead-letters", "retry", "requests", parked)
    assert again.returncode == 1 and "no parked letter" in again.stderr
    with admin_client(stack.layout) as admin:
        until(lambda: admin["audit"]["entries"].find_one({"action": "operator.letter-discard"}))


def test_a_dead_letter_is_sent_again(stack: Stack, parked: str) -> None:
    assert tongdang(stack, "dead-letters", "retry", "requests", parked).returncode == 0
    with admin_client(stack.layout) as admin:
        letter = admin["requests"]["letters"].find_one({"_id": parked})
        assert letter is not None and letter["not_before"] > letter["created_at"], "due at once, whatever is answered"
        until(lambda: admin["audit"]["entries"].find_one({"action": "operator.letter-retry"}))


def test_the_index_is_rebuilt_while_searches_go_on_and_agrees_with_the_catalogues(
    stack: Stack, client: LocalClient
) -> None:
    stub = discovery_pb2_grpc.DiscoveryServiceStub(client.channel("discovery"))  # type: ignore[no-untyped-call]
    asked = discovery_pb2.SearchRequest(query="优待")
    before = client.call(stub.Search, asked).total
    folder = stack.layout.data / "index"
    rebuilt = tongdang(stack, "reindex")
    assert rebuilt.returncode == 0, rebuilt.stderr
    until(lambda: not (folder / "rebuilt").exists() and not (folder / "replaced").exists())
    assert client.call(stub.Search, asked).total == before > 0
    agreed = tongdang(stack, "reconcile")
    assert agreed.returncode == 0, agreed.stdout
    assert agreed.stdout.count("no differences") == 5


def test_a_backup_of_everything_runs_beside_the_stack_and_a_restore_does_not(stack: Stack, tmp_path: Path) -> None:
    done = tongdang(stack, "backup", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.backup"))) == 7
    with hold(stack.layout.folder):  # as `make run` does
        refused = tongdang(stack, "restore", "requests", str(next(tmp_path.glob("requests-*.backup"))))
    assert refused.returncode == 1 and "make stop" in refused.stderr
    unknown = tongdang(stack, "backup", str(tmp_path), "--service", "nobody")
    assert unknown.returncode != 0 and "expected one of" in unknown.stderr
