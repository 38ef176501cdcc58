"""In which state a row enters the catalogue."""

import pytest

from services.catalog.domain.intake_rules import Intake, intake, is_personal
from services.catalog.domain.record import AccessStatus


def _intake(**changes: object) -> Intake:
    usual: dict[str, object] = {
        "title": "关于兴修水利的通知",
        "creator": "常熟县人民政府",
        "classification": "",
        "declared": AccessStatus.UNREVIEWED,
        "fonds_registered": True,
    }
    return intake(**(usual | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "status", "rule"),
    [
        ({}, AccessStatus.UNREVIEWED, ""),
        ({"declared": AccessStatus.OPEN}, AccessStatus.UNREVIEWED, ""),
        ({"declared": AccessStatus.CONTROLLED}, AccessStatus.CONTROLLED, ""),
        ({"declared": AccessStatus.DEFERRED}, AccessStatus.DEFERRED, ""),
        ({"classification": "内部"}, AccessStatus.CONTROLLED, "S7"),
        ({"classification": "工作秘密"}, AccessStatus.CONTROLLED, "S6"),
        ({"creator": "常熟县人民武装部"}, AccessStatus.CONTROLLED, "A1"),
        ({"title": "王建国、李秀英结婚登记申请书"}, AccessStatus.CONTROLLED, "D6"),
        ({"fonds_registered": False}, AccessStatus.CONTROLLED, "O5"),
    ],
)
def test_no_row_enters_as_open_and_some_enter_controlled(
    changes: dict[str, object], status: AccessStatus, rule: str
) -> None:
    assert _intake(**changes) == Intake(status, rule)


@pytest.mark.parametrize(
    ("title", "personal"),
    [
        ("张三离婚登记审查处理表", True),
        ("1978年知识青年上山下乡花名册", True),
        ("李四退休审批表", True),
        ("关于加强婚姻登记档案管理的通知", False),
        ("关于知青回城安置的报告", False),
        ("婚姻登记工作总结", False),
    ],
)
def test_papers_of_persons_are_told_from_regulations_about_them(title: str, personal: bool) -> None:
    assert is_personal(title) is personal
