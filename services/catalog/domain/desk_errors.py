"""Errors of the fulfilment desk, the vault and delivery."""

from services.common.domain.errors import Kind, TongdangError


class CaseMoved(TongdangError):
    """The case's state does not allow this; metadata: state, handler (who has it)."""

    code = "CASE_MOVED"
    kind = Kind.PRECONDITION


class RecordNotOpen(TongdangError):
    """The record is not, or no longer, open: the desk may decline, not deliver."""

    code = "RECORD_NOT_OPEN"
    kind = Kind.PRECONDITION


class ApplicantUnreadable(TongdangError):
    """The applicant's details cannot be opened with this province's key."""

    code = "APPLICANT_UNREADABLE"
    kind = Kind.PRECONDITION


class ScanEmpty(TongdangError):
    """A file without bytes."""

    code = "SCAN_EMPTY"
    kind = Kind.INVALID


class ScanTooLarge(TongdangError):
    """More bytes, pages or pixels than one scan may have; metadata names the limit."""

    code = "SCAN_TOO_LARGE"
    kind = Kind.INVALID


class ScanTypeNotAllowed(TongdangError):
    """Neither PDF nor JPEG, PNG or TIFF, by its content."""

    code = "SCAN_TYPE_NOT_ALLOWED"
    kind = Kind.INVALID


class ScanUnreadable(TongdangError):
    """The file is broken."""

    code = "SCAN_UNREADABLE"
    kind = Kind.INVALID


class ScanEncrypted(TongdangError):
    """The PDF asks for a password."""

    code = "SCAN_ENCRYPTED"
    kind = Kind.INVALID


class TicketInvalid(TongdangError):
    """The ticket is unknown, another person's, or older than ten minutes: open the delivery again."""

    code = "TICKET_INVALID"
    kind = Kind.PRECONDITION
