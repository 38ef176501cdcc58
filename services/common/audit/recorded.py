"""Whether the call being served has an audit event on disk already."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_recorded: ContextVar[list[bool] | None] = ContextVar("recorded", default=None)


@contextmanager
def recording() -> Iterator[None]:
    """Watches one call; used by the gRPC interceptor."""
    token = _recorded.set([])
    try:
        yield
    finally:
        _recorded.reset(token)


def mark_recorded() -> None:
    """Said by whoever made an event of this call durable."""
    watch = _recorded.get()
    if watch is not None:
        watch.append(True)


def was_recorded() -> bool:
    """Whether anybody said so during this call."""
    return bool(_recorded.get())
