"""The deferral register as the use cases see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.catalog.application.review_ports import RecordFields
from services.catalog.domain.deferrals import Deferral, RegisterCounts, RegisterFilter
from services.common.domain.paging import Page


@dataclass(frozen=True)
class Entry:
    """A deferral with its record. `signers`: pseudonyms of who stands behind its batch, the confirmer last."""

    deferral: Deferral
    record: RecordFields
    signers: tuple[str, ...]


class Register(Protocol):
    """Deferred records of one province."""

    def page(self, archive_id: str, wanted: RegisterFilter, on: date, *, size: int, token: str) -> Page[Entry]:
        """Those of an archive as they stand on a legal day. Raises: InvalidPageToken."""
        ...

    def every(self, archive_id: str) -> Iterator[Entry]:
        """All of an archive, by ground and reference code."""
        ...

    def counts(self, archive_id: str, on: date) -> RegisterCounts:
        """How many stand how on a legal day."""
        ...
