"""One engine is away for long: what goes on without it, what is refused and how, and that all comes right after."""

import re
import time
import uuid
from random import Random

import httpx
import pytest

from deploy.local.client import LocalClient
from deploy.local.stack import Stack
from deploy.local.waiting import until
from services.common.domain.errors import TongdangError
from services.common.domain.registry import load_registry
from services.common.grpc.call import AUTHORIZATION_KEY
from services.common.grpc.channel import call
from tests.fault.actors import PROVINCES, Publisher, Story
from tests.fault.client import PersistentClient
from tests.fault.oracle import World, holds, settle
from tongdang.catalog.v1 import desk_pb2, desk_pb2_grpc, review_pb2, review_pb2_grpc

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]
_SEED = 0
_A_MINUTE_S = 60


def story(stack: Stack, client: PersistentClient) -> Story:
    """Actors that are called one by one."""
    return Story(client, load_registry(stack.layout.etc / "regions.toml"), _SEED)


def interruptions(stack: Stack, service: str) -> float:
    """How often the service's relay had to start anew, by its own count."""
    page = httpx.get(f"http://127.0.0.1:{stack.layout.metrics_port(service)}/metrics").text
    found = re.findall(r'^tongdang_worker_interrupted_total\{.*worker="relay".*\} (\S+)$', page, re.MULTILINE)
    return sum(map(float, found))


def test_publishing_goes_on_without_kafka_and_everything_arrives_after(
    stack: Stack, client: PersistentClient, world: World
) -> None:
    service = f"catalog-{PROVINCES[1].region_id}"
    before = interruptions(stack, service)
    stack.kill("kafka")
    down = time.monotonic()
    try:
        Publisher(story(stack, client), PROVINCES[1]).round(Random(_SEED))
        assert not client.ledger.setbacks, "nobody at the review desk notices"
        until(
            lambda: interruptions(stack, service) >= before + 3 and time.monotonic() >= down + _A_MINUTE_S,
            "relay",
            lambda: True,
            180,
        )
    finally:
        stack.launch("kafka")
        stack.settle("kafka")
    settle(world, client.ledger)
    for sentence in holds(world, client.ledger).values():
        sentence()


def test_without_keycloak_who_is_signed_in_goes_on_and_signing_in_says_why_not(
    stack: Stack, client: PersistentClient
) -> None:
    people = LocalClient(stack.layout)
    signed_in = [(AUTHORIZATION_KEY, f"Bearer {people.tokens('js-clerk')}")]
    desk = desk_pb2_grpc.DeskServiceStub(people.channel("catalog-320000"))  # type: ignore[no-untyped-call]
    queue = desk_pb2.ListCasesRequest(archive_id="a320581", page_size=10)
    call(desk.ListCases, queue, metadata=signed_in)
    stack.kill("keycloak")
    try:
        call(desk.ListCases, queue, metadata=signed_in)
        with httpx.Client(base_url=stack.url("portal"), timeout=30) as browser:
            assert browser.get("/search", params={"q": "报告"}).status_code == 200
            answer = browser.get("/signin")
            assert answer.status_code == 503, "the browser is not sent where nobody answers"
            assert "现在无法登录" in answer.text
        # a service that has just started knows no key yet; it must not say that the token is bad
        stack.kill("catalog-130000")
        stack.launch("catalog-130000")
        stack.settle("catalog-130000")
        review = review_pb2_grpc.ReviewServiceStub(people.channel("catalog-130000"))  # type: ignore[no-untyped-call]
        unknown = review_pb2.GetRecordRequest(record_id=str(uuid.uuid4()))
        for _ in range(2):  # the second time too, when it does not ask again so soon
            with pytest.raises(TongdangError) as refused:
                call(review.GetRecord, unknown, metadata=signed_in)
            assert refused.value.code == "UNAVAILABLE"
    finally:
        stack.launch("keycloak")
        stack.settle("keycloak")
    with httpx.Client(base_url=stack.url("portal"), timeout=30) as browser:
        until(lambda: browser.get("/signin").status_code == 303, "sign-in", lambda: True, 30)
    client.ask(desk.ListCases, queue, "js-clerk")
