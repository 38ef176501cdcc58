"""What a comparison of the centre's requests with the provinces' cases can find, as a table."""

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """Kinds of differences; what each means and whether it can be brought back stands in `TABLE`."""

    REQUEST_ABSENT = "request-absent"
    REQUEST_BEHIND = "request-behind"
    CASE_ABSENT = "case-absent"
    CASE_BEHIND = "case-behind"
    STATE_DIFFERS = "state-differs"
    PROVINCE_SILENT = "province-silent"
    WRITE_LOST = "write-lost"


@dataclass(frozen=True)
class Row:
    """`repairable`: whether the province's letters bring it back; `meaning` for the operator."""

    repairable: bool
    meaning: str


_F = Finding
TABLE: dict[Finding, Row] = {
    _F.REQUEST_ABSENT: Row(False, "省馆有、中心没有的申请 · a province has a case whose request is not here"),
    _F.REQUEST_BEHIND: Row(True, "中心的往来比省馆少 · a request with fewer letters than the province has"),
    _F.CASE_ABSENT: Row(False, "中心已转出、省馆没有：在省馆核对 · the province lost a case: reconcile it there"),
    _F.CASE_BEHIND: Row(False, "省馆的往来比中心少：在省馆核对 · the province lost letters: reconcile it there"),
    _F.STATE_DIFFERS: Row(False, "往来相同而状态不同 · the same letters on both sides, and different states"),
    _F.PROVINCE_SILENT: Row(False, "省馆没有应答，未能核对 · the province did not answer and is not compared"),
    _F.WRITE_LOST: Row(
        False, "备份之后的操作，只在审计日志中 · done after the backup; only the audit log still has it"
    ),
}


@dataclass(frozen=True, order=True)
class Difference:
    """One thing that one side has and the other has not.

    `object_id`: the leg (at the province: the case), a region, or an event's place in the stream;
    `here` and `there`: number, state and counts of letters as text.
    """

    finding: Finding
    object_id: str
    here: str = ""
    there: str = ""

    @property
    def repairable(self) -> bool:
        """Whether `repair` brings it back."""
        return TABLE[self.finding].repairable
