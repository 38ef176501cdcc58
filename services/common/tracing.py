"""One OpenTelemetry trace from a click to the audit log; nothing is made or sent unless an endpoint is set.

A trace crosses processes as W3C `traceparent`: in gRPC metadata, in outbox documents and letters, in Kafka headers.
Where work waits in a database or a queue, its span begins again from the stored one. Spans are named after routes and
methods; no attribute ever holds a person, a title, a query or an id of either.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

P = ParamSpec("P")
T = TypeVar("T")

TRACEPARENT = "traceparent"
_MOST_PARENTS = 50
"""How many traces one batch of messages is shown in."""
_propagator = TraceContextTextMapPropagator()


class _Tracing:
    """The process's tracer; None while tracing is off."""

    tracer: trace.Tracer | None = None
    provider: TracerProvider | None = None


def configure_tracing(principal: str, endpoint: str, ratio: float = 1.0) -> None:
    """Sends spans to `endpoint` (OTLP over HTTP, e.g. `http://collector:4318`); off where it is empty.

    `ratio`: share of new traces that are kept; a trace begun elsewhere keeps what was decided there.
    """
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    start_tracing(principal, BatchSpanProcessor(exporter, schedule_delay_millis=1_000), ratio)


def start_tracing(principal: str, processor: SpanProcessor, ratio: float = 1.0) -> None:
    """Tracing into any processor; `configure_tracing` and tests come here."""
    resource = Resource({"service.name": principal, "service.namespace": "tongdang"})
    provider = TracerProvider(ParentBased(TraceIdRatioBased(ratio)), resource, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    _Tracing.provider = provider
    _Tracing.tracer = provider.get_tracer("tongdang")


def stop_tracing() -> None:
    """Sends what is left."""
    provider, _Tracing.tracer, _Tracing.provider = _Tracing.provider, None, None
    if provider is not None:
        provider.shutdown()


def tracing_is_on() -> bool:
    """Whether anybody listens; callers skip their bookkeeping otherwise."""
    return _Tracing.tracer is not None


def current_traceparent() -> str:
    """Of the span this context is in; empty where there is none, or tracing is off."""
    if _Tracing.tracer is None:
        return ""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(TRACEPARENT, "")


def current_trace_id() -> str:
    """Of the span this context is in, 32 hexadecimal digits; empty where there is none, or tracing is off."""
    if _Tracing.tracer is None:
        return ""
    here = trace.get_current_span().get_span_context()
    return trace.format_trace_id(here.trace_id) if here.is_valid else ""


def tell_failure(made: trace.Span, error_type: str) -> None:
    """Marks a span whose work failed without raising here. `error_type`: a code, never an error's text."""
    made.set_status(Status(StatusCode.ERROR))
    made.set_attribute("error.type", error_type)


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, str | int] | None = None,
    *,
    parent: str | None = None,
) -> Iterator[trace.Span | None]:
    """A span around some work; an error is told by its type alone, since its text may quote anybody's data.

    `parent`: a stored `traceparent`; without one the context's own span is it, with an empty one there is none.
    """
    tracer = _Tracing.tracer
    if tracer is None:
        yield None
        return
    within = _context_of(parent) if parent is not None else None
    with tracer.start_as_current_span(
        name, within, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except Exception as problem:
            code = getattr(problem, "code", None)  # ours has one; grpc's is a method
            tell_failure(made, code if isinstance(code, str) else type(problem).__name__)
            raise


@contextmanager
def continued(name: str, kind: SpanKind, parents: Iterable[str], attributes: Mapping[str, str | int]) -> Iterator[None]:
    """Work on many things at once, shown in the trace of each of them: one span for each stored `traceparent`."""
    tracer = _Tracing.tracer
    if tracer is None:
        yield
        return
    wanted = list(dict.fromkeys(parent for parent in parents if parent))[:_MOST_PARENTS]
    spans = [tracer.start_span(name, _context_of(parent), kind, attributes) for parent in wanted]
    try:
        yield
    except Exception:
        for one in spans:
            one.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        for one in spans:
            one.end()


def carrying_context(work: Callable[P, T]) -> Callable[P, T]:
    """`work` with the caller's context variables, for another thread or a pool: they do not go there by themselves."""
    context = copy_context()

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return context.run(work, *args, **kwargs)

    return run


def traceparent_of(headers: Mapping[str, Any]) -> str:
    """From Kafka headers; empty where there is none."""
    value = headers.get(TRACEPARENT, b"")
    return value.decode("ascii", "replace") if isinstance(value, bytes) else ""


def rpc_attributes(method: str) -> dict[str, str | int]:
    """Of a full method name such as `/tongdang.audit.v1.SupervisionService/ListEvents`."""
    service, _, name = method.lstrip("/").partition("/")
    return {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name}


def _context_of(traceparent: str) -> Context:
    return _propagator.extract({TRACEPARENT: traceparent}, Context())
