"""Fixtures of the review's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.review.ground import Ground, make_ground


@pytest.fixture
def ground(engines: Any) -> Iterator[Ground]:
    """An archive's review on a database of its own."""
    ground = make_ground(engines)
    yield ground
    ground.database.close()
