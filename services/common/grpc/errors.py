"""The one table from kinds of trouble to gRPC, and the way back."""

from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.common.domain.errors import FieldViolation, Kind, TongdangError

DOMAIN = "tongdang"

STATUS: dict[Kind, grpc.StatusCode] = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.CONFLICT: grpc.StatusCode.ABORTED,
    Kind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
}
_LONGEST_TEXT, _MOST_METADATA, _MOST_VIOLATIONS = 120, 6, 6
"""A status travels in trailing metadata, 8 KiB at most with base64: beyond that a client sees nothing of ours."""
_ALREADY_EXISTS_CODES = frozenset({"REQUEST_ID_REUSED"})
_KINDS: dict[grpc.StatusCode, Kind] = {
    **{status: kind for kind, status in STATUS.items()},
    grpc.StatusCode.ALREADY_EXISTS: Kind.CONFLICT,
    grpc.StatusCode.DEADLINE_EXCEEDED: Kind.UNAVAILABLE,
    grpc.StatusCode.CANCELLED: Kind.UNAVAILABLE,
}


class RemoteError(TongdangError):
    """A peer's typed error: its code and kind, whatever class it had there."""

    def __init__(self, code: str, kind: Kind, error: TongdangError | None = None) -> None:
        source = error or TongdangError()
        super().__init__(source.detail, source.violations, source.metadata, source.retry_after_s)
        self.code = code  # type: ignore[misc]  # an instance speaks for its peer's class
        self.kind = kind  # type: ignore[misc]


def status_code(error: TongdangError) -> grpc.StatusCode:
    """The gRPC status of an error."""
    if error.code in _ALREADY_EXISTS_CODES:
        return grpc.StatusCode.ALREADY_EXISTS
    return STATUS[error.kind]


def to_status(error: TongdangError) -> status_pb2.Status:
    """`google.rpc.Status` with ErrorInfo, BadRequest for fields and RetryInfo where a retry helps."""
    told = {name: value[:_LONGEST_TEXT] for name, value in list(error.metadata.items())[:_MOST_METADATA]}
    details: list[Any] = [error_details_pb2.ErrorInfo(reason=error.code, domain=DOMAIN, metadata=told)]
    if error.violations:
        fields = [
            error_details_pb2.BadRequest.FieldViolation(
                field=one.field[:_LONGEST_TEXT], description=one.expected[:_LONGEST_TEXT]
            )
            for one in error.violations[:_MOST_VIOLATIONS]
        ]
        details.append(error_details_pb2.BadRequest(field_violations=fields))
    if error.retry_after_s is not None:
        delay = duration_pb2.Duration(nanos=0)
        delay.FromMilliseconds(int(error.retry_after_s * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    packed = []
    for detail in details:
        boxed = any_pb2.Any()
        boxed.Pack(detail)
        packed.append(boxed)
    code = getattr(code_pb2, status_code(error).name)
    return status_pb2.Status(code=code, message=error.code, details=packed)


def from_rpc_error(problem: grpc.RpcError) -> TongdangError:
    """The typed error a peer answered, or one by the status alone."""
    code = problem.code() if hasattr(problem, "code") else grpc.StatusCode.UNAVAILABLE
    kind = _KINDS.get(code, Kind.INTERNAL)
    status = rpc_status.from_call(problem) if hasattr(problem, "trailing_metadata") else None
    if status is None:
        return RemoteError("UNAVAILABLE" if kind is Kind.UNAVAILABLE else "INTERNAL", kind)
    return _from_status(status, kind)


def _from_status(status: status_pb2.Status, kind: Kind) -> TongdangError:
    reason, error = kind.name, TongdangError()
    info, bad, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    for detail in status.details:
        if detail.Unpack(info):
            reason, error.metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):
            error.violations = [FieldViolation(row.field, row.description) for row in bad.field_violations]
        elif detail.Unpack(retry):
            error.retry_after_s = retry.retry_delay.ToMilliseconds() / 1000
    return RemoteError(reason, kind, error)
