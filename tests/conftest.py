"""The engines and the whole stack, real and shared by a test run; in a folder and on ports of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import kafka
from deploy.local.client import LocalClient
from deploy.local.keys import secret
from deploy.local.layout import ROOT, Layout
from deploy.local.provision import provision
from deploy.local.stack import Stack
from services.common.kafka.connection import KafkaConnection
from tests.collector import Collector
from tests.databases import TestDatabases
from tests.ports import base_port


class Engines:
    """MongoDB and Kafka of the test stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        layout = stack.layout
        self.databases = TestDatabases(
            f"mongodb://admin:{secret(layout, 'mongo-admin')}@localhost:{layout.port('mongo')}/"
            "?authSource=admin&replicaSet=rs0"
        )

    def kafka(self, principal: str) -> KafkaConnection:
        """As a principal."""
        return kafka.connection(self.stack.layout, principal)


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Takes in every span the stack's services send."""
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="session")
def test_stack(collector: Collector) -> Iterator[Stack]:
    """Prepared, nothing started."""
    ports = base_port()
    folder = ROOT / ".local" / f"test-{ports}"
    stack = Stack(Layout(ports, folder, ROOT / ".local" / "engines", collector.url))
    provision(stack.layout.engines, print)
    taken = stack.taken_ports()
    assert not taken, f"ports are taken: {taken}; TONGDANG_TEST_BASE_PORT chooses others"
    shutil.rmtree(folder, ignore_errors=True)  # only now: a stack that runs there keeps its data
    stack.prepare()
    yield stack
    stack.close()


@pytest.fixture(scope="session")
def engines(test_stack: Stack) -> Engines:
    """MongoDB and Kafka, started."""
    test_stack.start_engines(("mongo", "kafka"))
    return Engines(test_stack)


@pytest.fixture(scope="session")
def stack(engines: Engines) -> Stack:
    """Everything running, samples published."""
    stack = engines.stack
    stack.start_engines(("keycloak",))
    stack.provision_realm()
    stack.start_services()
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local.samples"],
        env={
            **os.environ,
            "TONGDANG_LOCAL_BASE_PORT": str(stack.layout.base_port),
            "TONGDANG_LOCAL_DIR": str(stack.layout.folder),
            "TONGDANG_ENGINES_DIR": str(stack.layout.engines),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
            "PYTHONWARNINGS": "ignore",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return stack


@pytest.fixture(scope="session")
def client(stack: Stack) -> LocalClient:
    """gRPC as any sample person."""
    return LocalClient(stack.layout)


@pytest.fixture(scope="session")
def people_password(stack: Stack) -> str:
    """The one password of the sample people."""
    return secret(stack.layout, "people")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Cheap tests first: a broken rule is seen before an engine starts. `-m stack` takes what needs every service."""
    order = {"unit": 0, "contract": 1, "integration": 2, "e2e": 3, "fault": 4}

    def rank(item: pytest.Item) -> int:
        parts = Path(item.path).parts
        return next((place for name, place in order.items() if name in parts), 9)

    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker("stack")
    items.sort(key=rank)
