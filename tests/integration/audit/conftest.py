"""Fixtures of the log's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.audit.ground import AuditGround, make_ground


@pytest.fixture
def ground(engines: Any) -> Iterator[AuditGround]:
    """A log that nothing else uses."""
    ground = make_ground(engines)
    yield ground
    ground.database.close()
