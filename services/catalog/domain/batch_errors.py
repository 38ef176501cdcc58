"""Why a batch cannot go on."""

from services.common.domain.errors import Kind, TongdangError


class BatchNotReady(TongdangError):
    """The state of the batch does not allow this step."""

    code = "BATCH_NOT_READY"
    kind = Kind.PRECONDITION


class NothingToReview(TongdangError):
    """No record of this archive and unit is eligible and unreviewed."""

    code = "NOTHING_TO_REVIEW"
    kind = Kind.PRECONDITION


class NotReviewed(TongdangError):
    """A signature of the joint review is missing (L30)."""

    code = "NOT_REVIEWED"
    kind = Kind.PRECONDITION


class SameSigner(TongdangError):
    """One person stands for two parts; the review needs different people (L30, R30; project rule)."""

    code = "SAME_SIGNER"
    kind = Kind.PRECONDITION


class WrongSide(TongdangError):
    """The side does not exist for this batch, has signed already, or is not this person's."""

    code = "WRONG_SIDE"
    kind = Kind.PRECONDITION


class ListChanged(TongdangError):
    """The list is not the one that was shown or signed."""

    code = "LIST_CHANGED"
    kind = Kind.CONFLICT


class SignatureBroken(TongdangError):
    """A stored signature does not verify, or speaks of something else."""

    code = "SIGNATURE_BROKEN"
    kind = Kind.PRECONDITION


class NotPublished(TongdangError):
    """Only a published record can be retracted."""

    code = "NOT_PUBLISHED"
    kind = Kind.PRECONDITION
