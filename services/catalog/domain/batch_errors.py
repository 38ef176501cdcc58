"""Why a batch or one of its lines cannot go on."""

from services.common.domain.errors import Kind, TongdangError


class BatchNotReady(TongdangError):
    """The state of the batch does not allow this step."""

    code = "BATCH_NOT_READY"
    kind = Kind.PRECONDITION


class BulkUnderWay(TongdangError):
    """An act on many lines is still being applied; its metadata tell how far."""

    code = "BULK_UNDER_WAY"
    kind = Kind.PRECONDITION


class NothingToReview(TongdangError):
    """No record of this archive and unit is eligible and unreviewed, or none is left on the list."""

    code = "NOTHING_TO_REVIEW"
    kind = Kind.PRECONDITION


class UnitUnknown(TongdangError):
    """Nobody has attested which body is asked for a fonds, or that none exists (rule O5)."""

    code = "UNIT_UNKNOWN"
    kind = Kind.PRECONDITION


class LineChanged(TongdangError):
    """Somebody decided the line since it was shown: who and when stand in the metadata."""

    code = "LINE_CHANGED"
    kind = Kind.CONFLICT


class LineHeld(TongdangError):
    """The unit does not agree; the line is held until the mechanism has decided (rule O6)."""

    code = "LINE_HELD"
    kind = Kind.PRECONDITION


class MechanismDecided(TongdangError):
    """The mechanism has decided on this record; the line follows that (Measures 14)."""

    code = "MECHANISM_DECIDED"
    kind = Kind.PRECONDITION


class CountDiffers(TongdangError):
    """Not as many lines match as were expected; the true count stands in the metadata."""

    code = "COUNT_DIFFERS"
    kind = Kind.CONFLICT


class PreviewFirst(TongdangError):
    """A bulk decision follows a preview of the same filter, whose sample the person was shown."""

    code = "PREVIEW_FIRST"
    kind = Kind.PRECONDITION


class NotUndoable(TongdangError):
    """Not one of the person's last acts here, or taken back already."""

    code = "NOT_UNDOABLE"
    kind = Kind.PRECONDITION


class NotShown(TongdangError):
    """A line is ticked by the person it was shown to (rule S4)."""

    code = "NOT_SHOWN"
    kind = Kind.PRECONDITION


class RecordChanged(TongdangError):
    """The record is no longer what stands on the list."""

    code = "RECORD_CHANGED"
    kind = Kind.CONFLICT


class Undecided(TongdangError):
    """A line is not decided yet."""

    code = "UNDECIDED"
    kind = Kind.PRECONDITION


class SecrecyOutstanding(TongdangError):
    """The secrecy review of a line is outstanding (rule S4)."""

    code = "SECRECY_OUTSTANDING"
    kind = Kind.PRECONDITION


class AggregationOutstanding(TongdangError):
    """Nobody has stated that the list as a whole gives nothing away (rule S5), or the statement raises a concern."""

    code = "AGGREGATION_OUTSTANDING"
    kind = Kind.PRECONDITION


class RulesChanged(TongdangError):
    """The rule table changed since the batch was gathered; suggestions have to be renewed, and a frozen list again."""

    code = "RULES_CHANGED"
    kind = Kind.PRECONDITION


class NotReviewed(TongdangError):
    """A side of the joint review is missing (L30)."""

    code = "NOT_REVIEWED"
    kind = Kind.PRECONDITION


class SameSigner(TongdangError):
    """One person stands for two parts; the review needs different people (L30, R30; project rule)."""

    code = "SAME_SIGNER"
    kind = Kind.PRECONDITION


class WrongSide(TongdangError):
    """The side does not exist for this batch, stands already, or is not this person's."""

    code = "WRONG_SIDE"
    kind = Kind.PRECONDITION


class ListChanged(TongdangError):
    """The list is not the one that was shown or signed."""

    code = "LIST_CHANGED"
    kind = Kind.CONFLICT


class SignatureBroken(TongdangError):
    """A stored signature or opinion does not verify, or speaks of something else."""

    code = "SIGNATURE_BROKEN"
    kind = Kind.PRECONDITION


class LetterSettled(TongdangError):
    """The letter was checked already, or its list changed."""

    code = "LETTER_SETTLED"
    kind = Kind.PRECONDITION


class AlreadySettled(TongdangError):
    """The disagreement has its outcome, or the event its attestation."""

    code = "ALREADY_SETTLED"
    kind = Kind.PRECONDITION


class NotPublished(TongdangError):
    """Only a published record can be retracted."""

    code = "NOT_PUBLISHED"
    kind = Kind.PRECONDITION
