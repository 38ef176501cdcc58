"""The access table: for each gRPC method who may call it, and how the access is recorded.

A role table behind the port that Cedar policies will fill later (`Authoriser`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef


class Recording(StrEnum):
    """When the access becomes durable."""

    CLOSED = "closed"
    """A read of what is not in the open catalogue: recorded durably before the answer leaves."""
    WRITE = "write"
    """The use case records in its own transaction; the interceptor records refusals, and what the use case did not."""
    OPEN = "open"
    """Search and view of open entries: batched, durable within 200 ms, answer does not wait."""


def no_object(_: Any) -> ObjectRef:
    """For methods whose request names no object."""
    return ObjectRef("none", "")


@dataclass(frozen=True)
class Access:
    """One row of a service's access table.

    `callers`: service principals allowed (a prefix ending in `-` matches any region's).
    `roles`: of the person; `Role.SERVICE` where the service itself calls; `Role.ANONYMOUS` where nobody need sign in.
    `object_of`, `correlation_of`: read the request message (for a client stream: the first message).
    """

    action: str
    callers: tuple[str, ...]
    roles: frozenset[Role]
    recording: Recording
    object_of: Callable[[Any], ObjectRef] = field(default=no_object)
    correlation_of: Callable[[Any], str] = field(default=lambda _: "")

    def admits_caller(self, principal: str) -> bool:
        """Whether the calling service stands in the row."""
        return any(principal == row or (row.endswith("-") and principal.startswith(row)) for row in self.callers)


AccessTable = dict[str, Access]
"""Full gRPC method name (`/tongdang.catalog.v1.ReviewService/GetBatch`) → row. A method without a row is refused."""
