"""The call being served, for the thread that serves it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from services.common.domain.caller import Caller
from services.common.domain.errors import Internal

CORRELATION_KEY = "x-correlation-id"
CAUSATION_KEY = "x-causation-id"
AUTHORIZATION_KEY = "authorization"

_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)
_bearer: ContextVar[str] = ContextVar("bearer", default="")
_correlation: ContextVar[str] = ContextVar("correlation", default="")


def current_call() -> Caller:
    """Who calls; only inside a servicer's method.

    Raises: Internal: outside of one.
    """
    caller = _caller.get()
    if caller is None:
        raise Internal("no call is being served")
    return caller


def current_bearer() -> str:
    """The live token of the person whose call is being served; empty without one."""
    return _bearer.get()


def current_correlation() -> str:
    """Correlation id of the call being served; empty outside of one."""
    return _correlation.get()


@contextmanager
def serving(caller: Caller, bearer: str) -> Iterator[None]:
    """Sets the call for the length of a handler."""
    tokens = (_caller.set(caller), _bearer.set(bearer), _correlation.set(caller.correlation_id))
    try:
        yield
    finally:
        _caller.reset(tokens[0])
        _bearer.reset(tokens[1])
        _correlation.reset(tokens[2])
