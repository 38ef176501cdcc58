"""In which state a catalogue row enters: a table, first match wins. No row enters as open (promise 2).

Rule rows: DOMAIN §2. `controlled` keeps a record out of the opening review until its reason is dealt with.
"""

import re
from dataclasses import dataclass

from services.catalog.domain.classification import CONTROLLED_MARKINGS
from services.catalog.domain.record import AccessStatus

_ABOUT = re.compile("^关于|通知$|批复$|报告$|请示$|意见$|办法$|总结$|条例$|规定$")
_PAPERS = "登记表|登记卡|登记簿|登记册|申请书|申请表|审批表|审查处理表|存根|花名册|名册|证明书|证明信|档案|证书|调查表"
PERSONAL_SERIES: tuple[tuple[str, str], ...] = (
    ("marriage", "婚姻登记|结婚|离婚|复婚"),
    ("only-child", "独生子女"),
    ("educated-youth", "知识青年|知青"),
    ("adoption", "收养"),
    ("household", "户口|户籍"),
    ("student", "学籍|毕业生|新生"),
    ("demobilisation", "复员军人|退伍|转业军人"),
    ("retirement", "退休|离休|工龄|招工|录用"),
)
"""民生 categories → words of their papers' titles (DOMAIN §4.1); regulations about them are not personal."""
_PERSONAL = re.compile("(?:" + "|".join(words for _, words in PERSONAL_SERIES) + f").*(?:{_PAPERS})")
_OUT_OF_SCOPE = re.compile("人民武装部|人武部|国防|公安局|国家安全|外事办|军分区")
"""Creators in defence, diplomacy, state and public security (Regulations 25)."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The state a row enters in, and the rule row that controls it (empty when none does)."""

    status: AccessStatus
    rule: str = ""


_REVIEWABLE = Intake(AccessStatus.UNREVIEWED)


def is_personal(title: str) -> bool:
    """Whether the title is that of a paper of a personal series, e.g. 王建国、李秀英结婚登记申请书."""
    return bool(_PERSONAL.search(title)) and not _ABOUT.search(title)


def personal_series(title: str) -> str:
    """Which series such a title belongs to, e.g. `marriage`; empty where it is none."""
    if not is_personal(title):
        return ""
    return next(series for series, words in PERSONAL_SERIES if re.search(f"(?:{words}).*(?:{_PAPERS})", title))


def is_out_of_scope(creator: str) -> bool:
    """Whether the creator's fonds stay out until their scope is decided (rule A1)."""
    return bool(_OUT_OF_SCOPE.search(creator))


def intake(*, title: str, creator: str, classification: str, declared: AccessStatus, fonds_registered: bool) -> Intake:
    """The state of a new or changed row.

    `declared`: what its 开放标识 says; 开放 counts as unreviewed, as no signature of ours stands behind it.
    `fonds_registered`: without a registered fonds nobody attests whether a creating unit exists (rule O5).
    """
    marking = CONTROLLED_MARKINGS.get(classification)
    if marking:
        return Intake(AccessStatus.CONTROLLED, marking)
    if is_out_of_scope(creator):
        return Intake(AccessStatus.CONTROLLED, "A1")
    if is_personal(title):
        return Intake(AccessStatus.CONTROLLED, "D6")
    if not fonds_registered:
        return Intake(AccessStatus.CONTROLLED, "O5")
    if declared in (AccessStatus.CONTROLLED, AccessStatus.DEFERRED):
        return Intake(declared)
    return _REVIEWABLE
