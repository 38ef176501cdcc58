"""Spans around the gRPC calls we serve (OpenTelemetry semantic conventions for RPC)."""

from typing import Any

import grpc
from opentelemetry.trace import SpanKind

from services.common.grpc.interceptors import Handler, _Link, metadata
from services.common.tracing import TRACEPARENT, rpc_attributes, span, tracing_is_on


class Tracing(_Link):
    """The outermost link: the caller's trace goes on here."""

    def handle(self, inner: Handler, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        if not tracing_is_on():
            return inner(request, context)
        parent = metadata(context, TRACEPARENT)
        with span(method.lstrip("/"), SpanKind.SERVER, rpc_attributes(method), parent=parent) as made:
            try:
                return inner(request, context)
            finally:
                code = context.code()  # type: ignore[attr-defined]  # absent from the stubs
                number = code.value[0] if isinstance(code, grpc.StatusCode) else 0
                if made is not None:
                    made.set_attribute("rpc.grpc.status_code", number)
