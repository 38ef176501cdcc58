"""What the law leaves open, as configuration (DOMAIN §10): practice and proposals, never constants of the code."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EarlyClass:
    """One class that may open before 25 years (Archives Law 27), and words of titles that point at it."""

    name: str
    words: tuple[str, ...]


EARLY_CLASSES = (
    EarlyClass("economy", ("经济", "工业", "农业", "商业", "贸易", "物价", "供销", "水利", "林业", "企业", "财政")),
    EarlyClass("education", ("教育", "学校", "招生", "教师", "扫除文盲", "勤工俭学")),
    EarlyClass("science", ("科技", "科学", "技术推广", "良种", "气象")),
    EarlyClass("culture", ("文化", "文艺", "图书", "博物", "戏曲", "广播")),
)
"""经济 教育 科技 文化 are the law's; their words are our proposal."""


@dataclass(frozen=True)
class RuleSettings:
    """`re_evaluation_years`: how often a deferral is looked at again (Measures 17 says 定期, no number).

    `separate_confirmer`: who confirms an opening has signed neither side (no article). `aggregation_sample`: how many
    titles of a batch the aggregation check (S5) shows at least. `early_classes`: see `EarlyClass`.
    """

    re_evaluation_years: int = 3
    separate_confirmer: bool = True
    aggregation_sample: int = 20
    early_classes: tuple[EarlyClass, ...] = EARLY_CLASSES

    def __post_init__(self) -> None:
        if not 1 <= self.re_evaluation_years <= 25:
            raise ValueError("re_evaluation_years: 1 to 25")
        if not 1 <= self.aggregation_sample <= 1_000:
            raise ValueError("aggregation_sample: 1 to 1,000")
        if any(not one.words or "" in one.words for one in self.early_classes):
            raise ValueError("early_classes: each with words, none empty")
