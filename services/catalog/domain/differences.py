"""What a comparison of a province's database with everybody else's knowledge can find, as a table."""

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """Kinds of differences; what each means and whether it can be brought back stands in `TABLE`."""

    RECORD_ABSENT = "record-absent"
    RECORD_BEHIND = "record-behind"
    RECORD_UNSENT = "record-unsent"
    TEXT_BEHIND = "text-behind"
    PUBLICATION_ABSENT = "publication-absent"
    CASE_ABSENT = "case-absent"
    CASE_BEHIND = "case-behind"
    COPY_ABSENT = "copy-absent"
    FILE_ABSENT = "file-absent"
    WRITE_LOST = "write-lost"


@dataclass(frozen=True)
class Row:
    """`repairable`: whether somebody else still has it; `meaning` for the operator, in Chinese and English."""

    repairable: bool
    meaning: str


_F = Finding
TABLE: dict[Finding, Row] = {
    _F.RECORD_ABSENT: Row(True, "公开目录有、本库没有的条目 · published, and not in this database"),
    _F.RECORD_BEHIND: Row(True, "公开目录比本库新 · published in a later version than this database has"),
    _F.RECORD_UNSENT: Row(False, "本库已开放而公开目录没有 · open here and not published"),
    _F.TEXT_BEHIND: Row(True, "公开的原文比本库新 · a text published or withdrawn later than this database has"),
    _F.PUBLICATION_ABSENT: Row(
        True, "已发布而本库没有的批次，名单还在的可补回 · a published batch that is not here; back where its list is"
    ),
    _F.CASE_ABSENT: Row(True, "中心已转来、本库没有的申请 · a request the centre delivered that is not here"),
    _F.CASE_BEHIND: Row(True, "申请的往来比中心少 · a request with fewer letters than the centre has"),
    _F.COPY_ABSENT: Row(False, "已交付的副本不在本库，须重新出证 · a delivered copy is not here: issue it again"),
    _F.FILE_ABSENT: Row(False, "文件不在库中 · a file that is referred to is not in the vault"),
    _F.WRITE_LOST: Row(
        False, "备份之后的操作，只在审计日志中 · done after the backup; only the audit log still has it"
    ),
}


@dataclass(frozen=True, order=True)
class Difference:
    """One thing that others have and this database has not, or the other way round.

    `object_id`: record, batch, case, file or event; `here` and `there`: versions, counts or states as text.
    """

    finding: Finding
    object_id: str
    here: str = ""
    there: str = ""

    @property
    def repairable(self) -> bool:
        """Whether `repair` brings it back."""
        return TABLE[self.finding].repairable
