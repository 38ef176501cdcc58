"""A correction of an open entry: what it is to say instead, and why. It is public only by a decision of its own.

What may be corrected is what describes the record; its reference code, fonds and level are what the record is known by.
An entry that should not be open at all is retracted, not corrected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.catalog.domain.classification import is_graded_row
from services.catalog.domain.csv_cells import StoredDate
from services.catalog.domain.csv_columns import read_cell
from services.catalog.domain.intake_rules import Intake, intake
from services.catalog.domain.record import AccessStatus, content_hash
from services.catalog.domain.verdicts import require_reason
from services.common.domain.errors import Kind, TongdangError

CORRECTABLE = ("title", "creator", "date", "pages")


class CorrectionNothing(TongdangError):
    """The entry says all that already."""

    code = "CORRECTION_NOTHING"
    kind = Kind.PRECONDITION


class CorrectionSecretSuspected(TongdangError):
    """What was typed carries a grade (rule S1): nothing was stored."""

    code = "CORRECTION_SECRET_SUSPECTED"
    kind = Kind.PRECONDITION


class CorrectionControlled(TongdangError):
    """With these words the record could not have been reviewed at all. Metadata `rule`: the row that says so."""

    code = "CORRECTION_CONTROLLED"
    kind = Kind.PRECONDITION


class CorrectionFixed(TongdangError):
    """The proposal is on a list: take it off before another is made."""

    code = "CORRECTION_FIXED"
    kind = Kind.PRECONDITION


class CorrectionNotWaiting(TongdangError):
    """Only a proposal that waits can be given up."""

    code = "CORRECTION_NOT_WAITING"
    kind = Kind.PRECONDITION


class CorrectionState(StrEnum):
    """`waiting`: for its decision. `dropped`: given up, or its record was retracted."""

    WAITING = "waiting"
    PUBLISHED = "published"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Correction:
    """The last proposal about one record. `version` grows with each change of words or state and never begins anew.

    `fields`: `CORRECTABLE` and `eligible_on`, as stored in `records`. `before`: the same of the open entry when it was
    proposed, and `masked`, whether the title is a mask. `record_version`: of that entry. `content_hash`: of the record
    as it is to be. `year`: the last of its formation then, 0 where unknown. `batch_id`: the list it is on or was
    published with. `mechanism`: open or defer, where it decided a disagreement about the proposal (Measures 14).
    """

    record_id: str
    region_id: str
    archive_id: str
    fonds: str
    year: int
    fields: Mapping[str, Any]
    before: Mapping[str, Any]
    record_version: int
    content_hash: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    version: int = 1
    state: CorrectionState = CorrectionState.WAITING
    batch_id: str = ""
    mechanism: str = ""

    @property
    def listed(self) -> bool:
        """Whether a list that is not published yet holds it."""
        return self.state is CorrectionState.WAITING and bool(self.batch_id)

    def replaced(self, new: "Correction") -> "Correction":
        """Another proposal in this one's place.

        Raises: CorrectionFixed.
        """
        if self.listed:
            raise CorrectionFixed(self.batch_id)
        return replace(new, version=self.version + 1)

    def dropped(self) -> "Correction":
        """Given up by who may propose.

        Raises: CorrectionFixed, CorrectionNotWaiting.
        """
        if self.state is not CorrectionState.WAITING:
            raise CorrectionNotWaiting(self.state.value)
        if self.listed:
            raise CorrectionFixed(self.batch_id)
        return self.left_by_its_record()

    def left_by_its_record(self) -> "Correction":
        """The entry was retracted: no list the proposal stands on publishes it."""
        return replace(self, state=CorrectionState.DROPPED, version=self.version + 1, batch_id="")


@dataclass(frozen=True)
class Words:
    """What somebody typed: `title`, `creator`, `date` and `pages` as in a cell of a catalogue file."""

    title: str
    creator: str
    date: str
    pages: str
    reason: str


def corrected_fields(record: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """`CORRECTABLE`, `eligible_on` and `content_hash` of a record (as stored) under other words.

    Raises: InvalidArgument, with the field; CorrectionSecretSuspected, CorrectionControlled, CorrectionNothing.
    """
    typed = {name: getattr(words, name) for name in CORRECTABLE}
    if is_graded_row([*typed.values(), words.reason], None):
        raise CorrectionSecretSuspected("nothing was stored")
    read = {name: read_cell(name, cell) for name, cell in typed.items()}
    require_reason(words.reason)
    date: StoredDate = read["date"]
    after = {**record, **read, "date": date.fields}
    if all(after[name] == record[name] for name in CORRECTABLE):
        raise CorrectionNothing(record["_id"])
    admitted = _admitted(after)
    if admitted.rule and admitted != _admitted(record):
        raise CorrectionControlled(admitted.rule, metadata={"rule": admitted.rule})
    fields = {name: after[name] for name in CORRECTABLE}
    return {**fields, "eligible_on": date.eligible_on, "content_hash": content_hash(after)}


def public_words(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the public reads of an open record (as stored) that a correction may change."""
    mask = record.get("masked_title") or ""
    words = {name: record[name] for name in CORRECTABLE}
    return {**words, "title": mask or record["title"], "masked": bool(mask)}


def _admitted(fields: Mapping[str, Any]) -> Intake:
    return intake(
        title=fields["title"],
        creator=fields["creator"],
        classification=fields["security_classification"],
        declared=AccessStatus.UNREVIEWED,
        fonds_registered=True,
    )
