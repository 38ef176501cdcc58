"""Rows S1-S7 and A1: state secrets, other markings, and fonds that stay out."""

from services.catalog.domain.rules.articles import Article, Law, articles
from services.catalog.domain.rules.rule import Effect, Rule

_CATALOG = "services.catalog.domain."

SECRECY_RULES = (
    Rule(
        "S1",
        (Article(Law.SECRECY_LAW, 31, 3), Article(Law.SECRECY_REGULATIONS, 61)),
        "graded-and-not-declassified",
        Effect.STOP_UPLOAD,
        "标有绝密、机密、秘密且未经解密的，整份上传立即停止，任何内容不得存入本系统；已可能泄密的，按规定在24小时内报告。",
        "A row graded 绝密, 机密 or 秘密 without an act of declassification stops the whole upload and nothing of it "
        "is stored; a possible leak is reported within 24 hours to those whom the rules name.",
        (_CATALOG + "classification.is_graded_row", _CATALOG + "classification.is_graded_classification"),
    ),
    Rule(
        "S2",
        (Article(Law.M, 8, 1),),
        "declassification-pending",
        Effect.KEEP_OUTSIDE,
        "尚未达到解密期限、时间或者条件的，不进入本系统；登记中只写明“国家秘密：若干件，存于系统外”。",
        "While the term, date or condition of declassification is not reached, the record stays outside this system; "
        "the register says only how many are kept outside.",
        (_CATALOG + "deferrals.SecretsOutside.require_sound",),
    ),
    Rule(
        "S3",
        articles(Law.SECRECY_REGULATIONS, 22, 23),
        "secrecy-term-over-without-act",
        Effect.KEEP_OUTSIDE,
        "保密期限已满但未经定密机关解密审核的，同样不进入本系统；行号交定密机关或者其承继机关，"
        "取得解密文号、日期和机关后方可导入。",
        "A secrecy term that has run out opens nothing by itself: the organ that classified, or its successor, reviews "
        "first; with number, date and organ of that act the record may be imported.",
        (_CATALOG + "suggestions.suggest",),
    ),
    Rule(
        "S4",
        articles(Law.SECRECY_REGULATIONS, 42),
        "before-any-publication",
        Effect.CHECK_SECRECY,
        "公布前逐件进行保密审查，先审查后公开。",
        "Before any publication each item passes a secrecy review: first reviewed, then public.",
        (_CATALOG + "lines.Line.reviewed", _CATALOG + "lines.require_listable"),
    ),
    Rule(
        "S5",
        (Article(Law.SECRECY_LAW, 36), Article(Law.SECRECY_REGULATIONS, 43)),
        "batch-as-a-whole",
        Effect.CHECK_AGGREGATION,
        "一批档案汇聚后可能涉及国家秘密的，须对整批作汇聚风险检查。",
        "Entries harmless one by one may be a secret together: each batch as a whole passes an aggregation check.",
        (_CATALOG + "batches.Batch.aggregated", _CATALOG + "batches.Batch.frozen"),
    ),
    Rule(
        "S6",
        (Article(Law.SECRECY_LAW, 64), Article(Law.SECRECY_REGULATIONS, 73)),
        "work-secret",
        Effect.CONTROL,
        "工作秘密不予公布。",
        "Work secrets are not published.",
        (_CATALOG + "intake_rules.intake", _CATALOG + "suggestions.suggest"),
    ),
    Rule(
        "S7",
        (),
        "marked-internal",
        Effect.CONTROL,
        "“国内”“内部”“限制”不是密级，但标有者先行控制，由人判断。",
        "国内, 内部 and 限制 are no grades of secrecy; what bears them is controlled until a person has judged.",
        (_CATALOG + "intake_rules.intake", _CATALOG + "suggestions.suggest"),
    ),
    Rule(
        "A1",
        articles(Law.R, 25),
        "defence-diplomacy-security-fonds",
        Effect.CONTROL,
        "国防、外交、国家安全和公安全宗，在范围决定记录之前不进入联合目录。",
        "Fonds of defence, diplomacy, state and public security stay out of the union catalogue until a decision on "
        "their scope is recorded.",
        (
            _CATALOG + "intake_rules.is_out_of_scope",
            _CATALOG + "fonds_history.ScopeDecision.require_sound",
            _CATALOG + "suggestions.suggest",
        ),
    ),
)
