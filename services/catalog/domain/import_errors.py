"""Why a whole upload is refused. Nothing of a refused upload is stored anywhere."""

from collections.abc import Sequence

from services.common.domain.errors import Kind, TongdangError

MAX_LINES_TOLD = 100


class StateSecretSuspected(TongdangError):
    """Rows carry a grade (rule S1: Secrecy Law 31, Regulations 61). It tells count and lines only."""

    code = "STATE_SECRET_SUSPECTED"
    kind = Kind.PRECONDITION

    @classmethod
    def at(cls, lines: Sequence[int]) -> "StateSecretSuspected":
        """For the graded rows that begin on these lines of the file."""
        told = ",".join(str(line) for line in lines[:MAX_LINES_TOLD])
        metadata = {"count": str(len(lines)), "lines": told}
        return cls(detail="the upload was stopped, nothing was stored", metadata=metadata)


class UploadTooLarge(TongdangError):
    """The file exceeds what one upload may hold."""

    code = "UPLOAD_TOO_LARGE"
    kind = Kind.INVALID


class UploadEmpty(TongdangError):
    """No header or no row."""

    code = "UPLOAD_EMPTY"
    kind = Kind.INVALID


class EncodingUnreadable(TongdangError):
    """Neither UTF-8 nor GB18030. Metadata `line`: where UTF-8 broke, if the beginning was UTF-8."""

    code = "ENCODING_UNREADABLE"
    kind = Kind.INVALID


class ColumnsMissing(TongdangError):
    """The header lacks mandatory columns of DA/T 18. Metadata `columns`: which."""

    code = "COLUMNS_MISSING"
    kind = Kind.INVALID


class ColumnsUnclear(TongdangError):
    """A heading is repeated, empty or too long. Metadata `columns`: which."""

    code = "COLUMNS_UNCLEAR"
    kind = Kind.INVALID
