"""Each request is counted once, under its route's template."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from services.portal.entrypoints.measured import Measured


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()

    @app.get("/measured/{record_id}")
    def record(record_id: str) -> str:
        if record_id == "broken":
            raise RuntimeError("a defect")
        return record_id

    app.add_middleware(Measured)
    return app


def status_of(app: FastAPI, method: str, path: str) -> int:
    async def ask() -> int:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
            return (await client.request(method, path)).status_code

    return asyncio.run(ask())


def counted(method: str, route: str, status: int) -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("tongdang_http_handled_total", labels) or 0.0


@pytest.mark.parametrize(
    ("method", "path", "as_method", "as_route", "status"),
    [
        ("GET", "/measured/张三", "GET", "/measured/{record_id}", 200),
        ("GET", "/measured/broken", "GET", "/measured/{record_id}", 500),
        ("GET", "/no/such/path", "GET", "none", 404),
        ("BREW", "/measured/1", "other", "/measured/{record_id}", 405),
    ],
)
def test_a_request_counts_under_its_template(
    app: FastAPI, method: str, path: str, as_method: str, as_route: str, status: int
) -> None:
    before = counted(as_method, as_route, status)

    assert status_of(app, method, path) == status
    assert counted(as_method, as_route, status) == before + 1
