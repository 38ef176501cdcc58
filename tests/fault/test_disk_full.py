"""The disk under MongoDB fills up: nobody is told yes and then forgotten, and work goes on once there is room."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from pymongo.errors import PyMongoError

from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from services.common.domain.errors import TongdangError
from services.common.domain.registry import load_registry
from services.common.grpc.call import AUTHORIZATION_KEY
from services.common.grpc.channel import call
from tests.fault.actors import Citizen, Story
from tests.fault.client import PersistentClient
from tests.fault.oracle import World, holds, settle
from tongdang.requests.v1 import requests_pb2_grpc

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]
_SPARE = 300 * 2**20
"""Journal files of 100 MB are made ahead, three of them."""
_REFUSED_WITHIN_S = 120.0


@dataclass
class SmallDisk:
    """A file system in memory, mounted where a folder was."""

    folder: Path

    def fill(self) -> None:
        """Leaves not a byte."""
        with contextlib.suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"\0" * 65_536)

    def make_room(self) -> None:
        (self.folder / "filler").unlink()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """`folder` on a disk with little to spare, and back again with what was written meanwhile. Nobody may use it."""
    aside = folder.with_name(f"{folder.name}-aside")
    size = sum(path.stat().st_blocks * 512 for path in folder.rglob("*")) + _SPARE
    folder.rename(aside)
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False).returncode:
        folder.rmdir()
        aside.rename(folder)
        pytest.skip("mounting a file system is not permitted here")
    shutil.copytree(aside, folder, dirs_exist_ok=True)
    try:
        yield SmallDisk(folder)
    finally:
        shutil.rmtree(aside)
        shutil.copytree(folder, aside)
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()
        aside.rename(folder)


@contextlib.contextmanager
def mongo_on_a_small_disk(stack: Stack) -> Iterator[SmallDisk]:
    """The stack's MongoDB is restarted on one, and afterwards on the real one."""
    stack.stop("mongo")
    try:
        with small_disk(stack.layout.data / "mongo") as disk:
            try:
                stack.launch("mongo")
                stack.settle("mongo")
                yield disk
            finally:
                stack.stop("mongo")
    finally:
        stack.launch("mongo")
        stack.settle("mongo")


def test_a_full_disk_refuses_and_loses_nothing_it_accepted(
    stack: Stack, client: PersistentClient, world: World
) -> None:
    story = Story(client, load_registry(stack.layout.etc / "regions.toml"), 0)
    citizen, rng = Citizen(story, "citizen"), Random(0)
    requests = client.stub(requests_pb2_grpc.RequestServiceStub, "requests", "portal")
    draft = citizen.draft(story.some_entry(rng))
    metadata = [(AUTHORIZATION_KEY, f"Bearer {client.token('citizen')}")]
    with mongo_on_a_small_disk(stack) as disk:
        client.ledger.requests.add(client.ask(requests.SubmitRequest, draft, "citizen").request.request_id)
        disk.fill()
        give_up = time.monotonic() + _REFUSED_WITHIN_S
        told = ""
        while not told:
            assert time.monotonic() < give_up, "the disk never got full"
            draft = citizen.draft(story.some_entry(rng))
            try:
                call(requests.SubmitRequest, draft, metadata=metadata)
                client.ledger.requests.add(draft.request_id)
                _checkpoint(stack)
            except TongdangError as problem:
                told = problem.code
        assert told in ("UNAVAILABLE", "AUDIT_UNAVAILABLE")
        disk.make_room()
        stack.launch("mongo")
        stack.settle("mongo")
        client.ask(requests.SubmitRequest, draft, "citizen")
        client.ledger.requests.add(draft.request_id)
    for service in stack.started:
        stack.settle(service)
    settle(world, client.ledger)
    for sentence in holds(world, client.ledger).values():
        sentence()


def _checkpoint(stack: Stack) -> None:
    """MongoDB writes what it holds in memory and journal to its data files, as it does each minute."""
    with contextlib.suppress(PyMongoError), admin_client(stack.layout) as admin:
        admin.admin.command("fsync")
