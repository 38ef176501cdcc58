"""An import: its states, its counts, and what a row may do to a record that is already held."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.catalog.domain.import_rows import TakenRow
from services.catalog.domain.record import AccessStatus


class ImportState(StrEnum):
    """Where an import stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    PARTLY_COMPLETED = "partly-completed"
    FAILED = "failed"


WAITING = (ImportState.QUEUED, ImportState.RUNNING)


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by what became of them; `warned` rows are also among the others."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warned: int = 0

    @property
    def done(self) -> int:
        """Rows dealt with."""
        return self.created + self.updated + self.unchanged + self.rejected

    def __add__(self, more: "Counts") -> "Counts":
        return Counts(
            self.created + more.created,
            self.updated + more.updated,
            self.unchanged + more.unchanged,
            self.rejected + more.rejected,
            self.warned + more.warned,
        )


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One file on its way into one archive's catalogue. `sha256`: of the file; `failure`: a stable code."""

    import_id: str
    region_id: str
    archive_id: str
    file_name: str
    sha256: str
    state: ImportState
    rows_total: int
    counts: Counts
    created_at: datetime
    updated_at: datetime
    failure: str = ""

    def advanced(self, chunk: Counts, now: datetime) -> "ImportJob":
        """After one more chunk; the last one decides whether all rows were taken."""
        counts = self.counts + chunk
        state = ImportState.RUNNING
        if counts.done >= self.rows_total:
            state = ImportState.PARTLY_COMPLETED if counts.rejected else ImportState.COMPLETED
        return replace(self, counts=counts, state=state, updated_at=now)

    def failed(self, code: str, now: datetime) -> "ImportJob":
        """Given up for a reason that trying again would not cure."""
        return replace(self, state=ImportState.FAILED, failure=code, updated_at=now)


class Effect(StrEnum):
    """What a row does to the catalogue."""

    CREATE = "create"
    UPDATE = "update"
    NOTHING = "nothing"
    REFUSE = "refuse"


def effect_on(row: TakenRow, held: Mapping[str, Any] | None) -> tuple[Effect, str]:
    """What a row does to the record held under its id, and the reason code when it may do nothing.

    A record in a batch is frozen under its signatures, one that was published or decided upon changes by review
    alone; the same content again is no change.
    """
    if held is None:
        return Effect.CREATE, ""
    same_content = all(held.get(name) == row.fields[name] for name in ("content_hash", "unit_id"))
    reason = _frozen(held)
    if reason:
        return (Effect.NOTHING, "") if same_content else (Effect.REFUSE, reason)
    same_state = all(held.get(name) == row.fields[name] for name in ("access_status", "control_rule", "unit_opinion"))
    return (Effect.NOTHING if same_content and same_state else Effect.UPDATE), ""


def _frozen(held: Mapping[str, Any]) -> str:
    if held["access_status"] == AccessStatus.OPEN:
        return "RECORD_PUBLISHED"
    if held.get("batch_id"):
        return "RECORD_IN_BATCH"
    return "RECORD_REVIEWED" if held.get("decision") else ""


EFFECT_FIELDS = (
    "content_hash",
    "unit_id",
    "unit_opinion",
    "access_status",
    "control_rule",
    "batch_id",
    "decision",
    "version",
)
"""What `effect_on` and the write after it need of a held record."""
