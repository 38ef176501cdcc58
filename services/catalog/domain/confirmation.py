"""Who may confirm a publication, and whom a small archive may borrow for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.catalog.domain.batch_errors import SameSigner
from services.catalog.domain.opinions import Evidence, require_number
from services.catalog.domain.signatures import Signature
from services.common.domain.actor import Actor, Role
from services.common.domain.errors import InvalidArgument, OutOfScope
from services.common.domain.registry import Archive, Region

LONGEST_LOAN = timedelta(days=366)
_NAMED = 3


@dataclass(frozen=True)
class Loan:
    """A director of `lender_id` may confirm batches of `borrower_id`; both days inclusive."""

    loan_id: str
    borrower_id: str
    lender_id: str
    document_number: str
    valid_from: date
    valid_until: date
    recorded_by: str
    recorded_at: datetime

    def require_sound(self, by: Actor) -> None:
        """The lender's director may record it, or the borrower's with the number of the agreement.

        Raises: OutOfScope, InvalidArgument.
        """
        if by.archive_id not in (self.borrower_id, self.lender_id) or not by.archive_id:
            raise OutOfScope("neither lender nor borrower")
        if self.borrower_id == self.lender_id:
            raise InvalidArgument("lender_archive_id", "another archive of the region")
        if by.archive_id == self.borrower_id or self.document_number:
            require_number(self.document_number, "document_number")
        if not timedelta() <= self.valid_until - self.valid_from <= LONGEST_LOAN:
            raise InvalidArgument("valid_until", "from valid_from, at most a year")

    def lends(self, by: Actor, borrower_id: str, on: date) -> bool:
        """Whether this person may confirm for an archive on a legal day."""
        return (
            self.borrower_id == borrower_id
            and self.lender_id == by.archive_id
            and Role.DIRECTOR in by.roles
            and self.valid_from <= on <= self.valid_until
        )


def standing_people(signatures: Sequence[Signature], evidence: Evidence | None) -> frozenset[str]:
    """Who signed, and who answers for the unit's letter."""
    return frozenset(one.pseudonym for one in signatures) | frozenset(evidence.people if evidence else ())


def require_different_people(
    signatures: Sequence[Signature], evidence: Evidence | None, confirmer: str, *, separate: bool
) -> None:
    """`separate`: whether who confirms must have stood for no side (configuration).

    Raises: SameSigner.
    """
    standing = standing_people(signatures, evidence)
    if len({one.pseudonym for one in signatures}) != len(signatures):
        raise SameSigner("each side is another person")
    if separate and confirmer in standing:
        raise SameSigner("who confirms stood for no side")
    if len(standing | {confirmer}) < 2:
        raise SameSigner("one person alone opens nothing")


def whom_to_borrow(archive: Archive, region: Region) -> list[Archive]:
    """Archives of the region whose director could help, the nearest first: the city's own, then the city's others."""
    others = [one for one in region.archives if one.archive_id != archive.archive_id]
    city = archive.district_code[:4]

    def distance(one: Archive) -> tuple[bool, bool, str]:
        return one.district_code[:4] != city, not one.district_code.endswith("00"), one.district_code

    return sorted(others, key=distance)[:_NAMED]
