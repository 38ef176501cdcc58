"""Import of a catalogue, the machine's side: queued files become records, chunk by chunk, each exactly once."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Protocol

from services.catalog.domain.csv_rows import decode
from services.catalog.domain.import_job import ImportJob
from services.catalog.domain.import_rows import RejectedRow, TakenRow, read_catalogue
from services.common.ahead import ahead
from services.common.domain.registry import Registry

CHUNK = 500
"""Rows a transaction (DESIGN §4: larger ones fail or stall others)."""

Row = TakenRow | RejectedRow


class ClaimedImport(Protocol):
    """One waiting import, held under a lease by this process alone."""

    job: ImportJob

    def content(self) -> bytes:
        """The stored file, its digest checked."""
        ...

    def apply(self, rows: Sequence[Row]) -> None:
        """One transaction: records, rejected rows, progress and audit event; `job` moves on.

        Raises: LeaseLost: somebody else goes on with it. Unavailable.
        """
        ...


def run_import(claimed: ClaimedImport, *, registry: Registry, stopping: "Stopping") -> None:
    """Goes on with an import from its count of rows done, until its end or until told to stop.

    Raises: whatever `apply` raises, NotFound when the archive left the registry; what was applied stays.
    """
    rows = read_catalogue(decode(claimed.content()), registry.archive(claimed.job.archive_id))
    remaining = islice(rows, claimed.job.counts.done, None)
    with closing(ahead(_chunks(remaining))) as chunks:  # the database writes one while the next is read
        for chunk in chunks:
            if stopping.is_set():
                return
            claimed.apply(chunk)


def _chunks(rows: Iterator[Row]) -> Iterator[Sequence[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


class Stopping(Protocol):
    """Tells whether the process is on its way out."""

    def is_set(self) -> bool: ...
