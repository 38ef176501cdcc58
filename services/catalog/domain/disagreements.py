"""What a check of everything ever published can find, as a table."""

from dataclasses import dataclass
from enum import StrEnum


class Disagreement(StrEnum):
    """Kinds of disagreement between catalogue, signatures, manifests, Kafka and audit events."""

    MANIFEST_ABSENT = "manifest-absent"
    MANIFEST_DIFFERS = "manifest-differs"
    MANIFEST_UNSIGNED = "manifest-unsigned"
    SIGNERS = "signers"
    RULES_UNKNOWN = "rules-unknown"
    LIST_DIFFERS = "list-differs"
    COMMITMENTS_DIFFER = "commitments-differ"
    NOT_AUDITED = "not-audited"
    BATCH_ABSENT = "batch-absent"
    NOT_ON_LIST = "not-on-list"
    ENTRY_DIFFERS = "entry-differs"
    NOT_COMMITTED = "not-committed"
    STATE_DIFFERS = "state-differs"
    SALT_KEPT = "salt-kept"
    UNREADABLE = "unreadable"


_D = Disagreement
MEANING: dict[Disagreement, str] = {
    _D.MANIFEST_ABSENT: "没有这一批的公布清单 · no manifest of this batch on the publications topic",
    _D.MANIFEST_DIFFERS: "清单与本库或与另一份不同 · two manifests of one batch, or another one here",
    _D.MANIFEST_UNSIGNED: "清单不是本省当日有效的密钥签的 · signed by no key of this region valid on that day",
    _D.SIGNERS: "不是两个不同的人签的，或签名不符 · not signed by two different people for this list",
    _D.RULES_UNKNOWN: "规则或规则表版本不明 · a rule, or a version of the rule table, that nobody knows",
    _D.LIST_DIFFERS: "名单不是签过的那份 · the list here is not the one that was signed",
    _D.COMMITMENTS_DIFFER: "承诺与清单不符 · the commitments here do not lead to the manifest's root",
    _D.NOT_AUDITED: "审计事件中没有这份清单 · no audit event names this manifest",
    _D.BATCH_ABSENT: "本库没有这一批 · the batch is not here",
    _D.NOT_ON_LIST: "签过的名单里没有，或没有同意开放 · not opened by any signed list",
    _D.ENTRY_DIFFERS: "条目与清单说的不同 · the entry says otherwise than its manifest",
    _D.NOT_COMMITTED: "清单没有承诺这一条目的文字 · the manifest does not commit to this entry's words",
    _D.STATE_DIFFERS: "公开目录与本库状态不同 · public in another state or version than here",
    _D.SALT_KEPT: "已撤回或更正而盐未销毁 · retracted or corrected, and the former salt is still there",
    _D.UNREADABLE: "公开目录中读不懂的值 · a value on the topic that is no published state",
}


@dataclass(frozen=True, order=True)
class Found:
    """One disagreement. `object_id`: record or batch; `detail`: what was found, without anything descriptive."""

    kind: Disagreement
    object_id: str
    detail: str = ""
