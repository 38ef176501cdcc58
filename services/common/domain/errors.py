"""Errors every service knows. Each type has a stable code; one table maps codes to the wire.

Words for people are chosen in the portal alone: `detail` is for operators and must hold no personal data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What sort of trouble it is; decides the gRPC status and the HTTP status."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    PRECONDITION = "precondition"
    EXHAUSTED = "exhausted"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


@dataclass(frozen=True)
class FieldViolation:
    """One field of the input that is wrong: where, and what was expected (a stable code)."""

    field: str
    expected: str


@dataclass
class TongdangError(Exception):
    """Base of all typed errors."""

    detail: str = ""
    violations: Sequence[FieldViolation] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    retry_after_s: float | None = None

    code: ClassVar[str] = "INTERNAL"
    kind: ClassVar[Kind] = Kind.INTERNAL

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class InvalidArgument(TongdangError):
    """A field of the input is wrong."""

    code = "INVALID_ARGUMENT"
    kind = Kind.INVALID

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(detail=f"{where}: {expected}", violations=(FieldViolation(where, expected),))


class InvalidPageToken(InvalidArgument):
    """The page token is not ours, or belongs to another filter."""

    code = "INVALID_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token", "a token of the same listing")


class Unauthenticated(TongdangError):
    """No valid token came with the call."""

    code = "UNAUTHENTICATED"
    kind = Kind.UNAUTHENTICATED


class CallerNotAllowed(TongdangError):
    """The calling service may not use this method (table of edges)."""

    code = "CALLER_NOT_ALLOWED"
    kind = Kind.FORBIDDEN


class RoleNotAllowed(TongdangError):
    """The person's role may not do this."""

    code = "ROLE_NOT_ALLOWED"
    kind = Kind.FORBIDDEN


class OutOfScope(TongdangError):
    """The object belongs to another archive, region or person."""

    code = "OUT_OF_SCOPE"
    kind = Kind.FORBIDDEN


class ProofRequired(TongdangError):
    """The account carries no checked proof of identity."""

    code = "PROOF_REQUIRED"
    kind = Kind.FORBIDDEN


class NotFound(TongdangError):
    """No such object in the caller's scope."""

    code = "NOT_FOUND"
    kind = Kind.NOT_FOUND


class RequestIdReused(TongdangError):
    """The idempotency key was used before with another content."""

    code = "REQUEST_ID_REUSED"
    kind = Kind.CONFLICT


class VersionConflict(TongdangError):
    """Somebody else changed the object meanwhile."""

    code = "VERSION_CONFLICT"
    kind = Kind.CONFLICT


class AuditUnavailable(TongdangError):
    """The access could not be recorded, so it was refused (promise 1)."""

    code = "AUDIT_UNAVAILABLE"
    kind = Kind.UNAVAILABLE


class Unavailable(TongdangError):
    """Something needed is down; trying again later may help."""

    code = "UNAVAILABLE"
    kind = Kind.UNAVAILABLE


class Internal(TongdangError):
    """A defect; its cause is in the log under the correlation id."""

    code = "INTERNAL"
    kind = Kind.INTERNAL
