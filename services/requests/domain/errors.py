"""Errors of requests."""

from services.common.domain.errors import Kind, TongdangError


class ArchiveNotConfirmed(TongdangError):
    """The applicant confirmed another archive than the one that holds the record."""

    code = "ARCHIVE_NOT_CONFIRMED"
    kind = Kind.PRECONDITION


class RecordNotOpen(TongdangError):
    """The record is not, or no longer, in the open catalogue."""

    code = "RECORD_NOT_OPEN"
    kind = Kind.PRECONDITION


class RequestClosed(TongdangError):
    """The request has its final answer."""

    code = "REQUEST_CLOSED"
    kind = Kind.PRECONDITION


class MessageUnknown(TongdangError):
    """A supplying agency says what this lifecycle has no row for."""

    code = "MESSAGE_UNKNOWN"
    kind = Kind.INVALID
