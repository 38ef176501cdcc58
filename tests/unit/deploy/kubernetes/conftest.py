"""Overlays as kustomize renders them, once a run."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest

from deploy.kubernetes.checks.crds import NoSchemas, schemas
from deploy.kubernetes.document import Document
from deploy.kubernetes.render import NoTool, render


@cache
def _rendered(overlay: str) -> tuple[Document, ...]:
    return tuple(render(overlay))


@pytest.fixture(scope="session")
def rendered() -> Callable[[str], Sequence[Document]]:
    """Overlay → objects. To be copied by whoever changes them."""

    def of(overlay: str) -> Sequence[Document]:
        try:
            return _rendered(overlay)
        except NoTool as missing:
            pytest.skip(str(missing))

    return of


@pytest.fixture(scope="session")
def known_schemas() -> Any:
    """Operators' schemas."""
    try:
        return schemas()
    except NoSchemas as missing:
        pytest.skip(str(missing))
