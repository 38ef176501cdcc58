"""Pages of the portal without a portal: routes of one module, the services behind them as a test has them."""

from types import ModuleType, SimpleNamespace
from typing import Any

from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from services.common.domain.clock import SystemClock
from services.portal.entrypoints.visit import Site, Visit, visit
from tests.unit.portal.test_review_words import ZH


def person_at(module: ModuleType, services: Any, role: str, store: Any = None) -> TestClient:
    """A browser with which somebody of this role is signed in, whose forms carry the secret `s`."""
    settings: Any = SimpleNamespace(site=SimpleNamespace(phone=""))
    ids: Any = SimpleNamespace(new=lambda: "fresh")
    absent: Any = None
    site = Site(settings, services, absent, store, absent, SystemClock(), ids)
    session = {"csrf": "s", "person": {"pseudonym": "p", "name": "", "roles": [role], "region_id": "320000"}}
    app = FastAPI()
    app.include_router(module.router)

    def signed_in(request: Request) -> Visit:
        return Visit(site, request, ZH, "", "", session)

    app.dependency_overrides[visit] = signed_in
    return TestClient(app, follow_redirects=False)
