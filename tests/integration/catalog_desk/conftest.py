"""Fixtures of the desk's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.requests.rig import GUIZHOU, JIANGSU, Rig


@pytest.fixture(scope="module")
def rig(engines: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Two provinces and the requests service, running."""
    rig = Rig(engines, tmp_path_factory.mktemp("rig"))
    with rig.realm(), rig.discovery():
        for name in (f"catalog-{JIANGSU}", f"catalog-{GUIZHOU}", "requests"):
            rig.start(name)
        rig.add_record(JIANGSU)
        rig.add_record(GUIZHOU)
        try:
            yield rig
        finally:
            rig.stop()
