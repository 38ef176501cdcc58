"""Tracing: off it makes nothing; on, one trace crosses threads, greenlets, pools, databases and queues."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import grpc
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from services.common.domain.errors import NotFound
from services.common.grpc.channel import _Carry
from services.common.mongo.outbox import outbox_document
from services.common.runner import eventlet, tpool
from services.common.tracing import (
    carrying_context,
    continued,
    current_traceparent,
    span,
    start_tracing,
    stop_tracing,
    traceparent_of,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    start_tracing("test", SimpleSpanProcessor(exporter))
    yield exporter
    stop_tracing()


def test_off_it_makes_nothing() -> None:
    with span("work") as made, continued("more", SpanKind.CONSUMER, ["00-" + "1" * 32 + "-" + "1" * 16 + "-01"], {}):
        assert made is None
        assert current_traceparent() == ""
    assert "traces" not in outbox_document("1", NOW, [], [b"leaf"], [current_traceparent()])


def test_a_stored_traceparent_is_gone_on_with(spans: InMemorySpanExporter) -> None:
    with span("click", SpanKind.SERVER):
        stored = current_traceparent()
    document = outbox_document("1", NOW, [], [b"leaf"], [stored])
    with continued("send", SpanKind.PRODUCER, document["traces"], {}):
        pass
    with span("deliver", parent=stored):
        pass
    click, send, deliver = spans.get_finished_spans()
    assert click.context and send.parent and deliver.parent
    assert {send.parent.span_id, deliver.parent.span_id} == {click.context.span_id}
    assert {one.context.trace_id for one in (send, deliver) if one.context} == {click.context.trace_id}


@pytest.mark.parametrize("how", ["pool", "tpool", "greenlet"])
def test_the_context_goes_along(spans: InMemorySpanExporter, how: str) -> None:
    with span("click"):
        here = current_traceparent()
        work = carrying_context(current_traceparent)
        if how == "pool":
            with ThreadPoolExecutor(1) as pool:
                there = pool.submit(work).result()
        elif how == "tpool":
            there = tpool.execute(work)
        else:
            there = eventlet.spawn(work).wait()
    assert there == here != ""


def test_an_error_is_told_by_its_code_alone(spans: InMemorySpanExporter) -> None:
    with pytest.raises(NotFound), span("work"):
        raise NotFound("杨阿·买提")
    [failed] = spans.get_finished_spans()
    assert failed.attributes == {"error.type": "NOT_FOUND"}
    assert not failed.events and failed.status.description is None


def test_a_refused_call_is_seen_at_its_caller(spans: InMemorySpanExporter) -> None:
    """grpc's interceptors get a refusal as an answer: nothing is raised where the span is made."""
    channel = grpc.intercept_channel(grpc.insecure_channel("127.0.0.1:1"), _Carry())
    ask = channel.unary_unary("/tongdang.audit.v1.SupervisionService/ListEvents")
    with pytest.raises(grpc.RpcError), span("click"):
        ask(b"", timeout=5)
    asked, click = spans.get_finished_spans()
    assert asked.attributes == {
        "rpc.system": "grpc",
        "rpc.service": "tongdang.audit.v1.SupervisionService",
        "rpc.method": "ListEvents",
        "rpc.grpc.status_code": grpc.StatusCode.UNAVAILABLE.value[0],
        "error.type": "UNAVAILABLE",
    }
    assert asked.status.status_code is StatusCode.ERROR
    assert click.attributes == {"error.type": "_InactiveRpcError"}


def test_headers_without_one_have_none() -> None:
    assert traceparent_of({}) == ""
    assert traceparent_of({"traceparent": b"\xff"}) != ""
