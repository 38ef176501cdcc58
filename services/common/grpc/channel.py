"""Channels to other services: mutual TLS, correlation and the person's token carried along, typed errors back."""

import time
from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import grpc
from opentelemetry.trace import SpanKind

from services.common.grpc.call import (
    AUTHORIZATION_KEY,
    CAUSATION_KEY,
    CORRELATION_KEY,
    current_bearer,
    current_correlation,
)
from services.common.grpc.errors import from_rpc_error
from services.common.metrics import GRPC_ASKED, GRPC_CLIENT_SECONDS
from services.common.settings import Tls
from services.common.tracing import TRACEPARENT, current_traceparent, rpc_attributes, span, tell_failure

DEFAULT_DEADLINE_S = 10.0
OPTIONS = [
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    ("grpc.max_send_message_length", 4 * 1024 * 1024),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.keepalive_time_ms", 60_000),
]
Metadata = list[tuple[str, str]]


class _Details(
    namedtuple("_Details", ("method", "timeout", "metadata", "credentials", "wait_for_ready", "compression")),
    grpc.ClientCallDetails,
):
    """Call details that can be changed."""


class _Carry(grpc.UnaryUnaryClientInterceptor, grpc.StreamUnaryClientInterceptor):
    """Adds correlation, the live token of the call being served, and a deadline."""

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return _traced(continuation, details, request)

    def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        return _traced(continuation, details, requests)


class _Measure(grpc.UnaryUnaryClientInterceptor, grpc.StreamUnaryClientInterceptor):
    """Rate, errors and duration of the calls we make; a peer that does not answer shows here, not at the peer."""

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return self._measured(continuation, details, request)

    def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        return self._measured(continuation, details, requests)

    def _measured(self, continuation: Any, details: Any, sent: Any) -> Any:
        started = time.perf_counter()
        answer = continuation(details, sent)

        def done(call: Any) -> None:
            GRPC_ASKED.labels(method=details.method, code=call.code().name).inc()
            GRPC_CLIENT_SECONDS.labels(method=details.method).observe(time.perf_counter() - started)

        answer.add_done_callback(done)
        return answer


def _traced(continuation: Any, details: Any, sent: Any) -> Any:
    """A blocking call in a span. A refusal comes back as an answer with a code: grpc raises it further out."""
    method = details.method.decode() if isinstance(details.method, bytes) else str(details.method)
    with span(method.lstrip("/"), SpanKind.CLIENT, rpc_attributes(method)) as made:
        answer = continuation(_with_context(details), sent)
        if made is not None:
            code: grpc.StatusCode = answer.code()
            made.set_attribute("rpc.grpc.status_code", code.value[0])
            if code is not grpc.StatusCode.OK:
                tell_failure(made, code.name)
        return answer


def _with_context(details: Any) -> _Details:
    metadata: Metadata = list(details.metadata or ())
    given = {key for key, _ in metadata}
    carried = {
        CORRELATION_KEY: current_correlation(),
        CAUSATION_KEY: current_correlation(),
        AUTHORIZATION_KEY: f"Bearer {current_bearer()}" if current_bearer() else "",
        TRACEPARENT: current_traceparent(),
    }
    metadata += [(key, value) for key, value in carried.items() if value and key not in given]
    timeout = details.timeout if details.timeout is not None else DEFAULT_DEADLINE_S
    return _Details(details.method, timeout, metadata, details.credentials, details.wait_for_ready, None)


def call(method: Any, request: Any, *, timeout_s: float = DEFAULT_DEADLINE_S, metadata: Sequence[Any] = ()) -> Any:
    """Calls a stub's method; a peer's error comes back typed.

    Raises: TongdangError.
    """
    try:
        return method(request, timeout=timeout_s, metadata=list(metadata))
    except grpc.RpcError as problem:
        raise from_rpc_error(problem) from problem


def secure_channel(address: str, tls: Tls) -> grpc.Channel:
    """A channel for threads. The peer's certificate must carry the host of `address`."""
    return grpc.intercept_channel(grpc.secure_channel(address, channel_credentials(tls), OPTIONS), _Carry(), _Measure())


def aio_channel(address: str, tls: Tls) -> grpc.aio.Channel:
    """A channel for an event loop; metadata is given with each call."""
    return grpc.aio.secure_channel(address, channel_credentials(tls), OPTIONS)


def channel_credentials(tls: Tls) -> grpc.ChannelCredentials:
    """Our certificate, and the authority that must have signed the peer's."""
    return grpc.ssl_channel_credentials(
        tls.ca_file.read_bytes(), tls.key_file.read_bytes(), tls.certificate_file.read_bytes()
    )
