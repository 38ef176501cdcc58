"""Fixtures of the data plane's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.common.mongo.database import MongoDatabase
from services.common.mongo.migrations import DATA_PLANE
from tests.integration.dataplane.ground import Ground, make_ground


@pytest.fixture
def database(engines: Any) -> Iterator[MongoDatabase]:
    """A throw-away database with the data plane's collections."""
    database = engines.databases.migrated("dataplane", DATA_PLANE)
    yield database
    database.close()


@pytest.fixture
def ground(engines: Any) -> Iterator[Ground]:
    """A producer that nothing else uses."""
    ground = make_ground(engines)
    yield ground
    ground.database.close()
