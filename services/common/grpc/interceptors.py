"""The chain every call passes, outermost first: see `CHAIN` in server.py.

Each link wraps the handler; all of them see the request before the servicer does.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import grpc
import structlog
from grpc_status import rpc_status

from services.common.audit.recorded import mark_recorded, recording, was_recorded
from services.common.audit.recorder import Recorder
from services.common.domain.access import Access, AccessTable, Recording, no_object
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import Clock
from services.common.domain.errors import (
    AuditUnavailable,
    CallerNotAllowed,
    Internal,
    TongdangError,
    Unauthenticated,
    Unavailable,
)
from services.common.domain.ids import Ids, is_uuid
from services.common.grpc.call import AUTHORIZATION_KEY, CAUSATION_KEY, CORRELATION_KEY, serving
from services.common.grpc.errors import status_code, to_status
from services.common.metrics import ACCESS_REFUSED, GRPC_HANDLED, GRPC_SECONDS
from services.common.mongo.database import out_of_reach
from services.common.security.claims import actor_of
from services.common.security.tokens import Tokens

Handler = Callable[[Any, grpc.ServicerContext], Any]
log = structlog.get_logger()

_WATCHED = ("AUDIT_UNAVAILABLE", "CALLER_NOT_ALLOWED", "FIXITY_BROKEN")
"""Refusals of which the first must raise an alert: a counter that begins at one shows no increase."""

UNKNOWN_METHOD = "/unknown/Unknown"
UNKNOWN = Access("unknown", (), frozenset(), Recording.CLOSED, no_object)


class _Link(grpc.ServerInterceptor):
    """Wraps unary-unary and stream-unary handlers; our contracts have no others."""

    def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        handler = continuation(details)
        if handler is None:
            return None
        shape = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(self._wrapped(handler.unary_unary, details.method), **shape)
        if handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(self._wrapped(handler.stream_unary, details.method), **shape)
        return handler

    def _wrapped(self, inner: Handler, method: str) -> Handler:
        def handle(request: Any, context: grpc.ServicerContext) -> Any:
            return self.handle(inner, method, request, context)

        return handle

    def handle(self, inner: Handler, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        """One link's work around `inner`."""


class KnownMethods(grpc.ServerInterceptor):
    """The outermost link: a method without a row goes on under one name, so that nobody's invention becomes a label.

    It finds no handler under that name, and is refused and recorded like any other refusal.
    """

    def __init__(self, table: AccessTable) -> None:
        self._table = table

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        return continuation(details if details.method in self._table else details._replace(method=UNKNOWN_METHOD))


class Correlation(_Link):
    """Binds the correlation id to the logs; a call without one gets a fresh one."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def handle(self, inner: Handler, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        correlation = metadata(context, CORRELATION_KEY)
        if not is_uuid(correlation):
            correlation = self._ids.new()
        context.correlation_id = correlation  # type: ignore[attr-defined]  # travels with the call's own context
        with structlog.contextvars.bound_contextvars(correlation_id=correlation, method=method):
            return inner(request, context)


class Metrics(_Link):
    """Rate, errors and duration of each method."""

    def handle(self, inner: Handler, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        started = time.perf_counter()
        try:
            return inner(request, context)
        finally:
            code = context.code()  # type: ignore[attr-defined]  # absent from the stubs
            name = code.name if isinstance(code, grpc.StatusCode) else "OK"
            GRPC_HANDLED.labels(method=method, code=name).inc()
            GRPC_SECONDS.labels(method=method).observe(time.perf_counter() - started)


class Errors(_Link):
    """Typed errors become `google.rpc.Status`; anything else becomes INTERNAL without a word of its text."""

    def handle(self, inner: Handler, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return inner(request, context)
        except TongdangError as error:
            log.info("call-refused", code=error.code)
            self._abort(context, error)
        except Exception as defect:
            log.exception("call-failed", defect=type(defect).__name__)
            self._abort(context, Internal())
        return None

    def _abort(self, context: grpc.ServicerContext, error: TongdangError) -> None:
        context.set_code(status_code(error))
        context.abort_with_status(rpc_status.to_status(to_status(error)))


@dataclass(frozen=True)
class AccessControl:
    """What authentication, authorisation and recording need."""

    table: AccessTable
    tokens: Tokens
    recorder: Recorder
    clock: Clock
    ids: Ids


class Authorisation(_Link):
    """Authenticates service and person, asks the access table, and records before anything leaves.

    Refusals are recorded too, even though the use case's transaction rolled back.
    """

    def __init__(self, control: AccessControl) -> None:
        self._control = control
        for action in {row.action for row in (UNKNOWN, *control.table.values())}:
            for code in _WATCHED:
                ACCESS_REFUSED.labels(action=action, code=code)

    def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        nothing: Any = grpc.unary_unary_rpc_method_handler(lambda request, context: None)
        return super().intercept_service(lambda same: continuation(same) or nothing, details)

    def handle(self, inner: Handler, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        row = self._control.table.get(method, UNKNOWN)
        first = None if method == UNKNOWN_METHOD or hasattr(request, "__next__") else request
        principal = peer_principal(context)
        caller = self._caller(context, row, Actor.anonymous(principal), Role.ANONYMOUS)
        with recording():
            try:
                actor, bearer = self._authenticate(row, principal, context)
                caller = self._caller(context, row, actor, _any_role(actor))
                caller = self._caller(context, row, actor, actor.role_among(row.roles))
                request, first = peeked(request)  # not before: a stranger's stream may never say anything
                with serving(caller, bearer):
                    answer = inner(request, context)
            except TongdangError as error:
                self._record_refusal(row, caller, first, error)
                raise
            except Exception as problem:
                told = Unavailable("database", retry_after_s=2) if out_of_reach(problem) else Internal()
                self._record_refusal(row, caller, first, told)
                if isinstance(told, Unavailable):
                    raise told from problem
                raise
            self._record_grant(row, caller, first)
            return answer

    def _authenticate(self, row: Access, principal: str, context: grpc.ServicerContext) -> tuple[Actor, str]:
        if not row.admits_caller(principal):
            raise CallerNotAllowed(f"{principal or 'nobody'} may not call this")
        authorization = metadata(context, AUTHORIZATION_KEY)
        if authorization:
            scheme, _, bearer = authorization.partition(" ")
            if scheme.lower() != "bearer":
                raise Unauthenticated("not a bearer token")
            return actor_of(self._control.tokens.verify(bearer), principal), bearer
        if Role.SERVICE in row.roles:
            return Actor.service(principal), ""
        if Role.ANONYMOUS in row.roles:
            return Actor.anonymous(principal), ""
        raise Unauthenticated("a token is needed")

    def _caller(self, context: grpc.ServicerContext, row: Access, actor: Actor, role: Role) -> Caller:
        return Caller(
            actor=actor,
            role=role,
            action=row.action,
            correlation_id=getattr(context, "correlation_id", ""),
            causation_id=metadata(context, CAUSATION_KEY)[:64],
            clock=self._control.clock,
            ids=self._control.ids,
        )

    def _record_grant(self, row: Access, caller: Caller, first: Any) -> None:
        if was_recorded():
            return
        object_ = row.object_of(first) if first is not None else ObjectRef("none", "")
        correlation = row.correlation_of(first) if first is not None else ""
        event = caller.granted(object_, correlation_id=correlation)
        if row.recording is Recording.OPEN:
            self._control.recorder.record_open(event)
        else:
            self._control.recorder.record(event)

    def _record_refusal(self, row: Access, caller: Caller, first: Any, error: TongdangError) -> None:
        ACCESS_REFUSED.labels(action=row.action, code=error.code).inc()
        if isinstance(error, AuditUnavailable):
            return  # the recorder itself is what failed; the caller is being told so
        object_ = row.object_of(first) if first is not None else ObjectRef("none", "")
        correlation = row.correlation_of(first) if first is not None else ""
        self._control.recorder.record(caller.refused(object_, error.code, correlation_id=correlation))
        mark_recorded()


def peeked(request: Any) -> tuple[Any, Any]:
    """The request to hand on, and its first message: for a client stream that one is read ahead."""
    if not hasattr(request, "__next__"):
        return request, request
    first = next(request, None)
    return (chain([first], request) if first is not None else iter(())), first


def metadata(context: grpc.ServicerContext, key: str) -> str:
    """One metadata value, empty when absent."""
    for name, value in context.invocation_metadata():
        if name == key and isinstance(value, str):
            return value
    return ""


def peer_principal(context: grpc.ServicerContext) -> str:
    """Common name of the caller's certificate; the TLS layer has checked its chain."""
    names = context.auth_context().get("x509_common_name") or [b""]
    return bytes(names[0]).decode(errors="replace")


def _any_role(actor: Actor) -> Role:
    return sorted(actor.roles)[0] if actor.roles else Role.ANONYMOUS
